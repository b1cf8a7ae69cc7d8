"""Gifts are given while programs are killed and the payment service misbehaves: nothing is lost, nothing is twice.

FAULT_SEED repeats a round; longer ones: `python -m bench.faults`.
"""

import os
import random
import sys

import pytest

from tests.faults.conftest import Run
from tests.faults.rounds import play
from tests.faults.trouble import Trouble

SECONDS = 9.0


def a_seed() -> int:
    """The one that is asked for, or another each time."""
    return int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_and_a_misbehaving_gateway_lose_and_double_nothing(run: Run, kind: str) -> None:
    seed = a_seed()
    sys.stdout.write(f"To repeat it: FAULT_SEED={seed}\n")
    stack = run(kind)
    outcome = play(stack, Trouble(stack, seed, (*stack.sites, *stack.workers, "payments")), seconds=SECONDS)
    sys.stdout.write(f"{outcome}\n{outcome.told}\n")
    assert not outcome.findings, "\n".join(outcome.findings)
    assert outcome.stories
    assert outcome.cheques
