"""Billing periods: the nth anniversary of an anchor, without drifting at the ends of months."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

from sandbox.settings import DAY


def anniversary(anchor: int, interval: str, count: int, number: int) -> int:
    """The instant `number` periods of `count` × `interval` after `anchor` (seconds since the epoch, UTC).

    An anchor on the 31st falls on the last day of shorter months and returns to the 31st afterwards.
    """
    if interval == "day":
        return anchor + number * count * DAY
    if interval == "week":
        return anchor + number * count * 7 * DAY
    months = number * count * (12 if interval == "year" else 1)
    start = datetime.fromtimestamp(anchor, UTC)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def next_after(anchor: int, interval: str, count: int, instant: int) -> int:
    """The first anniversary of `anchor` later than `instant`."""
    number = 0
    while anniversary(anchor, interval, count, number) <= instant:
        number += 1
    return anniversary(anchor, interval, count, number)
