"""The dashboard's figures as plain data, and the arithmetic on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.giving.queries.worth import Missing, Part
from app.kernel.money import Money


@dataclass(frozen=True)
class Month:
    """One month of the fiscal year beside the same month of the year before (None: it is still to come)."""

    number: int
    now: Money | None
    before: Money


@dataclass(frozen=True)
class FundFigure:
    """What one fund was given this fiscal year and the year before."""

    name: str
    now: Money
    before: Money


@dataclass(frozen=True)
class DonorFigures:
    """How many gave: this fiscal year, for the first time, last year, last year but not yet this year; and both."""

    now: int
    new: int
    before: int
    lapsed: int
    kept: int

    @property
    def retention(self) -> float | None:
        """The share of last year's donors who gave again this year; None when there were none.

        The denominator is fixed first, and nobody outside it enters the numerator.
        """
        return self.kept / self.before if self.before else None


@dataclass(frozen=True)
class Figures:
    """Everything the dashboard shows of one fiscal year, in one currency: each day's sums of others by its rates.

    `before_to_date` is last year's sum up to the same day: the only fair thing to compare `now` with.
    `parts` is what `now` is made of where it came in several currencies. What has no rate is in no figure but those of
    donors: it stands in `missing`, and in `promised_missing` what is promised each month.
    Failed charges are those that were closed within a year, in whatever currency: recovered, and in all.
    """

    fiscal_year: int
    now: Money
    before: Money
    before_to_date: Money
    gifts: int
    months: Sequence[Month]
    funds: Sequence[FundFigure]
    donors: DonorFigures
    monthly_promised: Money
    recurring_gifts: int
    parts: Sequence[Part] = ()
    missing: Sequence[Missing] = ()
    promised_missing: Sequence[Money] = ()
    failed_recovered: int = 0
    failed_closed: int = 0

    @property
    def change(self) -> float | None:
        """This year against last year to the same day in whole per cents (0.12); None without anything last year."""
        if not self.before_to_date:
            return None
        return round((self.now.minor - self.before_to_date.minor) / self.before_to_date.minor, 2) + 0.0  # never -0 %

    @property
    def recovery(self) -> float | None:
        """The share of failed charges that were paid in the end; None when none was closed."""
        return self.failed_recovered / self.failed_closed if self.failed_closed else None

    @property
    def average(self) -> Money | None:
        """The average gift of this year, to the nearest minor unit."""
        return Money((2 * self.now.minor + self.gifts) // (2 * self.gifts), self.now.currency) if self.gifts else None


def months_of(start_month: int) -> list[int]:
    """The calendar months of a fiscal year, in its order."""
    return [(start_month - 1 + step) % 12 + 1 for step in range(12)]


def same_day_last_year(year: int, month: int, day: int) -> tuple[int, int, int]:
    """The same day a year before; 29 February becomes the 28th."""
    return year - 1, month, 28 if (month, day) == (2, 29) else day
