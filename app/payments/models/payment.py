"""A payment: money that moves for a gift, through one method. Its state only ever moves forward."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.kernel.states import move
from app.kernel.text import make_token
from app.payments.models.checkout import Checkout


class Method(StrEnum):
    """Through what the money came."""

    CARD = "card"
    SEPA_DEBIT = "sepa_debit"
    WALLET = "wallet"
    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CASH = "cash"
    PLATFORM = "platform"
    OTHER = "other"


class PaymentStatus(StrEnum):
    """Whether the money has come. Refunds and disputes are amounts beside it, not states."""

    PROCESSING = "processing"
    SETTLED = "settled"
    FAILED = "failed"
    REVERSED = "reversed"


MOVES = {
    PaymentStatus.PROCESSING: frozenset({PaymentStatus.SETTLED, PaymentStatus.FAILED}),
    PaymentStatus.SETTLED: frozenset({PaymentStatus.REVERSED}),
}
"""Never back: an old event that comes late cannot undo a newer truth. Reversed is for offline entries made in error."""


class Payment(Record):
    """Money that moved. Fee and net are in the settlement currency and may come later than the payment."""

    __tablename__ = "payment"
    __table_args__ = (
        is_currency(),
        is_currency("settlement_currency"),
        CheckConstraint(
            "(settlement_minor IS NULL) = (settlement_currency IS NULL)"
            " AND (settlement_minor IS NULL) = (fee_minor IS NULL)",
            name="settlement_is_whole",
        ),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint(
            "refunded_minor >= 0 AND disputed_minor >= 0 AND refunded_minor + disputed_minor <= amount_minor",
            name="no_more_comes_back_than_came",
        ),
        CheckConstraint("status <> 'settled' OR settled_at IS NOT NULL", name="settled_has_an_instant"),
        CheckConstraint(
            "settlement_minor IS NULL OR (fee_minor IS NOT NULL AND net_minor = settlement_minor - fee_minor)",
            name="net_is_settlement_minus_fee",
        ),
        Index("ix_payment_created", "created_at", "id"),
    )

    method: Mapped[Method]
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    is_test: Mapped[bool] = mapped_column(default=False)
    checkout_id: Mapped[int | None] = mapped_column(Key, ForeignKey("checkout.id"), index=True, default=None)
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[PaymentStatus] = mapped_column(default=PaymentStatus.PROCESSING, init=False)
    settled_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    reference: Mapped[str | None] = mapped_column(default=None, unique=True)
    charge_reference: Mapped[str | None] = mapped_column(default=None, unique=True)
    invoice_reference: Mapped[str | None] = mapped_column(default=None, unique=True)
    subscription_reference: Mapped[str | None] = mapped_column(default=None, index=True)
    settlement_minor: Mapped[int | None] = mapped_column(Key, default=None, init=False)
    settlement_currency: Mapped[str | None] = mapped_column(default=None, init=False)
    fee_minor: Mapped[int | None] = mapped_column(Key, default=None, init=False)
    net_minor: Mapped[int | None] = mapped_column(Key, default=None, init=False)
    exchange_rate: Mapped[str | None] = mapped_column(default=None, init=False)
    balance_reference: Mapped[str | None] = mapped_column(default=None, init=False)
    available_on: Mapped[date | None] = mapped_column(default=None, init=False)
    payout_reference: Mapped[str | None] = mapped_column(default=None, index=True, init=False)
    refunded_minor: Mapped[int] = mapped_column(Key, default=0, init=False)
    disputed_minor: Mapped[int] = mapped_column(Key, default=0, init=False)
    is_disputed: Mapped[bool] = mapped_column(default=False, init=False)
    failure_code: Mapped[str | None] = mapped_column(default=None, init=False)
    card_brand: Mapped[str | None] = mapped_column(default=None, init=False)
    last_four: Mapped[str | None] = mapped_column(default=None, init=False)
    bank_reference: Mapped[str] = mapped_column(default="")
    mandate_reference: Mapped[str | None] = mapped_column(default=None, init=False)
    """The gateway's name of the mandate that a direct debit was made under."""

    checkout: Mapped[Checkout | None] = relationship(init=False)

    @property
    def amount(self) -> Money:
        """What the payer paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def settlement(self) -> Money | None:
        """What the gateway made of the amount by its own rate, once known, before its fee."""
        if self.settlement_minor is None or self.settlement_currency is None:
            return None
        return Money(self.settlement_minor, self.settlement_currency)

    @property
    def fee(self) -> Money | None:
        """What the gateway kept, once known, in the settlement currency."""
        if self.fee_minor is None or self.settlement_currency is None:
            return None
        return Money(self.fee_minor, self.settlement_currency)

    @property
    def net(self) -> Money | None:
        """What is left for us, once known, in the settlement currency."""
        if self.net_minor is None or self.settlement_currency is None:
            return None
        return Money(self.net_minor, self.settlement_currency)

    @property
    def returned(self) -> Money:
        """What went back to the payer by refunds and lost disputes."""
        return Money(self.refunded_minor + self.disputed_minor, self.currency)

    @property
    def refundable(self) -> Money:
        """What may still be refunded: nothing while the bank disputes it."""
        is_open = self.status is PaymentStatus.SETTLED and not self.is_disputed
        return self.amount - self.returned if is_open else Money(0, self.currency)

    def settle(self, at: datetime) -> bool:
        """The money has come. False when that was known already (or it failed for good: a failure is final)."""
        if self.status is not PaymentStatus.PROCESSING:
            return False
        self.status, self.settled_at = move(MOVES, self.status, PaymentStatus.SETTLED), at
        return True

    def fail(self, code: str | None) -> bool:
        """The money will not come. False when it has come or was known to have failed."""
        if self.status is not PaymentStatus.PROCESSING:
            return False
        self.status, self.failure_code = move(MOVES, self.status, PaymentStatus.FAILED), code
        return True

    def give_up_names(self) -> None:
        """The bill behind a failed charge is tried again under the same names: they belong to the next attempt.

        The charge's own name stays, so that this attempt is known again.
        """
        if self.status is PaymentStatus.FAILED and self.charge_reference is not None:
            self.reference, self.invoice_reference = None, None

    def reverse(self) -> None:
        """An offline entry was a mistake."""
        self.status = move(MOVES, self.status, PaymentStatus.REVERSED)

    def note_fee(
        self, settlement: Money, fee: Money, balance_reference: str, available_on: date | None, rate: str | None = None
    ) -> None:
        """The gateway's own account of it: what was settled, what it kept. Both in the settlement currency.

        `rate` is the gateway's exchange rate as it wrote it, if the currencies differ.
        """
        self.settlement_minor, self.settlement_currency = settlement.minor, settlement.currency
        self.fee_minor, self.net_minor = fee.minor, (settlement - fee).minor
        self.balance_reference, self.available_on, self.exchange_rate = balance_reference, available_on, rate

    def note_returned(self, refunded_minor: int, disputed_minor: int, *, is_disputed: bool) -> bool:
        """What has gone back so far, in minor units of the payment's currency. False when nothing is new."""
        before = (self.refunded_minor, self.disputed_minor, self.is_disputed)
        self.refunded_minor, self.disputed_minor, self.is_disputed = refunded_minor, disputed_minor, is_disputed
        return before != (refunded_minor, disputed_minor, is_disputed)
