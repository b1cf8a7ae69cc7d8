"""On which days a recurring gift is charged, and what it is worth in a year: arithmetic without a database.

The 29th to the 31st mean the last day of months that are shorter, as gateways and banks have it.
"""

import calendar
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from app.kernel.money import Money
from app.payments.models import Interval

MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}
EVERY_MONTH_HAS = 28


def yearly_value(amount: Money, interval: Interval) -> Money:
    """What charges of this amount come to in a year."""
    return Money(amount.minor * 12 // MONTHS[interval], amount.currency)


def monthly_averages(charges: Iterable[tuple[Money, Interval]]) -> list[Money]:
    """What these charges come to in a month, by currency; rounded once for each, half up."""
    twelfths: Counter[str] = Counter()
    for amount, interval in charges:
        twelfths[amount.currency] += amount.minor * 12 // MONTHS[interval]
    return [Money((minor + 6) // 12, currency) for currency, minor in sorted(twelfths.items())]


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


def nth_charge(number: int, next_on: date, interval: Interval, day: int) -> date:
    """The charge that is this many away: 1 is the next one, 0 the one before it."""
    return day_within(next_on.year, next_on.month + (number - 1) * MONTHS[interval], day)


def charges_until(last: date, next_on: date, interval: Interval, day: int) -> int:
    """How many charges there are from the next one on, up to and including this day."""
    whole = max(0, (last.year - next_on.year) * 12 + last.month - next_on.month) // MONTHS[interval]
    found = whole + 1 if last >= next_on else 0
    return found if not found or nth_charge(found, next_on, interval, day) <= last else found - 1


def is_same_charge(one: date | None, other: date | None) -> bool:
    """Whether these are the day of one charge: there is one a month at most, and a short month may pull it forward."""
    if one is None or other is None:
        return one is other
    return (one.year, one.month) == (other.year, other.month)


def is_charged_after(charge: date, last_on: date | None) -> bool:
    """Whether this charge would come after the last one, so that it does not come; a short month does not count."""
    return last_on is not None and (charge.year, charge.month) > (last_on.year, last_on.month)


def has_slipped(next_on: date, day: int) -> bool:
    """Whether a short month has pulled charges to an earlier day than the one that was agreed on."""
    return next_on < day_within(next_on.year, next_on.month, day)


def last_moment_to_pause(today: date) -> date:
    """How far ahead a pause may reach: two years, beyond which it is an end."""
    return today + timedelta(days=2 * 365)
