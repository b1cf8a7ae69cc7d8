"""States move by a table: what is not written there cannot happen."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

State = TypeVar("State", bound=StrEnum)


def move(moves: Mapping[State, frozenset[State]], now: State, to: State) -> State:
    """The new state, if the table allows the step from the present one.

    Raises:
        Refused: the table has no such step.

    """
    if to not in moves.get(now, frozenset()):
        raise Refused(_l("This cannot go from “%(now)s” to “%(to)s”.", now=now, to=to))
    return to
