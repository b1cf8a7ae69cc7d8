"""Two years of faults: `python -m bench.two_years --stories 5 --donors 400`.

Hundreds of people give every month, quarter and year; cards break and are mended, money goes back, banks dispute, and
what is given is changed, while messages come twice, late, in disorder or never, the payment service fails and programs
die (tests/two_years). Each day's duties are done as the product does them. At the end the payment service's ledger and
the books have to agree to the cent. It measures nothing but the time it takes: it is here to run for as long as one
likes, on both databases. A story that went wrong is told again with `--seed`.
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
from pathlib import Path
from tempfile import TemporaryDirectory

from bench._serving import both_databases, migrated
from tests.faults.stacks import Ground, ground
from tests.two_years.people import Crowd
from tests.two_years.programs import Pace, programs
from tests.two_years.story import DAYS, LONG, SHORT, Told, TwoYears

NAMES = ("SQLite", "PostgreSQL")


def crowd_of(donors: int) -> Crowd:
    """So many people: a quarter give every month, another every quarter, a third every year, the others once."""
    monthly, quarterly, yearly = donors // 4, donors // 4, donors // 3
    return Crowd(monthly, quarterly, yearly, donors - monthly - quarterly - yearly)


def tell(url: str, seed: int, given: argparse.Namespace) -> Told:
    """One story on an empty database."""
    app = migrated(url, LOG_LEVEL="ERROR")
    app.config.update(WTF_CSRF_ENABLED=False)
    pauses = LONG if given.daily else SHORT
    try:
        return TwoYears(app, seed, crowd_of(given.donors), days=given.days, pauses=pauses).tell()
    finally:
        app.database.close()


def tell_of_programs(ground: Ground, seed: int, given: argparse.Namespace) -> Told:
    """One story of real programs that are killed."""
    folder = Path(tempfile.mkdtemp(prefix="two-years-"))
    pace = Pace(strides=(8, 20), pauses=(3.0, 8.0), days=given.days)
    with programs(ground, folder, seed, crowd_of(given.donors), pace) as story:
        told = story.tell()
    if told.findings:
        sys.stdout.write(f"    its folder: {folder}\n")
    else:
        shutil.rmtree(folder)
    return told


def told_by(name: str, seed: int, given: argparse.Namespace) -> Told:
    """One story on one database."""
    with TemporaryDirectory() as folder:
        if given.kill:
            with ground(name.lower(), Path(folder)) as filled:
                return tell_of_programs(filled, seed, given)
        with both_databases() as databases:
            return tell(databases[name] if name != "SQLite" else f"sqlite:///{Path(folder) / 'years.db'}", seed, given)


def report(name: str, told: Told, seconds: float) -> None:
    """A line for a story that went well, everything for one that did not."""
    colour = "red" if told.findings else "green"
    sys.stdout.write(f"two years, {name}: {colour}, {seconds:.0f} s, {told}\n")
    for line in told.findings:
        sys.stdout.write(f"    {line}\n")
    sys.stdout.flush()


def main(argv: Sequence[str]) -> int:
    """Tell the stories; 1 if any went wrong."""
    asked = argparse.ArgumentParser(prog="python -m bench.two_years", description=__doc__)
    asked.add_argument("--stories", type=int, default=1, help="on each database")
    asked.add_argument("--donors", type=int, default=200)
    asked.add_argument("--days", type=int, default=DAYS)
    asked.add_argument("--daily", action="store_true", help="every duty every few days, not those of money each week")
    asked.add_argument("--kill", action="store_true", help="real programs, killed time and again")
    asked.add_argument("--database", choices=NAMES, action="append", help="default: both")
    asked.add_argument("--seed", type=int, help="of the first story; others follow it")
    given = asked.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    first = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    red = 0
    for number, name in itertools.product(range(given.stories), given.database or NAMES):
        began = time.monotonic()
        told = told_by(name, first + number, given)
        report(name, told, time.monotonic() - began)
        red += bool(told.findings)
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
