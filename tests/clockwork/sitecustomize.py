"""Read by Python before a program starts: lets it live some days ahead, as many as the file named by CLOCK_FILE says.

The file is looked at again and again, so that a running program moves on with it. Time still passes; only the date is
another. Nothing happens where CLOCK_FILE names none.

The payment sandbox goes by the file that THEIR_CLOCK_FILE names, where there is one: so its days can pass first. What
falls due in them has its own instant, and would be news of long ago to a product that is there already.
"""

import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

OURS = os.environ.get("CLOCK_FILE", "")
FILE = os.environ.get("THEIR_CLOCK_FILE", OURS) if "sandbox" in sys.orig_argv else OURS
PAUSE = 0.05
"""Seconds between two looks into the file."""


class Clockwork:
    """The time of this program: as real time runs, some days ahead."""

    def __init__(self) -> None:
        self._days = 0
        self._clock = time_machine.travel(datetime.now(UTC), tick=True).start()
        late = time_machine.escape_hatch.datetime.datetime.now(UTC) - datetime.now(UTC)
        self._clock.shift(late)  # what the start itself took; or jobs of others would seem not due yet

    def move_on(self) -> None:
        """Go forward to the day that the file says now."""
        wanted = int(Path(FILE).read_text() or self._days)
        if wanted > self._days:
            self._clock.shift(timedelta(days=wanted - self._days))
            self._days = wanted

    def watch(self) -> None:
        """Move on whenever the file says so, as long as the program lives."""
        threading.Thread(target=self._look, daemon=True, name="clockwork").start()

    def _look(self) -> None:
        pause = threading.Event()
        while not pause.wait(PAUSE):
            self.move_on()


if FILE:
    clockwork = Clockwork()
    clockwork.move_on()
    clockwork.watch()
    os.register_at_fork(after_in_child=clockwork.watch)
