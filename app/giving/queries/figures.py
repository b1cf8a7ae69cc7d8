"""What a donor gave: this fiscal year, the last, and in all, from the figures kept with each gift.

What came in other currencies counts by the rate of each gift's day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import GivingTotal, RecurringGift
from app.giving.queries.purposes import Given
from app.giving.queries.totals_worth import Whose, totals_with_worth, worth_of_donors
from app.kernel.clock import today
from app.kernel.money import Money
from app.kernel.organisation import Organisation, the_organisation


@dataclass(frozen=True)
class DonorFigures:
    """One donor's figures in one currency. `year` is this fiscal year.

    `missing` is what has no rate and is in none of the sums, by its currency; numbers and days are of all gifts.
    """

    year: int
    this_year: Money
    last_year: Money
    in_all: Money
    gifts: int
    largest: Money
    first_on: date
    last_on: date
    missing: tuple[Money, ...] = ()


@dataclass(frozen=True)
class GivingFigures:
    """What was given by currency, the organisation's own first, and all of it in the organisation's.

    `worth` is None where all came in that, or nothing else than what has no rate.
    """

    by_currency: Sequence[DonorFigures]
    worth: DonorFigures | None


@dataclass(frozen=True)
class HouseholdFigures:
    """What a household gave itself, what it and its members gave together, and each one's share by donor.

    Shares are in the organisation's currency, the largest first.
    """

    own: GivingFigures
    together: GivingFigures
    shares: list[tuple[Contact, Given]]


@dataclass(frozen=True)
class _Total:
    """What a kept total says in one currency; `amount` and `largest` are None where no rate is known."""

    kept: GivingTotal
    amount: Money | None
    largest: Money | None
    missing: Money


def figures_of(db: Session, contact_id: int) -> GivingFigures:
    """A donor's figures, in one question; nothing in them before the first gift."""
    organisation = the_organisation(db)
    query = totals_with_worth(db, Whose.DONOR, organisation.currency)
    rows = db.execute(query, {Whose.DONOR.value: contact_id})
    return _summed(organisation, [_total(row, organisation.currency) for row in rows])


def figures_of_household(db: Session, household_id: int) -> HouseholdFigures:
    """The figures of a household and of those who belong to it now, in one question.

    They are summed when they are asked for, so that no gift is copied, and whoever moves takes theirs along.
    """
    organisation = the_organisation(db)
    currency = organisation.currency
    query = totals_with_worth(db, Whose.HOUSEHOLD, currency)
    totals: list[_Total] = []
    shares: dict[Contact, Given] = {}
    for row in db.execute(query, {Whose.HOUSEHOLD.value: household_id}):
        total = _total(row, currency)
        totals.append(total)
        shares[row.Contact] = _with(shares.get(row.Contact, Given(Money(0, currency))), total)
    return HouseholdFigures(
        own=_summed(organisation, [total for total in totals if total.kept.contact_id == household_id]),
        together=_summed(organisation, totals),
        shares=sorted(shares.items(), key=lambda pair: (-pair[1].worth.minor, pair[0].id)),
    )


def _total(row: Any, currency: str) -> _Total:
    """A row of `totals_with_worth`. PostgreSQL sums integers into decimals."""
    kept: GivingTotal = row.GivingTotal
    amount, largest = (None if minor is None else Money(int(minor), currency) for minor in (row.amount, row.largest))
    return _Total(kept, amount, largest, Money(int(row.missing), kept.currency))


def _with(given: Given, total: _Total) -> Given:
    """What was given, with one more total: some of it may have a rate, and some none."""
    known = given if total.amount is None else given.plus(total.kept.amount, total.amount)
    return known.plus(total.missing, None) if total.missing else known


def _summed(organisation: Organisation, totals: Sequence[_Total]) -> GivingFigures:
    year, own = organisation.fiscal_year_of(today(organisation.time_zone)), organisation.currency
    rows: dict[str, list[_Total]] = {}
    for total in totals:
        code = total.kept.currency
        as_kept = _Total(total.kept, total.kept.amount, Money(total.kept.largest_minor, code), Money(0, code))
        rows.setdefault(code, []).append(as_kept)
    order = sorted(rows, key=lambda currency: (currency != own, currency))
    is_asked = bool(rows.keys() - {own}) and any(total.amount is not None for total in totals)
    return GivingFigures(
        [_figures(year, currency, rows[currency]) for currency in order],
        _figures(year, own, totals) if is_asked else None,
    )


def _figures(year: int, currency: str, totals: Sequence[_Total]) -> DonorFigures:
    given = Given(Money(0, currency))
    by_year: dict[int, Money] = {}
    for total in totals:
        given = _with(given, total)
        if total.amount is not None:
            by_year[total.kept.fiscal_year] = by_year.get(total.kept.fiscal_year, Money(0, currency)) + total.amount
    return DonorFigures(
        year=year,
        this_year=by_year.get(year, Money(0, currency)),
        last_year=by_year.get(year - 1, Money(0, currency)),
        in_all=given.worth,
        gifts=sum(total.kept.gifts for total in totals),
        largest=max(total.largest for total in totals if total.largest is not None),
        first_on=min(total.kept.first_on for total in totals),
        last_on=max(total.kept.last_on for total in totals),
        missing=given.missing,
    )


AMOUNTS = frozenset({"sum", "largest"})
"""The figures of `giving_figure` that are money."""


def given_in_all(db: Session, contact_ids: Sequence[int], currency: str) -> dict[int, Money]:
    """What these donors gave in all, in one currency and one query: others by the rates of their days.

    Those who gave nothing are left out, and those of whose gifts none has a rate.
    """
    return _amounts(db, contact_ids, "sum", currency)


def giving_figure(
    db: Session, contact_ids: Sequence[int], name: str, currency: str
) -> dict[int, Money] | dict[int, int] | dict[int, date]:
    """A figure (sum, count, largest, first, last) of these donors, in one query; only who gave.

    Amounts are in one currency, as in `given_in_all`; numbers and days are of all gifts.
    """
    if name in AMOUNTS:
        return _amounts(db, contact_ids, name, currency)
    columns: dict[str, Any] = {
        "count": func.sum(GivingTotal.gifts), "first": func.min(GivingTotal.first_on),
        "last": func.max(GivingTotal.last_on),
    }  # fmt: skip
    mine = GivingTotal.contact_id.in_(contact_ids)
    rows = db.execute(select(GivingTotal.contact_id, columns[name]).where(mine).group_by(GivingTotal.contact_id))
    return {row[0]: row[1] for row in rows}


def _amounts(db: Session, contact_ids: Sequence[int], name: str, currency: str) -> dict[int, Money]:
    rows = db.execute(worth_of_donors(db, name, currency), {Whose.DONORS.value: list(contact_ids)})
    return {contact_id: Money(int(minor), currency) for contact_id, minor in rows if minor is not None}


def last_gift_days(db: Session, contact_ids: Sequence[int]) -> dict[int, date]:
    """When these donors gave last, in whatever currency, in one query; those who never gave are left out."""
    last = func.max(GivingTotal.last_on)
    mine = GivingTotal.contact_id.in_(contact_ids)
    rows = db.execute(select(GivingTotal.contact_id, last).where(mine).group_by(GivingTotal.contact_id))
    return {contact_id: day for contact_id, day in rows if day is not None}


def recurring_gifts_of(db: Session, contact_id: int) -> list[RecurringGift]:
    """A donor's recurring gifts, newest first."""
    mine = select(RecurringGift).where(RecurringGift.contact_id == contact_id)
    return list(db.scalars(mine.order_by(RecurringGift.id.desc())))
