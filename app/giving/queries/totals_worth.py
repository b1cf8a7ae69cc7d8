"""What donors' totals are worth in one currency: those in others gift by gift, each by the rate of its day.

A total is of a fiscal year and has no day to take a rate of, so that the gifts of such totals are read, and of no
others. What has no rate is in no sum (docs/adr/0020). The statements are made once and kept: to put one together takes
many times as long as the database needs for its answer.
"""

from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select
from sqlalchemy.orm import Session, lazyload

from app.contacts.models import Contact
from app.contacts.queries.households import of_household
from app.currencies.worth import materialised, with_worth
from app.giving.models import GivingTotal
from app.giving.queries.others import gifts_of_totals


class Whose(StrEnum):
    """Whose totals are asked for, by the name of the parameter that says so when a statement is executed."""

    DONOR = "donor"
    DONORS = "donors"
    HOUSEHOLD = "household"
    """It and those who belong to it now."""


class _Worth(NamedTuple):
    """Columns in minor units of one currency, beside `GivingTotal`; both NULL where no gift of a total has a rate.

    `missing` is what has none, in minor units of the total's own currency.
    """

    amount: ColumnElement[Any]
    largest: ColumnElement[Any]
    missing: ColumnElement[Any]
    source: Any
    """What they are selected from: the totals, each once."""


def totals_with_worth(db: Session, whose: Whose, currency: str) -> Select[Any]:
    """Each total (`GivingTotal`) with its `amount`, `largest` and `missing`, and a household's with its `Contact`."""
    return _totals(whose, currency, _is_postgresql(db))


def worth_of_donors(db: Session, figure: str, currency: str) -> Select[Any]:
    """(contact id, minor units) of the sum or the largest gift of `Whose.DONORS`; NULL where nothing has a rate."""
    return _donors(figure, currency, _is_postgresql(db))


def _is_postgresql(db: Session) -> bool:
    return db.get_bind().dialect.name == "postgresql"


@cache
def _totals(whose: Whose, currency: str, is_postgresql: bool) -> Select[Any]:  # noqa: FBT001 - a key of the cache
    mine = _mine(whose)
    worth = _worth(mine, currency, is_postgresql=is_postgresql)
    columns = (worth.amount.label("amount"), worth.largest.label("largest"), worth.missing.label("missing"))
    query = select(GivingTotal, *columns).select_from(worth.source).where(mine)
    if whose is not Whose.HOUSEHOLD:
        return query
    bare = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
    return query.join(Contact, Contact.id == GivingTotal.contact_id).add_columns(Contact).options(*bare)


@cache
def _donors(figure: str, currency: str, is_postgresql: bool) -> Select[Any]:  # noqa: FBT001 - a key of the cache
    mine = _mine(Whose.DONORS)
    worth = _worth(mine, currency, is_postgresql=is_postgresql)
    asked = func.sum(worth.amount) if figure == "sum" else func.max(worth.largest)
    query = select(GivingTotal.contact_id, asked).select_from(worth.source).where(mine)
    return query.group_by(GivingTotal.contact_id)


def _mine(whose: Whose) -> ColumnElement[bool]:
    if whose is Whose.DONOR:
        return GivingTotal.contact_id == bindparam(whose.value)
    if whose is Whose.HOUSEHOLD:
        return GivingTotal.contact_id.in_(of_household(bindparam(whose.value)))
    return GivingTotal.contact_id.in_(bindparam(whose.value, expanding=True))


def _worth(mine: ColumnElement[bool], currency: str, *, is_postgresql: bool) -> _Worth:
    gifts = materialised(gifts_of_totals(GivingTotal.currency != currency, mine, is_postgresql=is_postgresql))
    worth = with_worth(gifts, currency, is_postgresql=is_postgresql)
    missing = case((worth.c.worth.is_(None), worth.c.minor), else_=0)
    figures = (
        func.sum(worth.c.worth).label("amount"), func.max(worth.c.worth).label("largest"),
        func.sum(missing).label("missing"),
    )  # fmt: skip
    found = select(worth.c.total_id, *figures).group_by(worth.c.total_id).subquery()
    is_ours = GivingTotal.currency == currency
    return _Worth(
        amount=case((is_ours, GivingTotal.amount_minor), else_=found.c.amount),
        largest=case((is_ours, GivingTotal.largest_minor), else_=found.c.largest),
        missing=func.coalesce(found.c.missing, 0),
        source=GivingTotal.__table__.outerjoin(found, found.c.total_id == GivingTotal.id),
    )
