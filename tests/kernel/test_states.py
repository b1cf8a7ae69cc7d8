"""States move by their table and no other way."""

from enum import StrEnum

import pytest

from app.kernel.errors import Refused
from app.kernel.states import move


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


MOVES = {Light.RED: frozenset({Light.GREEN, Light.BROKEN}), Light.GREEN: frozenset({Light.RED})}


def test_a_step_of_the_table_is_taken():
    assert move(MOVES, Light.RED, Light.GREEN) is Light.GREEN


@pytest.mark.parametrize(
    ("now", "to"), [(Light.GREEN, Light.BROKEN), (Light.RED, Light.RED), (Light.BROKEN, Light.RED)]
)
def test_every_other_step_is_refused_and_says_which(now, to):
    with pytest.raises(Refused, match=f"from “{now}” to “{to}”"):
        move(MOVES, now, to)
