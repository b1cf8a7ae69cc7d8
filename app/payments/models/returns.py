"""Money that goes back (refunds, disputes) and money that goes on to our bank (payouts)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.kernel.text import make_token
from app.payments.models.payment import Payment


class RefundStatus(StrEnum):
    """Where a refund is. A succeeded one can still fail later: the money then returns to us."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FORWARD = list(RefundStatus)
"""In this order and never back."""


class Refund(Record):
    """Money returned by us. Written before the gateway is asked; `token` is the idempotency key."""

    __tablename__ = "refund"
    __table_args__ = (is_currency(), CheckConstraint("amount_minor > 0", name="amount_is_positive"))

    payment_id: Mapped[int] = mapped_column(Key, ForeignKey("payment.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    requested_by: Mapped[str] = mapped_column(default="")
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    reference: Mapped[str | None] = mapped_column(default=None, unique=True)
    status: Mapped[RefundStatus] = mapped_column(default=RefundStatus.REQUESTED)
    failure_code: Mapped[str | None] = mapped_column(default=None)

    payment: Mapped[Payment] = relationship(init=False)

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)

    @property
    def counts(self) -> bool:
        """Whether this money has left us, or is on its way."""
        return self.status not in {RefundStatus.FAILED, RefundStatus.CANCELLED}

    def note_outcome(self, status: RefundStatus, reference: str | None, failure_code: str | None = None) -> bool:
        """What the gateway says of it, also when success turns into failure. False when nothing is new.

        Never back: word of an earlier state that comes late changes nothing.
        """
        self.reference = reference or self.reference
        if FORWARD.index(status) <= FORWARD.index(self.status):
            return False
        self.status, self.failure_code = status, failure_code
        return True


class DisputeStatus(StrEnum):
    """Where a dispute is. An inquiry moves no money."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class DisputeKind(StrEnum):
    """What sort of taking back it is, as far as it can be known (`app.payments.reversals`).

    A card's dispute can be answered. A direct debit that goes back is lost at once: because the payer's bank did not
    pay it, because the payer took it back without having to say why, or because they say they never allowed it.
    """

    DISPUTE = "dispute"
    BOUNCED = "bounced"
    TAKEN_BACK = "taken_back"
    UNAUTHORISED = "unauthorised"


class Dispute(Record):
    """Money taken back through the payer's bank, or a question about it."""

    __tablename__ = "dispute"
    __table_args__ = (
        is_currency(),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("(status IN ('won', 'lost', 'closed')) = (closed_at IS NOT NULL)", name="decided_is_closed"),
        CheckConstraint("(seen_at IS NULL) = (seen_by = '')", name="seen_by_somebody"),
    )

    payment_id: Mapped[int] = mapped_column(Key, ForeignKey("payment.id"), index=True)
    reference: Mapped[str] = mapped_column(unique=True)
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[DisputeStatus]
    funds_withdrawn: Mapped[bool] = mapped_column(default=False)
    fee_minor: Mapped[int] = mapped_column(Key, default=0)
    answer_by: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    kind: Mapped[DisputeKind] = mapped_column(default=DisputeKind.DISPUTE, server_default="dispute")
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    is_answered: Mapped[bool] = mapped_column(default=False, server_default=false())
    seen_at: Mapped[datetime | None] = mapped_column(default=None)
    seen_by: Mapped[str] = mapped_column(default="", server_default="")

    payment: Mapped[Payment] = relationship(init=False)

    @property
    def needs_answer(self) -> bool:
        """Whether the bank still waits for what we have to say."""
        return not self.is_over and not self.is_answered

    @property
    def needs_look(self) -> bool:
        """Whether the money is gone and nobody here has taken note of it yet."""
        return self.status is DisputeStatus.LOST and self.seen_at is None

    @property
    def is_reversal(self) -> bool:
        """Whether it is a direct debit that went back, which cannot be answered."""
        return self.kind is not DisputeKind.DISPUTE

    @property
    def fee(self) -> Money:
        """What the gateway asked for it, in the currency it settles in; nought where none is known."""
        return Money(self.fee_minor, self.payment.settlement_currency or self.currency)

    @property
    def lost_twice(self) -> Money:
        """How much more went back than ever came: refunded by us, and taken back by the bank as well."""
        gone = self.payment.refunded_minor + self.amount_minor - self.payment.amount_minor
        is_gone = self.status is DisputeStatus.LOST
        return Money(max(gone, 0) if is_gone else 0, self.currency)

    def see(self, by: str, at: datetime) -> None:
        """Somebody here has taken note that the money is gone."""
        self.seen_by, self.seen_at = by, at

    @property
    def amount(self) -> Money:
        """What the bank takes back or asks about."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_over(self) -> bool:
        """Whether a decision has fallen."""
        return self.status in {DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED}

    def note_state(self, status: DisputeStatus, *, funds_withdrawn: bool, fee_minor: int, at: datetime) -> None:
        """What the gateway says of it; a decision that has fallen is not reopened by an old event."""
        if self.is_over and status in {DisputeStatus.INQUIRY, DisputeStatus.OPEN}:
            return
        self.status, self.funds_withdrawn, self.fee_minor = status, funds_withdrawn, fee_minor
        if self.is_over and self.closed_at is None:
            self.closed_at = at


class PayoutStatus(StrEnum):
    """Where a transfer to our bank is."""

    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Payout(Record):
    """One transfer from the gateway to our bank account. Negative when we owe the gateway.

    One that somebody made by hand is never itemised: what it took is a line of a later one.
    """

    __tablename__ = "payout"
    __table_args__ = (is_currency(),)

    reference: Mapped[str] = mapped_column(unique=True)
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    status: Mapped[PayoutStatus]
    arrives_on: Mapped[date | None] = mapped_column(default=None)
    reconciled_at: Mapped[datetime | None] = mapped_column(default=None)
    is_by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def amount(self) -> Money:
        """What reaches the bank."""
        return Money(self.amount_minor, self.currency)

    def note_state(self, status: PayoutStatus, arrives_on: date | None) -> None:
        """What the gateway says of it: a paid one can still fail."""
        self.status, self.arrives_on = status, arrives_on

    @property
    def has_failed(self) -> bool:
        """Whether the money never reached our bank; it comes again as a line of a later payout."""
        return self.status in {PayoutStatus.FAILED, PayoutStatus.CANCELLED}
