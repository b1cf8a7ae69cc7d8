"""Gifts are given while programs are killed and the payment service misbehaves: nothing is lost, nothing is twice.

FAULT_SEED repeats a round; longer ones: `python -m bench.faults`.
"""

import os
import random
import sys

from tests.faults.rounds import play
from tests.faults.stacks import gone
from tests.faults.trouble import Trouble
from tests.stack import Stack

SECONDS = 9.0


def a_seed() -> int:
    """The one that is asked for, or another each time."""
    return int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))


def test_kills_and_a_misbehaving_gateway_lose_and_double_nothing(stack: Stack) -> None:
    seed = a_seed()
    sys.stdout.write(f"To repeat it: FAULT_SEED={seed}\n")
    trouble = Trouble(stack, seed, (*stack.commands, "database"), {"database": gone(stack)})
    outcome = play(stack, trouble, seconds=SECONDS)
    sys.stdout.write(f"{outcome}\n{outcome.told}\n")
    assert not outcome.findings, "\n".join(outcome.findings)
    assert outcome.stories
    assert outcome.cheques
