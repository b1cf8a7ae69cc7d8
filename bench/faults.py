"""Rounds of faults: `python -m bench.faults --rounds 20 --seconds 120`.

People give and the office works while programs are killed and the payment service misbehaves; then the books, the
payment service's ledger, the mails and the logs have to be right (tests/faults). It measures nothing: it is here to
run for as long as one likes, on both databases. The folder of a round that went wrong is kept.
"""

import argparse
import itertools
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.faults.rounds import Round, play
from tests.faults.stacks import Ground, gone, ground
from tests.faults.trouble import BAD_DAY, WORSE_DAY, Trouble

KINDS = ("sqlite", "postgresql")


def play_one(database: Ground, seed: int, folder: Path, given: argparse.Namespace) -> Round:
    """One round from a fresh database to the findings."""
    with database.started(folder, sites=given.sites, workers=given.workers) as stack:
        victims = (*stack.commands, "database")
        trouble = Trouble(stack, seed, victims, {"database": gone(stack)}, WORSE_DAY if given.worse else BAD_DAY)
        return play(stack, trouble, seconds=given.seconds, donors=given.donors)


def report(number: int, kind: str, outcome: Round, seconds: float) -> None:
    """A line for a round that went well, everything for one that did not."""
    sys.stdout.write(f"{'red' if outcome.findings else 'green'} {number} {kind}, {seconds:.0f} s, {outcome}\n")
    for line in outcome.findings:
        sys.stdout.write(f"    {line}\n")
    sys.stdout.flush()


def main(argv: Sequence[str]) -> int:
    """Play the rounds; 1 if any went wrong."""
    asked = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    asked.add_argument("--rounds", type=int, default=1, help="on each database")
    asked.add_argument("--seconds", type=float, default=20, help="of faults in a round")
    asked.add_argument("--database", choices=KINDS, action="append", help="default: both")
    asked.add_argument("--seed", type=int, help="of the first round; others follow it")
    asked.add_argument("--donors", type=int, default=6, help="people at once")
    asked.add_argument("--sites", type=int, default=1, help="web processes")
    asked.add_argument("--workers", type=int, default=1, help="worker processes")
    asked.add_argument("--worse", action="store_true", help="calls hang for longer than we wait")
    given = asked.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    first = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    red = 0
    with ExitStack() as leaving:
        top = Path(tempfile.mkdtemp(prefix="faults-"))
        grounds = [leaving.enter_context(ground(kind, top)) for kind in given.database or KINDS]
        for number, database in itertools.product(range(given.rounds), grounds):
            folder, began = top / f"{database.kind}-{first + number}", time.monotonic()
            folder.mkdir()
            outcome = play_one(database, first + number, folder, given)
            report(number + 1, database.kind, outcome, time.monotonic() - began)
            red += bool(outcome.findings)
            if not outcome.findings:
                shutil.rmtree(folder)
        if not red:
            shutil.rmtree(top)
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
