"""What a donor gave: this fiscal year, the last, and in all, from the figures kept with each gift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from app.contacts.models import Contact
from app.contacts.queries.households import of_household
from app.giving.models import GivingTotal, RecurringGift
from app.kernel.clock import today
from app.kernel.money import Money
from app.kernel.organisation import the_organisation


@dataclass(frozen=True)
class DonorFigures:
    """One donor's figures in one currency. `year` is this fiscal year."""

    year: int
    this_year: Money
    last_year: Money
    in_all: Money
    gifts: int
    largest: Money
    first_on: date
    last_on: date


@dataclass(frozen=True)
class HouseholdFigures:
    """What a household gave itself, what it and its members gave together, and each one's share by donor.

    Shares are in the organisation's currency, the largest first.
    """

    own: list[DonorFigures]
    together: list[DonorFigures]
    shares: list[tuple[Contact, Money]]


def figures_of(db: Session, contact_id: int) -> list[DonorFigures]:
    """A donor's figures by currency, the organisation's own first; empty before the first gift."""
    return _by_currency(db, db.scalars(select(GivingTotal).where(GivingTotal.contact_id == contact_id)).all())


def figures_of_household(db: Session, household_id: int) -> HouseholdFigures:
    """The figures of a household and of those who belong to it now, in one question.

    They are summed when they are asked for, so that no gift is copied, and whoever moves takes theirs along.
    """
    query = select(GivingTotal, Contact).join(Contact, Contact.id == GivingTotal.contact_id)
    bare = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
    found = db.execute(query.where(Contact.id.in_(of_household(household_id))).options(*bare)).all()
    currency = the_organisation(db).currency
    shares: dict[Contact, Money] = {}
    for total, donor in found:
        if total.currency == currency:
            shares[donor] = shares.get(donor, Money(0, currency)) + total.amount
    totals = [total for total, _donor in found]
    return HouseholdFigures(
        own=_by_currency(db, [total for total in totals if total.contact_id == household_id]),
        together=_by_currency(db, totals),
        shares=sorted(shares.items(), key=lambda pair: (-pair[1].minor, pair[0].id)),
    )


def _by_currency(db: Session, totals: Sequence[GivingTotal]) -> list[DonorFigures]:
    organisation = the_organisation(db)
    year = organisation.fiscal_year_of(today(organisation.time_zone))
    rows: dict[str, list[GivingTotal]] = {}
    for total in totals:
        rows.setdefault(total.currency, []).append(total)
    order = sorted(rows, key=lambda currency: (currency != organisation.currency, currency))
    return [_figures(year, currency, rows[currency]) for currency in order]


def _figures(year: int, currency: str, totals: list[GivingTotal]) -> DonorFigures:
    nothing = Money(0, currency)
    by_year: dict[int, Money] = {}
    for total in totals:
        by_year[total.fiscal_year] = by_year.get(total.fiscal_year, nothing) + total.amount
    return DonorFigures(
        year=year,
        this_year=by_year.get(year, nothing),
        last_year=by_year.get(year - 1, nothing),
        in_all=sum(by_year.values(), start=nothing),
        gifts=sum(total.gifts for total in totals),
        largest=Money(max(total.largest_minor for total in totals), currency),
        first_on=min(total.first_on for total in totals),
        last_on=max(total.last_on for total in totals),
    )


AMOUNTS = frozenset({"sum", "largest"})
"""The figures of `giving_figure` that are money."""


def given_in_all(db: Session, contact_ids: Sequence[int], currency: str) -> dict[int, Money]:
    """What these donors gave in all in one currency, in one query; those who gave nothing are left out."""
    total = func.sum(GivingTotal.amount_minor)
    mine = (GivingTotal.contact_id.in_(contact_ids), GivingTotal.currency == currency)
    rows = db.execute(select(GivingTotal.contact_id, total).where(*mine).group_by(GivingTotal.contact_id))
    return {contact_id: Money(int(minor), currency) for contact_id, minor in rows}


def giving_figure(db: Session, contact_ids: Sequence[int], name: str, currency: str) -> dict[int, Money | int | date]:
    """A figure (sum, count, largest, first, last) of these donors in one currency, in one query; only who gave."""
    columns: dict[str, Any] = {
        "sum": func.sum(GivingTotal.amount_minor), "count": func.sum(GivingTotal.gifts),
        "largest": func.max(GivingTotal.largest_minor), "first": func.min(GivingTotal.first_on),
        "last": func.max(GivingTotal.last_on),
    }  # fmt: skip
    mine = (GivingTotal.contact_id.in_(contact_ids), GivingTotal.currency == currency, GivingTotal.gifts > 0)
    rows = db.execute(select(GivingTotal.contact_id, columns[name]).where(*mine).group_by(GivingTotal.contact_id))
    return {row[0]: Money(int(row[1]), currency) if name in AMOUNTS else row[1] for row in rows if row[1] is not None}


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
