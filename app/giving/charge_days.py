"""On which days a recurring gift is charged, and what it is worth in a year: arithmetic without a database.

The 29th to the 31st mean the last day of months that are shorter, as gateways and banks have it.
"""

import calendar
from datetime import date, timedelta

from app.kernel.money import Money
from app.payments.models import Interval

MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}
EVERY_MONTH_HAS = 28


def yearly_value(amount: Money, interval: Interval) -> Money:
    """What charges of this amount come to in a year."""
    return Money(amount.minor * 12 // MONTHS[interval], amount.currency)


def day_within(year: int, month: int, day: int) -> date:
    """This day of a month, or its last one if it is shorter. `month` may lie beyond December."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def moved_charge(next_on: date, day: int, today: date) -> date:
    """The next charge once charges move to another day: in the month it was due in, else the first that is left."""
    wanted = day_within(next_on.year, next_on.month, day)
    if wanted > today:
        return wanted
    this_month = day_within(today.year, today.month, day)
    return this_month if this_month > today else day_within(today.year, today.month + 1, day)


def first_charge_from(earliest: date, next_on: date, interval: Interval, day: int) -> date:
    """The first charge on or after a day, counted on from the next one that was planned."""
    found, months = next_on, 0
    while found < earliest:
        months += MONTHS[interval]
        found = day_within(next_on.year, next_on.month + months, day)
    return found


def has_slipped(next_on: date, day: int) -> bool:
    """Whether a short month has pulled charges to an earlier day than the one that was agreed on."""
    return next_on < day_within(next_on.year, next_on.month, day)


def last_moment_to_pause(today: date) -> date:
    """How far ahead a pause may reach: two years, beyond which it is an end."""
    return today + timedelta(days=2 * 365)
