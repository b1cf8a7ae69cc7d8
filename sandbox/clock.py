"""The sandbox's clock: real time plus an offset that only grows, so that months pass in a second."""

from __future__ import annotations

import time


class Clock:
    """Whole seconds since the epoch, UTC. While a due task runs the clock stands at that task's time."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self._pinned: int | None = None

    def now(self) -> int:
        """The present instant of the sandbox, in seconds since the epoch."""
        return int(time.time()) + self.offset if self._pinned is None else self._pinned

    def pin(self, instant: int | None) -> None:
        """Hold the clock at `instant` while a task runs; None lets it run again."""
        self._pinned = instant

    def move_to(self, instant: int) -> None:
        """Jump forward to `instant`; a jump backward is ignored."""
        self.offset = max(self.offset, instant - int(time.time()))
