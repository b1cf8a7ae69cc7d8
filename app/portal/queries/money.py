"""What somebody gave, by year; their receipts; what they give regularly. Whose it is stands in every question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, extract, func, select
from sqlalchemy.orm import Session, lazyload, selectinload

from app.giving.models import Allocation, Gift, GiftStatus, Receipt, ReceiptGift, ReceiptStatus, RecurringGift
from app.giving.queries.gifts import NEWEST_FIRST
from app.kernel.money import Money
from app.kernel.organisation import Organisation
from app.kernel.pages import Page, Sort, paginate
from app.payments.models import Mandate, Method
from app.payments.queries import mandates_of

RECEIPTS_NEWEST_FIRST = (Sort(Receipt.issued_on, descending=True), Sort(Receipt.id, descending=True))
KEPT = Gift.amount_minor - Gift.returned_minor
COUNTS = (Gift.status == GiftStatus.RECEIVED, Gift.amount_minor > Gift.returned_minor)
"""Gifts of which something was kept, as `Gift.kept` says of one."""
MOST = 1000
"""Gifts that a year's summary lists; nobody gives more often by hand."""


@dataclass(frozen=True)
class YearSum:
    """What was kept of the gifts of a year, in one currency, and how many they are."""

    year: int
    gifts: int
    kept: Money


def years_of(db: Session, contact_id: int) -> list[int]:
    """The calendar years in which they gave or tried to, the newest first."""
    year = extract("year", Gift.received_on)
    mine = select(year).where(Gift.contact_id == contact_id).distinct()
    return sorted((int(each) for each in db.scalars(mine)), reverse=True)


def _with_funds() -> Sequence[Any]:
    funds = selectinload(Gift.allocations).joinedload(Allocation.fund)
    return (funds, lazyload(Gift.payments), lazyload(Gift.contact))


def gifts_in_year(db: Session, contact_id: int, year: int, cursor: str | None) -> Page:
    """A page of their gifts dated in a calendar year, newest first, with funds."""
    since, until = date(year, 1, 1), date(year, 12, 31)
    query = select(Gift).where(Gift.contact_id == contact_id, Gift.received_on.between(since, until))
    return paginate(db, query.options(*_with_funds()), NEWEST_FIRST, cursor=cursor)


def receipts_in_force(db: Session, gift_ids: Sequence[int]) -> dict[int, Receipt]:
    """The receipts in force that these gifts are on, alone or with others of a year, by gift."""
    query = select(ReceiptGift.gift_id, Receipt).join(Receipt, Receipt.id == ReceiptGift.receipt_id)
    in_force = (ReceiptGift.gift_id.in_(gift_ids), ReceiptGift.status == ReceiptStatus.ISSUED)
    return {row.gift_id: row.Receipt for row in db.execute(query.where(*in_force).options(lazyload("*")))}


def span_of(organisation: Organisation, year: int, *, is_fiscal: bool) -> tuple[date, date]:
    """First and last day of a calendar year, or of the fiscal year that begins in it."""
    return organisation.bounds_of_fiscal_year(year) if is_fiscal else (date(year, 1, 1), date(year, 12, 31))


def year_sums(db: Session, contact_id: int, *, is_fiscal: bool) -> list[YearSum]:
    """What was kept of what they gave each year, by currency, the newest first."""
    year: Any = Gift.fiscal_year if is_fiscal else extract("year", Gift.received_on)
    query: Select[*tuple[Any, ...]] = (
        select(year, Gift.currency, func.count(), func.sum(KEPT))
        .where(Gift.contact_id == contact_id, *COUNTS)
        .group_by(year, Gift.currency)
        .order_by(year.desc(), Gift.currency)
    )
    return [YearSum(int(when), count, Money(int(kept), currency)) for when, currency, count, kept in db.execute(query)]


def gifts_between(db: Session, contact_id: int, since: date, until: date) -> Sequence[Gift]:
    """Their gifts that count, dated between these days (both included), oldest first, with funds."""
    mine = (Gift.contact_id == contact_id, Gift.received_on.between(since, until), *COUNTS)
    query = select(Gift).where(*mine).options(*_with_funds()).order_by(Gift.received_on, Gift.id)
    return db.scalars(query.limit(MOST)).all()


def receipts_page(db: Session, contact_id: int, cursor: str | None) -> Page:
    """A page of their receipts, newest first, those out of force too."""
    query = select(Receipt).where(Receipt.contact_id == contact_id).options(lazyload("*"))
    return paginate(db, query, RECEIPTS_NEWEST_FIRST, cursor=cursor)


def receipt_of(db: Session, contact_id: int, receipt_id: int) -> Receipt | None:
    """One receipt of theirs; None where it is somebody else's, or nobody's."""
    mine = (Receipt.id == receipt_id, Receipt.contact_id == contact_id)
    return db.scalars(select(Receipt).where(*mine).options(lazyload("*"))).one_or_none()


def recurring_of(db: Session, contact_id: int) -> Sequence[RecurringGift]:
    """What they give regularly, those that go on first, then the newest."""
    query = select(RecurringGift).where(RecurringGift.contact_id == contact_id).options(lazyload("*"))
    ended = RecurringGift.ended_on.is_not(None)
    return db.scalars(query.order_by(ended, RecurringGift.id.desc()).limit(MOST)).all()


def mandates_behind(db: Session, gifts: Sequence[RecurringGift]) -> dict[int, Mandate]:
    """The newest mandate of each of these that is charged by direct debit, by the recurring gift."""
    by_debit = {each.checkout_id: each.id for each in gifts if each.method_kind in {None, Method.SEPA_DEBIT}}
    keys = [key for key in by_debit if key is not None]
    found = mandates_of(db, keys) if keys else []
    return {by_debit[each.checkout_id]: each for each in reversed(found)}


def recurring_one(db: Session, contact_id: int, recurring_id: int) -> RecurringGift | None:
    """One recurring gift of theirs; None where it is somebody else's, or nobody's."""
    mine = (RecurringGift.id == recurring_id, RecurringGift.contact_id == contact_id)
    return db.scalars(select(RecurringGift).where(*mine).options(lazyload("*"))).one_or_none()


def every_gift(db: Session, contact_id: int) -> Sequence[Gift]:
    """All their gifts, oldest first, with funds."""
    query = select(Gift).where(Gift.contact_id == contact_id).options(*_with_funds())
    return db.scalars(query.order_by(Gift.received_on, Gift.id)).all()


def every_receipt(db: Session, contact_id: int) -> Sequence[Receipt]:
    """All their receipts, oldest first, each with its gift's key."""
    query = select(Receipt).where(Receipt.contact_id == contact_id).options(lazyload("*"))
    return db.scalars(query.order_by(Receipt.id)).all()
