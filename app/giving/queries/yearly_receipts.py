"""Gifts whose donors have one receipt for a whole calendar year, and which of them are not on one yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, extract, func, select
from sqlalchemy.orm import Session, lazyload, selectinload

from app.contacts.models import Contact
from app.giving.models import Gift, GiftStatus, Receipt, ReceiptChoice, ReceiptGift, ReceiptRun, ReceiptStatus
from app.kernel.money import Money
from app.kernel.pages import Page, Sort, paginate

BY_NAME = (Sort(Contact.sort_key), Sort(Contact.id))
KEPT = Gift.amount_minor - Gift.returned_minor


@dataclass(frozen=True)
class DonorYear:
    """What one donor's receipt of a year would be for, in one currency, and over how many gifts.

    Test gifts make a specimen of their own (`is_test`).
    """

    contact_id: int
    year: int
    gifts: int
    amount: Money
    is_test: bool


@dataclass(frozen=True)
class LeftOut:
    """How many gifts of a year, of those whose donors have one receipt for it, cannot be on it, and why."""

    pending: int
    disputed: int


def days_of(year: int) -> tuple[date, date]:
    """First and last day of a calendar year: receipts follow it wherever a fiscal year begins."""
    return date(year, 1, 1), date(year, 12, 31)


def _wanted(*which: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    return [Gift.receipt_choice == ReceiptChoice.YEARLY, *which]


def _due() -> list[ColumnElement[bool]]:
    """Received gifts of which something was kept, wanted on a yearly receipt, undisputed and on no receipt in force."""
    in_force = select(ReceiptGift.id).where(ReceiptGift.gift_id == Gift.id, ReceiptGift.status == ReceiptStatus.ISSUED)
    return _wanted(Gift.status == GiftStatus.RECEIVED, KEPT > 0, ~Gift.is_disputed, ~in_force.exists())


def due_in(year: int) -> list[ColumnElement[bool]]:
    """Of those the ones of a year."""
    return [Gift.received_on.between(*days_of(year)), *_due()]


def count_due(db: Session, year: int) -> int:
    """How many donors have gifts of a year that are to be on a receipt for it and are not."""
    return db.scalar(select(func.count(Gift.contact_id.distinct())).where(*due_in(year))) or 0


def next_donors(db: Session, year: int, after: int, limit: int) -> list[int]:
    """The keys of the next such donors, in order."""
    keys = select(Gift.contact_id).where(Gift.contact_id > after, *due_in(year)).distinct()
    return list(db.scalars(keys.order_by(Gift.contact_id).limit(limit)))


def due_gift_ids(db: Session, year: int, contact_ids: Sequence[int]) -> list[int]:
    """Those gifts of these donors, by donor, currency and day; test gifts after the others."""
    mine = select(Gift.id).where(Gift.contact_id.in_(contact_ids), *due_in(year))
    return list(db.scalars(mine.order_by(Gift.contact_id, Gift.currency, Gift.is_test, Gift.received_on, Gift.id)))


def donor_years(db: Session, year: int, contact_ids: Sequence[int] | None = None) -> list[DonorYear]:
    """What the receipts of a year would be for, by donor and currency: of these donors, or of all."""
    which = due_in(year) if contact_ids is None else [Gift.contact_id.in_(contact_ids), *due_in(year)]
    query: Select[*tuple[Any, ...]] = (
        select(Gift.contact_id, Gift.currency, Gift.is_test, func.count(), func.sum(KEPT))
        .where(*which)
        .group_by(Gift.contact_id, Gift.currency, Gift.is_test)
        .order_by(Gift.contact_id, Gift.currency, Gift.is_test)
    )
    rows = db.execute(query)
    return [DonorYear(key, year, count, Money(int(kept), code), is_test) for key, code, is_test, count, kept in rows]


def years_due_of(db: Session, contact_id: int) -> list[DonorYear]:
    """What one donor's receipts of the years would be for, the newest year first."""
    year: Any = extract("year", Gift.received_on)
    query: Select[*tuple[Any, ...]] = (
        select(year, Gift.currency, Gift.is_test, func.count(), func.sum(KEPT))
        .where(Gift.contact_id == contact_id, *_due())
        .group_by(year, Gift.currency, Gift.is_test)
        .order_by(year.desc(), Gift.currency, Gift.is_test)
    )
    return [
        DonorYear(contact_id, int(when), count, Money(int(kept), code), is_test)
        for when, code, is_test, count, kept in db.execute(query)
    ]


def donors_with(db: Session, keys: Sequence[int]) -> list[Contact]:
    """These contacts with their addresses, and nothing else of theirs."""
    query = select(Contact).where(Contact.id.in_(keys))
    return list(db.scalars(query.options(lazyload("*"), selectinload(Contact.addresses))))


def donors_page(db: Session, year: int, cursor: str | None) -> Page:
    """A page of the donors whose receipt of a year is not issued, by name, with addresses."""
    due = select(Gift.contact_id).where(*due_in(year))
    query = select(Contact).where(Contact.id.in_(due)).options(lazyload("*"), selectinload(Contact.addresses))
    return paginate(db, query, BY_NAME, cursor=cursor)


def left_out_of(db: Session, year: int) -> LeftOut:
    """Gifts of a year that no receipt can be for, or not yet."""
    pending, received = Gift.status == GiftStatus.PENDING, Gift.status == GiftStatus.RECEIVED
    kinds = {"pending": pending, "disputed": received & Gift.is_disputed}
    this = _wanted(Gift.received_on.between(*days_of(year)))
    counts = [func.count().filter(which) for which in kinds.values()]
    row = db.execute(select(*counts).select_from(Gift).where(*this)).one()
    return LeftOut(**dict(zip(kinds, row, strict=True)))


def issued_for(db: Session, year: int) -> list[tuple[bool, int, Money]]:
    """The receipts in force for a year: whether they are specimens, how many, and what they come to, by currency."""
    mine = (Receipt.covers_year == year, Receipt.status == ReceiptStatus.ISSUED)
    alike = (Receipt.is_specimen, Receipt.currency)
    query: Select[*tuple[Any, ...]] = select(*alike, func.count(), func.sum(Receipt.amount_minor))
    rows = db.execute(query.where(*mine).group_by(*alike).order_by(*alike))
    return [(is_specimen, count, Money(int(minor), currency)) for is_specimen, currency, count, minor in rows]


def newest_run(db: Session, year: int) -> ReceiptRun | None:
    """The run of a year that was begun last."""
    mine = select(ReceiptRun).where(ReceiptRun.year == year).order_by(ReceiptRun.id.desc())
    return db.scalars(mine.limit(1)).one_or_none()


def receipts_of_donor(db: Session, contact_id: int, cursor: str | None) -> Page:
    """A page of a donor's receipts, newest first."""
    query = select(Receipt).where(Receipt.contact_id == contact_id).options(lazyload("*"))
    return paginate(
        db, query, (Sort(Receipt.issued_on, descending=True), Sort(Receipt.id, descending=True)), cursor=cursor
    )
