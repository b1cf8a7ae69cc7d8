"""The arithmetic of exchange rates, exact to the last: fractions inside, rounded once at the end."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from app.kernel.money import Money, exponent

OLDEST = timedelta(days=10)
"""How old a rate may be to stand for a day. Between Christmas and New Year the Central Bank is silent for five days."""
FIRST_DAY = date(1999, 1, 4)
"""Before it there were no euros to count from."""
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def plain_rate(text: str) -> str:
    """A rate as it is kept: digits with a point, no blanks at its ends.

    Raises:
        ValueError: not a positive decimal with at most nine digits on either side of the point.

    """
    bare = text.strip()
    if not _RATE.fullmatch(bare) or not Decimal(bare):
        raise ValueError(text[:40])
    return bare


def round_half_up(exact: Fraction) -> int:
    """The nearest whole number; a half goes away from nought.

    So says the law for the euro (Council Regulation (EC) No 1103/97, article 5: "if … exactly half-way, the sum
    shall be rounded up"), and so does `Money.percent`; banks and the gateway do the same.
    """
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    whole += 2 * rest >= exact.denominator
    return -whole if exact < 0 else whole


def convert(amount: Money, to: str, *, from_rate: Decimal, to_rate: Decimal) -> Money:
    """The amount in another currency, both rates in units per euro, rounded once (article 4 (4) of the same).

    Raises:
        ValueError: a rate that is not positive.

    """
    if from_rate <= 0 or to_rate <= 0:
        raise ValueError("Rates are positive")
    if amount.currency == to:
        return amount
    euros = Fraction(amount.minor, 10 ** exponent(amount.currency)) / Fraction(from_rate)
    return Money(round_half_up(euros * Fraction(to_rate) * 10 ** exponent(to)), to)


@dataclass(frozen=True)
class Quote:
    """What one currency was worth on a day: units per euro, of which day the rate is, and who says so."""

    units_per_euro: Decimal
    day: date | None
    source: str
    """A `RateSource`; empty for the euro itself."""


ONE_EURO = Quote(Decimal(1), None, "")
