"""When a task is due, seen from a day: decisions without a database. Days are the organisation's."""

from datetime import date, timedelta
from enum import StrEnum


class Due(StrEnum):
    """How soon something is due, in the order of lists."""

    OVERDUE = "overdue"
    TODAY = "today"
    THIS_WEEK = "this_week"
    LATER = "later"


class Snooze(StrEnum):
    """Until when something is put off."""

    TOMORROW = "tomorrow"
    NEXT_WEEK = "next_week"


def how_soon(due_on: date, today: date) -> Due:
    """Overdue, today, by the Sunday of this week (ISO 8601: weeks begin on Mondays), or later."""
    if due_on <= today:
        return Due.TODAY if due_on == today else Due.OVERDUE
    return Due.THIS_WEEK if due_on < next_monday(today) else Due.LATER


def put_off(to: Snooze, today: date) -> date:
    """The day a task is due that is put off: the day after today, or the Monday after it."""
    return today + timedelta(days=1) if to is Snooze.TOMORROW else next_monday(today)


def next_monday(today: date) -> date:
    """The first Monday after a day."""
    return today + timedelta(days=7 - today.weekday())
