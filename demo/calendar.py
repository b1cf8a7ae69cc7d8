"""The demo's calendar: when somebody asks for days on the sandbox's page, they pass for the product as well.

Day by day: first at the payment service, with all that falls due there, then for the product, which is told of it,
does its regular duties of that day and every job that comes of them. So a year in the demo has the letters, reminders
and receipts that a year has. `python -m demo.calendar --sandbox http://127.0.0.1:8001`, with the product's settings
in the environment; the product lives ahead by the file that `DEMO_CLOCK_FILE` names.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from sqlalchemy import select

from app.factory import create_app
from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus, Work, run_due
from app.kernel.rounds import plan_rounds
from config import Config

if TYPE_CHECKING:
    from sandbox.errors import Json

DAY = 86_400
PAUSE = 0.3
PATIENCE = 30.0
"""Seconds that a day's work may take at most: what fails is tried again on another day."""


class Calendar:
    """What brings both clocks forward together."""

    def __init__(self, sandbox: str, work: Work, file: Path) -> None:
        self._sandbox, self._work, self._file = sandbox.rstrip("/"), work, file

    def is_wanted(self) -> bool:
        """Whether somebody waits for days to pass."""
        return self._ask("clock")["until"] is not None

    def pass_day(self) -> None:
        """Let one day pass, or what is left until the instant that was asked for."""
        clock = self._ask("clock")
        left = (clock["until"] or clock["now"]) - clock["now"]
        self.keep_up(self._ask("advance", seconds=max(0, min(DAY, left))))

    def keep_up(self, clock: Json) -> None:
        """Bring the product to the sandbox's present, and let it do what is due by then."""
        new = self._file.with_suffix(".new")
        new.write_text(str(clock["offset"]), encoding="ascii")
        new.replace(self._file)
        self._ask("deliver")
        self._settle()
        plan_rounds(self._work)
        self._settle()

    def _settle(self) -> None:
        """Wait until the sandbox has told everything and every job is done, by this program or by the worker."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and (self._is_telling() or self._has_work()):
            run_due(self._work)
            time.sleep(PAUSE / 10)

    def _is_telling(self) -> bool:
        return any(each["state"] == "pending" for each in self._ask("deliveries")["data"])

    def _has_work(self) -> bool:
        left = select(Job.id).where(Job.status == JobStatus.WAITING, Job.due_at <= now())
        with self._work.database.reading() as db:
            return db.scalar(left.limit(1)) is not None

    def _ask(self, what: str, **given: Any) -> Json:
        body = json.dumps(given).encode() if given or what == "deliver" else None
        request = Request(f"{self._sandbox}/_sandbox/{what}", body, {"Content-Type": "application/json"})  # noqa: S310 - ours
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            found: Json = json.load(answer)
        return found


def main(argv: list[str]) -> int:
    """Follow the sandbox's page until somebody ends it."""
    parser = argparse.ArgumentParser(prog="python -m demo.calendar", description=__doc__)
    parser.add_argument("--sandbox", required=True, help="where the payment sandbox answers")
    given = parser.parse_args(argv)
    app = create_app(Config.from_env())
    calendar = Calendar(given.sandbox, app.work, Path(app.settings.DEMO_CLOCK_FILE))
    while True:
        try:
            if calendar.is_wanted():
                with app.app_context():
                    calendar.pass_day()
            else:
                time.sleep(PAUSE)
        except OSError:
            time.sleep(PAUSE)  # the sandbox is starting, or ending: the demo ends with it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
