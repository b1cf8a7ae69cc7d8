"""The numbered legal document for tax: issued, void or replaced, never deleted; and the dated rates of the law."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Contact
from app.giving.models.gift import Gift
from app.giving.tax_rates import DonorKind
from app.kernel.db import Key, Record, is_currency
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.organisation import TaxRegime
from app.kernel.states import move
from app.kernel.text import make_token


class ReceiptStatus(StrEnum):
    """Where a receipt is. A replaced one was voided and another took its place."""

    ISSUED = "issued"
    VOID = "void"
    REPLACED = "replaced"


MOVES = {ReceiptStatus.ISSUED: frozenset({ReceiptStatus.VOID, ReceiptStatus.REPLACED})}
_IN_FORCE: dict[str, Any] = {
    f"{dialect}_where": text("status = 'issued'") for dialect in ("sqlite", "postgresql")
}  # a gift has one receipt in force at most


GIFT_REVERSED = "gift_reversed"
MONEY_RETURNED = "money_returned"
VOID_REASONS = {
    GIFT_REVERSED: _l("The gift was an entry made in error."),
    MONEY_RETURNED: _l("Money went back to the donor."),
}
"""Reasons the product gives by itself, stored as codes and worded for each reader."""


def receipt_code(year: int, number: int) -> str:
    """A receipt's number as it is printed: the year, then five digits at least."""
    return f"{year}-{number:05d}"


class ReceiptSequence(Record):
    """The last number taken, for one legal entity and year. Its row is locked while a number is taken."""

    __tablename__ = "receipt_sequence"
    __audited__ = False
    __table_args__ = (
        CheckConstraint("year BETWEEN 1900 AND 2999", name="year_is_a_year"),
        UniqueConstraint("organisation_id", "year"),
        CheckConstraint("last_number >= 0", name="last_number_not_negative"),
    )

    organisation_id: Mapped[int] = mapped_column(Key, ForeignKey("organisation.id"))
    year: Mapped[int]
    last_number: Mapped[int] = mapped_column(default=0)


