"""Recurring gifts as a list, and what they bring."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.giving.models import RecurringGift, RecurringStatus
from app.kernel.money import Money
from app.kernel.pages import Page, Sort, paginate
from app.payments.models import Interval

NEWEST_FIRST = (Sort(RecurringGift.id, descending=True),)
MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


def recurring_page(db: Session, status: RecurringStatus | None, cursor: str | None) -> Page:
    """A page of recurring gifts, newest first, with donors."""
    query = select(RecurringGift).options(joinedload(RecurringGift.contact).lazyload("*"))
    if status is not None:
        query = query.where(RecurringGift.status == status)
    return paginate(db, query, NEWEST_FIRST, cursor=cursor)


def promised(db: Session) -> list[Money]:
    """What active recurring gifts bring in a month on average, by currency."""
    query: Select[*tuple[Any, ...]] = select(
        RecurringGift.currency, RecurringGift.interval, func.sum(RecurringGift.amount_minor)
    ).where(RecurringGift.status == RecurringStatus.ACTIVE)
    sums: dict[str, int] = {}
    for currency, interval, minor in db.execute(query.group_by(RecurringGift.currency, RecurringGift.interval)):
        sums[currency] = sums.get(currency, 0) + int(minor) // MONTHS[interval]
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]
