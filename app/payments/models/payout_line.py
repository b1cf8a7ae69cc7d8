"""The lines of a payout: every movement that it is made of, so that each cent in the bank is explained."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.payments.models.payment import Payment
from app.payments.models.returns import Payout


class LineKind(StrEnum):
    """What a movement is, in our words. A transfer is another payout: one that came back, or one made by hand."""

    PAYMENT = "payment"
    REFUND = "refund"
    FAILED_REFUND = "failed_refund"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"
    OTHER = "other"


LONGEST_EXPLANATION = 500


class PayoutLine(Record):
    """One movement inside a payout, in the settlement currency; what leaves us is negative.

    `source` is the gateway's name of what it is about, and `about` says what sort of thing that is (a topic of the
    port, or ""). `payment_id` is the payment of ours, be it as its refund or dispute. Lines are written in bulk, as
    the gateway's own account, and not audited one by one; what staff say of them afterwards is.
    """

    __tablename__ = "payout_line"
    __table_args__ = (
        is_currency(),
        is_currency("original_currency"),
        CheckConstraint("net_minor = amount_minor - fee_minor", name="net_is_amount_minus_fee"),
        CheckConstraint("(original_minor IS NULL) = (original_currency IS NULL)", name="original_is_whole"),
        CheckConstraint(
            "refund_id IS NULL OR (payment_id IS NOT NULL AND kind IN ('refund', 'failed_refund'))",
            name="refunds_are_of_payments",
        ),
        CheckConstraint(
            "dispute_id IS NULL OR (payment_id IS NOT NULL AND kind IN ('dispute', 'dispute_won'))",
            name="disputes_are_of_payments",
        ),
        CheckConstraint("transfer_id IS NULL OR kind = 'transfer'", name="transfers_are_transfers"),
        CheckConstraint("(explained_at IS NULL) = (explanation = '')", name="explanation_has_an_instant"),
        CheckConstraint(
            "is_explained = (kind = 'fee' OR payment_id IS NOT NULL OR transfer_id IS NOT NULL OR explanation <> '')",
            name="explained_by_something",
        ),
        Index("ix_payout_line_payout", "payout_id", "kind", "id"),
        Index(
            "ix_payout_line_unexplained", "id",
            sqlite_where=text("is_explained = 0"), postgresql_where=text("NOT is_explained"),
        ),
    )  # fmt: skip

    payout_id: Mapped[int] = mapped_column(Key, ForeignKey("payout.id"))
    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[LineKind]
    code: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(Key)
    fee_minor: Mapped[int] = mapped_column(Key)
    net_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    booked_on: Mapped[date]
    is_explained: Mapped[bool]
    about: Mapped[str] = mapped_column(default="")
    source: Mapped[str | None] = mapped_column(default=None)
    exchange_rate: Mapped[str | None] = mapped_column(default=None)
    original_minor: Mapped[int | None] = mapped_column(Key, default=None)
    original_currency: Mapped[str | None] = mapped_column(default=None)
    available_on: Mapped[date | None] = mapped_column(default=None)
    payment_id: Mapped[int | None] = mapped_column(Key, ForeignKey("payment.id"), index=True, default=None)
    refund_id: Mapped[int | None] = mapped_column(Key, ForeignKey("refund.id"), index=True, default=None)
    dispute_id: Mapped[int | None] = mapped_column(Key, ForeignKey("dispute.id"), index=True, default=None)
    transfer_id: Mapped[int | None] = mapped_column(Key, ForeignKey("payout.id"), index=True, default=None)
    explanation: Mapped[str] = mapped_column(default="")
    explained_by: Mapped[str] = mapped_column(default="")
    explained_at: Mapped[datetime | None] = mapped_column(default=None)

    payout: Mapped[Payout] = relationship(init=False, foreign_keys=[payout_id])
    payment: Mapped[Payment | None] = relationship(init=False)

    @property
    def amount(self) -> Money:
        """What moved, before the fee."""
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What the gateway kept of it."""
        return Money(self.fee_minor, self.currency)

    @property
    def net(self) -> Money:
        """What it adds to the payout."""
        return Money(self.net_minor, self.currency)

    @property
    def original(self) -> Money | None:
        """What moved in the payer's currency, where that is another one."""
        if self.original_minor is None or self.original_currency is None:
            return None
        return Money(self.original_minor, self.original_currency)

    @property
    def is_found(self) -> bool:
        """Whether something of ours stands behind it, so that nobody needs to explain it."""
        return self.kind is LineKind.FEE or self.payment_id is not None or self.transfer_id is not None

    def explain(self, words: str, by: str, at: datetime) -> None:
        """Somebody says what it is; without words that is taken back."""
        self.explanation, self.explained_by, self.explained_at = words, by if words else "", at if words else None
        self.is_explained = bool(words) or self.is_found
