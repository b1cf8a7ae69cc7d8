"""Gifts in other currencies than the organisation's: in which fiscal years there are any, and what each is worth.

They are found by donors' totals, which know their currency, so that nobody else's gifts are looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, literal_column, select, true, union_all
from sqlalchemy.orm import Session

from app.giving.models import Gift, GivingTotal
from app.giving.queries.counting import COUNTS, KEPT

Others = Mapping[int, frozenset[str]]
"""The other currencies in which anything was given, by fiscal year; years without any are not in it."""
AskOthers = Callable[[str], Others]
OF_TOTAL = and_(
    # the sum keeps databases from beginning with all gifts, to find each one's total by the donor
    Gift.contact_id == GivingTotal.contact_id + literal_column("0"), Gift.fiscal_year == GivingTotal.fiscal_year,
    Gift.currency == GivingTotal.currency, COUNTS,
)  # fmt: skip
"""Which gifts a donor's total is made of."""


def given_in_others(db: Session, own: str) -> Others:
    """Where gifts came in other currencies, in one question: a look into the index for each year and currency."""
    year, code = GivingTotal.fiscal_year, GivingTotal.currency
    years = select(func.min(year).label("year")).cte(recursive=True)
    later = select(func.min(year)).where(year > years.c.year).scalar_subquery()
    years = years.union_all(select(later).where(years.c.year.is_not(None)))
    least = select(func.min(code)).where(year == years.c.year).scalar_subquery()
    found = select(years.c.year, least.label("code")).where(years.c.year.is_not(None)).cte(recursive=True)
    more = select(func.min(code)).where(year == found.c.year, code > found.c.code).scalar_subquery()
    found = found.union_all(select(found.c.year, more).where(found.c.code.is_not(None)))
    others: dict[int, set[str]] = {}
    for found_year, currency in db.execute(select(found).where(found.c.code.is_not(None), found.c.code != own)):
        others.setdefault(found_year, set()).add(currency)
    return {each: frozenset(codes) for each, codes in others.items()}


def are_in(others: Others) -> ColumnElement[bool]:
    """Whether a total is of one of these years and currencies."""
    return and_(GivingTotal.fiscal_year.in_(sorted(others)), GivingTotal.currency.in_(codes_of(others)))


def codes_of(others: Others) -> list[str]:
    """All the currencies, by their codes."""
    return sorted({code for codes in others.values() for code in codes})


def gifts_of_totals(
    *which: ColumnElement[bool],
    is_postgresql: bool,
    on_days: Callable[[Any], ColumnElement[bool]] = lambda _day: true(),
) -> CompoundSelect[*tuple[Any, ...]]:
    """The gifts that these totals are made of, as `app.currencies.worth` wants rows, with their total and donor.

    `on_days` says of which days. A total of one gift is that gift, and nothing else is read for it; those of other
    totals are sought total by total.
    """
    total, single = GivingTotal, GivingTotal.gifts == literal_column("1")
    alone = select(
        total.id.label("total_id"), total.contact_id.label("contact_id"), total.currency.label("currency"),
        total.first_on.label("day"), total.amount_minor.label("minor"),
    )  # fmt: skip
    columns = (Gift.contact_id, Gift.currency, Gift.received_on, KEPT.label("kept"))
    if is_postgresql:
        # it would read all gifts rather than seek some thousands: what has an offset is not taken apart
        theirs = select(*columns).where(OF_TOTAL, on_days(Gift.received_on)).offset(literal_column("0")).lateral()
        several = select(total.id, *theirs.c).select_from(total).join(theirs, true())
    else:
        several = select(total.id, *columns).select_from(total).join(Gift, OF_TOTAL).where(on_days(Gift.received_on))
    return union_all(alone.where(single, *which, on_days(total.first_on)), several.where(~single, *which))


def within(others: Others, years: Iterable[int]) -> Others:
    """Those of some fiscal years alone."""
    wanted = set(years)
    return {year: codes for year, codes in others.items() if year in wanted}