class ReceiptGift(Record):
    """A gift that a receipt is for, with what was kept of it then; `status` is always that of its receipt.

    Every receipt has such rows. Those of a receipt for one gift are written by the database (a trigger), those of a
    year by whoever issues it. The database carries the receipt's status over, and keeps a gift on one receipt in
    force at most, whether it is for that gift alone or for a year.
    """

    __tablename__ = "receipt_gift"
    __audited__: ClassVar[bool] = False  # the receipt is, with everything it says
    __table_args__ = (
        ForeignKeyConstraint(
            ["receipt_id", "status"], ["receipt.id", "receipt.status"], name="fk_receipt_gift_receipt",
            onupdate="CASCADE",
        ),
        UniqueConstraint("receipt_id", "gift_id"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        Index("uq_receipt_gift_in_force", "gift_id", unique=True, **_IN_FORCE),
    )  # fmt: skip

    receipt_id: Mapped[int] = mapped_column(Key, init=False)
    gift_id: Mapped[int] = mapped_column(Key, ForeignKey("gift.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(Key)
    status: Mapped[ReceiptStatus] = mapped_column(init=False)

    gift: Mapped[Gift] = relationship(init=False)


class Receipt(Record):
    """One receipt: for a gift, or for a donor's gifts of a calendar year (`covers_year`) in one currency.

    `content` holds everything printed, so that a copy is identical. Specimens have no number.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        is_currency(),
        CheckConstraint("replaces_id <> id", name="not_its_own_replacement"),
        CheckConstraint("year BETWEEN 1900 AND 2999", name="year_is_a_year"),
        UniqueConstraint("organisation_id", "year", "number"),
        CheckConstraint("is_specimen = (number IS NULL)", name="specimens_have_no_number"),
        CheckConstraint("number > 0", name="number_is_positive"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("(status = 'issued') = (voided_at IS NULL)", name="void_has_an_instant"),
        Index("uq_receipt_in_force", "gift_id", unique=True, **_IN_FORCE),
        Index("ix_receipt_newest", "issued_on", "id"),
        Index("uq_receipt_status", "id", "status", unique=True),
        CheckConstraint("(gift_id IS NULL) = (covers_year IS NOT NULL)", name="is_for_a_gift_or_a_year"),
        CheckConstraint("covers_year BETWEEN 1900 AND 2999", name="covers_a_year"),
    )

    organisation_id: Mapped[int] = mapped_column(Key, ForeignKey("organisation.id"))
    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True)
    gift_id: Mapped[int | None] = mapped_column(Key, ForeignKey("gift.id"), index=True)
    year: Mapped[int]
    number: Mapped[int | None]
    is_specimen: Mapped[bool]
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    issued_on: Mapped[date]
    content: Mapped[dict[str, Any]]
    covers_year: Mapped[int | None] = mapped_column(default=None)
    replaces_id: Mapped[int | None] = mapped_column(Key, ForeignKey("receipt.id"), unique=True, default=None)
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[ReceiptStatus] = mapped_column(default=ReceiptStatus.ISSUED, init=False)
    voided_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    void_reason: Mapped[str] = mapped_column(default="", init=False)
    sent_at: Mapped[datetime | None] = mapped_column(default=None, init=False)

    contact: Mapped[Contact] = relationship(init=False)
    gift: Mapped[Gift | None] = relationship(init=False)
    lines: Mapped[list[ReceiptGift]] = relationship(default_factory=list, order_by=ReceiptGift.id)
    """Given for a year alone: those of one gift are written by the database, and are not read here."""

    @property
    def parts(self) -> list[tuple[Gift, Money]]:
        """The gifts it is for, in the order of the receipt, each with the amount that is certified of it."""
        if self.gift is not None:
            return [(self.gift, self.amount)]
        return [(line.gift, Money(line.amount_minor, self.currency)) for line in self.lines]

    @property
    def gifts(self) -> list[Gift]:
        """The gifts it is for."""
        return [gift for gift, _amount in self.parts]

    @property
    def is_true(self) -> bool:
        """Whether it certifies what is kept of each of its gifts by now."""
        return all(gift.kept == amount for gift, amount in self.parts)

    @property
    def amount(self) -> Money:
        """The amount that opens the right to the reduction."""
        return Money(self.amount_minor, self.currency)

    @property
    def code(self) -> str:
        """The number as printed ("2026-00012"); "" for a specimen."""
        return "" if self.number is None else receipt_code(self.year, self.number)

    @property
    def void_reason_text(self) -> str:
        """Why it is void, for whoever reads: a person's own words, or ours in the reader's language."""
        return str(VOID_REASONS.get(self.void_reason, self.void_reason))

    def void(self, reason: str, at: datetime, *, is_replaced: bool = False) -> None:
        """Take it out of force; its number stays taken and visible."""
        to = ReceiptStatus.REPLACED if is_replaced else ReceiptStatus.VOID
        self.status, self.voided_at, self.void_reason = move(MOVES, self.status, to), at, reason

    def mark_sent(self, at: datetime) -> None:
        """It was sent to the donor; from the second time on, what is sent is marked as a copy."""
        self.sent_at = self.sent_at or at


class StatutoryRate(Record):
    """One dated line of the tax table: what the law gives back, to whom, between which days (both included).

    `tiers` is [[ceiling in minor units or null, per cent], …], rising.
    """

    __tablename__ = "statutory_rate"
    __table_args__ = (
        CheckConstraint("income_share_percent BETWEEN 1 AND 100", name="income_share_is_a_percentage"),
        UniqueConstraint("regime", "donor_kind", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ends_after_it_begins"),
    )

    regime: Mapped[TaxRegime]
    donor_kind: Mapped[DonorKind]
    valid_from: Mapped[date]
    tiers: Mapped[list[Any]]
    article: Mapped[str]
    source: Mapped[str]
    valid_to: Mapped[date | None] = mapped_column(default=None)
    income_share_percent: Mapped[int | None] = mapped_column(default=None)
    note: Mapped[str] = mapped_column(default="")
