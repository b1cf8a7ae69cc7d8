"""What a gift really costs its donor once the tax is reduced: dated rates, and arithmetic on them.

Rates change with each finance law and differ by what the body does, so they are rows with dates and a source,
never numbers in a formula. `FRENCH_RATES` seeds the table that staff may add to. Whether a body belongs to a
regime is a question for its adviser or a ruling of the tax office (rescrit): this module does not decide it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DonorKind(StrEnum):
    """Whose tax is reduced."""

    PERSON = "person"
    COMPANY = "company"


Tier = tuple[int | None, int]
"""Up to which yearly total, in minor units (None: without end), and the per cent that is given back."""


@dataclass(frozen=True)
class TaxRate:
    """One line of the table: what the law gives back, to whom, between which days (both included).

    `tiers` rise; each takes the part of the gift between the ceiling before it and its own. The
    `income_share_percent` bounds the gifts that count in a year by the donor's taxable income: it cannot be
    applied to one gift and is there to be told. `note` says what else a reader of the rate must know.
    """

    regime: str
    donor_kind: DonorKind
    valid_from: date
    valid_to: date | None
    tiers: tuple[Tier, ...]
    income_share_percent: int | None
    article: str
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        ceilings = [ceiling for ceiling, _ in self.tiers]
        bounded = [ceiling for ceiling in ceilings if ceiling is not None]
        if not ceilings or ceilings[-1] is not None or len(bounded) != len(ceilings) - 1:
            raise ValueError("The last tier, and only the last, is without end")
        if bounded != sorted(set(bounded)) or (bounded and bounded[0] <= 0):
            raise ValueError("Ceilings rise from above nought")
        if any(not 0 <= percent <= 100 for _, percent in self.tiers):
            raise ValueError("A percentage lies between 0 and 100")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("A rate ends on or after the day it begins")

    def covers(self, day: date) -> bool:
        """Whether a gift made on this day falls under the rate."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def reduction(amount_minor: int, rate: TaxRate) -> int:
    """What the law gives back of one gift, in minor units, taken as the donor's only one of the year.

    Rounded down to the minor unit, once, after adding the tiers: we never promise a cent that is not due.

    Raises:
        ValueError: a negative amount.

    """
    if amount_minor < 0:
        raise ValueError("A gift is not negative")
    hundredths, floor = 0, 0
    for ceiling, percent in rate.tiers:
        top = amount_minor if ceiling is None else min(amount_minor, ceiling)
        hundredths += max(0, top - floor) * percent
        floor = max(floor, top)
    return hundredths // 100


def cost_after_reduction(amount_minor: int, rate: TaxRate) -> int:
    """What the gift costs the donor after the tax reduction, in minor units; odd fractions round up (see above)."""
    return amount_minor - reduction(amount_minor, rate)


def rate_on(rates: Iterable[TaxRate], regime: str, donor_kind: DonorKind, day: date) -> TaxRate | None:
    """The rate in force on the day the gift is made; None where we know of none.

    Where two overlap (staff added a newer one without closing the older), the one that began last holds.
    """
    fitting = [rate for rate in rates if rate.regime == regime and rate.donor_kind == donor_kind and rate.covers(day)]
    return max(fitting, key=lambda rate: rate.valid_from, default=None)


GENERAL_INTEREST = "fr_general_interest"
ASSISTANCE = "fr_assistance"
EARLIEST = date(2020, 1, 1)
"""Nothing is claimed about gifts before 2020: the sources at hand begin there. Staff may add older rows."""
COLUCHE_WIDENED = date(2025, 2, 15)
COLUCHE_DOUBLED = date(2025, 10, 14)
_SPLIT_NOTE = (
    "The part of the gift under the ceiling does not count towards the 20 % of taxable income. "
    "The ceiling is for all gifts of the year to bodies of this regime, not for each gift."
)
_VICTIMS_NOTE = (
    "Since 15 February 2025 also for general-interest bodies that mainly and free of charge accompany victims "
    "of domestic violence or help to rehouse them (law 2025-127, art. 5). "
)
_COMPANY_NOTE = (
    "Gifts count up to EUR 20,000 or 0.5 % of turnover a year, whichever is higher. Gifts to bodies that give "
    "food, care or housing free of charge may keep 60 % above EUR 2 million: to be confirmed before adding a row."
)


def _company(regime: str) -> TaxRate:
    return TaxRate(
        regime, DonorKind.COMPANY, EARLIEST, None, ((200_000_000, 60), (None, 40)), None, "238 bis CGI",
        "CGI art. 238 bis; law 2019-1479, art. 134 (financial years closed from 31 December 2020)", _COMPANY_NOTE,
    )  # fmt: skip


FRENCH_RATES: tuple[TaxRate, ...] = (
    TaxRate(
        GENERAL_INTEREST, DonorKind.PERSON, EARLIEST, None, ((None, 66),), 20, "200 CGI", "CGI art. 200, 1",
        "What exceeds the share of income can be carried forward five years.",
    ),
    TaxRate(
        ASSISTANCE, DonorKind.PERSON, EARLIEST, date(2025, 2, 14), ((100_000, 75), (None, 66)), 20,
        "200, 1 ter CGI", "CGI art. 200, 1 ter; ceiling of EUR 1,000 on gifts of 2020 and prolonged each time",
        "Bodies that give meals, care or housing help free of charge. " + _SPLIT_NOTE,
    ),
    TaxRate(
        ASSISTANCE, DonorKind.PERSON, COLUCHE_WIDENED, date(2025, 10, 13), ((100_000, 75), (None, 66)), 20,
        "200, 1 ter CGI", "Law 2025-127 of 14 February 2025, art. 5 and 6 (BOFiP ACTU-2025-00070)",
        _VICTIMS_NOTE + _SPLIT_NOTE,
    ),
    TaxRate(
        ASSISTANCE, DonorKind.PERSON, COLUCHE_DOUBLED, None, ((200_000, 75), (None, 66)), 20,
        "200, 1 ter CGI", "Finance law for 2026: EUR 2,000 for gifts made from 14 October 2025",
        _VICTIMS_NOTE + _SPLIT_NOTE,
    ),
    _company(GENERAL_INTEREST),
    _company(ASSISTANCE),
)  # fmt: skip
"""French rates by the day of the gift."""
