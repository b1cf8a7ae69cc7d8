"""`make test`: the checks, the whole suite on SQLite, and what touches the database again on PostgreSQL.

Three lanes for two cores: the checks and then PostgreSQL; SQLite; and beside them what waits more than it works, the
programs that are killed and then the browser. Each step's words go to a file in `var/suite` and are shown in order at
the end; the last lines are the sum and pytest's own.
"""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tools.check import STATIC
from tools.chromium import find_chromium, install_chromium, may_install
from tools.steps import PYTHON, ROOT, Outcome, Step, run_step, say, stop_all

LOGS = ROOT / "var" / "suite"
NO_BROWSER = "SKIPPED: browser journeys (no Chromium)"
ON_SQLITE, ON_POSTGRESQL = "the suite on SQLite", "the suite on PostgreSQL"
IN_BROWSER = "the journeys in a browser"
WITH_FAULTS = "programs killed, databases gone"
# Programs that are killed and browsers have clocks to obey, and mostly wait; the others take what is left.
AFTER_OTHERS = ["nice", "-n", "5"] if shutil.which("nice") else []


class Lane(threading.Thread):
    """Steps in a row, beside another row. Daemonic, so that a stop does not wait for it."""

    def __init__(self, *steps: Step) -> None:
        super().__init__(daemon=True)
        self.steps = steps
        self.outcomes: list[Outcome] = []

    def run(self) -> None:
        """Run the steps, whatever fails."""
        for step in self.steps:
            with log_of(step).open("w", encoding="utf-8") as log:
                outcome = run_step(step, log)
            self.outcomes.append(outcome)
            say(str(outcome))


def log_of(step: Step) -> Path:
    """Where a step's words are kept."""
    return LOGS / f"{''.join(each if each.isalnum() else '-' for each in step.name)}.log"


def chromium_or_notice() -> str | None:
    """A Chromium, installed first where that is ours to do; without one, a line that nobody overlooks."""
    if not (path := find_chromium()) and may_install():
        say("Installing Chromium from the system's packages, for the browser journeys …")
        install_chromium()
        path = find_chromium()
    if not path:
        say(f"{NO_BROWSER}. Install the package “chromium”, or set CHROMIUM to a browser's path.")
    return path


def lanes(chromium: str | None) -> tuple[Lane, ...]:
    """What runs beside what. A TEST_DATABASE_URL of the caller's is where the second run goes."""
    pytest = [PYTHON, "-m", "pytest"]
    again = [*pytest, "-p", "no:cacheprovider", "-m", "db and not browser"]
    seen = [*pytest, "-p", "no:cacheprovider", "-m", "browser"]
    journeys = [Step(IN_BROWSER, seen, {"TEST_DATABASE_URL": "", "CHROMIUM": chromium})] if chromium else []
    killed = [*pytest, "-p", "no:cacheprovider", "-m", "faults"]
    usual = [*pytest, "-m", "not browser and not faults"]
    return (
        Lane(*STATIC, Step(ON_POSTGRESQL, [*AFTER_OTHERS, PYTHON, "-m", "tests.postgres", "--exec", *again])),
        Lane(Step(ON_SQLITE, [*AFTER_OTHERS, *usual], {"TEST_DATABASE_URL": ""})),
        Lane(Step(WITH_FAULTS, killed, {"TEST_DATABASE_URL": ""}), *journeys),
    )


def report(steps: Sequence[Step]) -> None:
    """Everything that was said, in order."""
    for step in steps:
        text = log_of(step).read_text(encoding="utf-8", errors="replace").rstrip()
        say(f"\n──── {step.name} {'─' * max(0, 100 - len(step.name))}")
        say(text or "(nothing to say)")


def last_line(step: Step) -> str:
    """Pytest's own closing line."""
    lines = log_of(step).read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> int:
    """Run everything; 1 if any of it failed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    began = time.monotonic()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    chromium = chromium_or_notice()
    beside = lanes(chromium)
    steps = [step for lane in beside for step in lane.steps]
    where = "your TEST_DATABASE_URL" if os.environ.get("TEST_DATABASE_URL") else "PostgreSQL"
    say(f"Running the checks and then the suite on {where}, beside the suite on SQLite and what kills programs …")
    try:
        for lane in beside:
            lane.start()
        for lane in beside:
            while lane.is_alive():
                lane.join(0.5)
    finally:
        stop_all()
    report(steps)
    outcomes = [outcome for lane in beside for outcome in lane.outcomes]
    say(f"\n──── In short {'─' * 92}")
    for outcome in outcomes:
        say(str(outcome))
    if not chromium:
        say(f"  {NO_BROWSER}")
    failed = [outcome for outcome in outcomes if outcome.code]
    say(f"  {'All of it':<36} {time.monotonic() - began:6.1f} s  {'FAILED' if failed else 'ok'}\n")
    for step in steps[len(STATIC) :]:
        say(f"{step.name}: {last_line(step)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
