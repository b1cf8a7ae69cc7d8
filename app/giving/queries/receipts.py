"""Receipts as lists, and the gifts whose receipt still waits for something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.contacts.queries.search import search_contacts
from app.giving.models import Gift, GiftPayment, Receipt, ReceiptGift, ReceiptStatus
from app.giving.queries.days import is_waiting, waiting_days
from app.kernel.money import Money
from app.kernel.pages import Page, Sort, paginate

NEWEST_FIRST = (Sort(Receipt.issued_on, descending=True), Sort(Receipt.id, descending=True))
OLDEST_GIFT_FIRST = (Sort(Gift.received_on), Sort(Gift.id))
DONORS = 200
_CODE = re.compile(r"\s*(\d{4})\s*-\s*0*(\d{1,9})\s*")


@dataclass(frozen=True, kw_only=True)
class ReceiptFilter:
    """Which receipts are wanted. `text` is a number ("2026-00012") or a donor."""

    year: int | None = None
    status: ReceiptStatus | None = None
    is_specimen: bool | None = None
    covers_year: bool | None = None
    text: str = ""


def _numbered(text: str) -> tuple[ColumnElement[bool], ...] | None:
    found = _CODE.fullmatch(text)
    return (Receipt.year == int(found[1]), Receipt.number == int(found[2])) if found else None


def receipts_page(db: Session, wanted: ReceiptFilter, cursor: str | None) -> Page:
    """A page of the receipts wanted, newest first, with donors."""
    query = select(Receipt).where(*_conditions(db, wanted)).options(joinedload(Receipt.contact).lazyload("*"))
    return paginate(db, query, NEWEST_FIRST, cursor=cursor)


def receipt_sums(db: Session, wanted: ReceiptFilter) -> list[tuple[bool, int, Money]]:
    """(whether specimens, how many, what they come to) of those wanted that are in force, by currency."""
    currency, total = Receipt.currency, func.sum(Receipt.amount_minor)
    query = (
        select(Receipt.is_specimen, currency, func.count(Receipt.id), total)
        .where(*_conditions(db, wanted), Receipt.status == ReceiptStatus.ISSUED)
        .group_by(Receipt.is_specimen, currency)
        .order_by(Receipt.is_specimen, total.desc())
    )
    return [(specimen, count, Money(int(minor), code)) for specimen, code, count, minor in db.execute(query)]


def _conditions(db: Session, wanted: ReceiptFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.year is not None:
        yield Receipt.year == wanted.year
    if wanted.status is not None:
        yield Receipt.status == wanted.status
    if wanted.is_specimen is not None:
        yield Receipt.is_specimen == wanted.is_specimen
    if wanted.covers_year is not None:
        yield Receipt.covers_year.is_not(None) == wanted.covers_year
    if wanted.text:
        by_number = _numbered(wanted.text)
        donors = [] if by_number else [contact.id for contact in search_contacts(db, wanted.text, DONORS)]
        yield from by_number or (Receipt.contact_id.in_(donors),)


def with_gifts() -> Any:
    """What a question for one receipt also asks for: the gifts of a year, and nothing of theirs."""
    return selectinload(Receipt.lines).joinedload(ReceiptGift.gift).lazyload("*")


def receipt_years(db: Session) -> list[int]:
    """The years receipts were issued in, the newest first."""
    return list(db.scalars(select(Receipt.year).distinct().order_by(Receipt.year.desc())))


def receipt_by_token(db: Session, token: str) -> Receipt | None:
    """The receipt a public address names."""
    return db.scalars(select(Receipt).where(Receipt.token == token)).one_or_none()


def receipt_by_code(db: Session, text: str) -> Receipt | None:
    """The receipt with this number ("2026-00012"), if the text is one."""
    by_number = _numbered(text)
    return db.scalars(select(Receipt).where(*by_number)).first() if by_number else None


def replacement_of(db: Session, receipt: Receipt) -> Receipt | None:
    """The receipt that stands in the place of this one."""
    return db.scalars(select(Receipt).where(Receipt.replaces_id == receipt.id)).one_or_none()


def receipts_of(db: Session, gift_id: int) -> list[Receipt]:
    """Every receipt a gift is or was on, oldest first."""
    mine = select(Receipt).join(ReceiptGift, ReceiptGift.receipt_id == Receipt.id).where(ReceiptGift.gift_id == gift_id)
    return list(db.scalars(mine.order_by(Receipt.id)))


def receipt_ids_of(contact_id: int) -> Select[int]:
    """The keys of a donor's receipts, the newest first, at most two hundred, to be asked within another question."""
    mine = select(Receipt.id).where(Receipt.contact_id == contact_id)
    return mine.order_by(Receipt.id.desc()).limit(200)


def waiting_gifts(db: Session) -> Select[Gift]:
    """Received gifts whose donor wants a receipt and has none in force, looked for on the days that have any."""
    return select(Gift).where(Gift.received_on.in_(list(waiting_days(db))), is_waiting())


def waiting_page(db: Session, cursor: str | None) -> Page:
    """A page of those gifts, the oldest first, with donors and payments."""
    paid = selectinload(Gift.payments).joinedload(GiftPayment.payment)
    return paginate(db, waiting_gifts(db).options(joinedload(Gift.contact), paid), OLDEST_GIFT_FIRST, cursor=cursor)


def count_waiting(db: Session) -> int:
    """How many gifts wait for their receipt."""
    return sum(waiting_days(db).values())
