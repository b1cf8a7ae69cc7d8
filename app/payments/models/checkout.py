"""One attempt to pay at the gateway: written before the gateway is called, so that a retry cannot pay twice."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.kernel.states import move
from app.kernel.text import make_token


class CheckoutMode(StrEnum):
    """Whether the donor pays once or agrees to pay again and again."""

    ONCE = "once"
    RECURRING = "recurring"


class Interval(StrEnum):
    """How often a recurring gift is charged."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class SubscriptionStatus(StrEnum):
    """Where the gateway's subscription behind a recurring gift is. An ended one stays ended.

    `UNPAID`: it gave up after its last try, and charges nothing until somebody mends it.
    """

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    UNPAID = "unpaid"
    ENDED = "ended"


class CheckoutStatus(StrEnum):
    """Where the attempt is. Completed means that the donor went through to the end, not that money has come."""

    PREPARED = "prepared"
    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"


MOVES = {
    CheckoutStatus.PREPARED: frozenset({CheckoutStatus.OPEN, CheckoutStatus.EXPIRED}),
    CheckoutStatus.OPEN: frozenset({CheckoutStatus.COMPLETED, CheckoutStatus.EXPIRED}),
    CheckoutStatus.EXPIRED: frozenset({CheckoutStatus.COMPLETED}),
}
"""Expired may still become completed: the gateway's word of payment counts more than a late expiry."""


class SubscriptionTerms(NamedTuple):
    """How a subscription is charged: minor units, day of the month, the end of a pause, the next try of a charge.

    `method_mark` is kind, brand, last four and expiry of the payment method, or "" while it is not known; `last_on` the
    day of the last charge where the end is fixed.
    """

    charge_minor: int | None
    charge_day: int | None
    paused_until: date | None
    retry_on: date | None
    method_mark: str = ""
    last_on: date | None = None


class Checkout(Record):
    """One attempt to pay. `token` names it in addresses and is the idempotency key; `reference` is the gateway's."""

    __tablename__ = "checkout"
    __table_args__ = (
        is_currency(),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_has_an_instant"),
        CheckConstraint(
            "subscription_status IS NULL OR subscription_reference IS NOT NULL", name="subscription_has_a_reference"
        ),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("(mode = 'recurring') = (interval IS NOT NULL)", name="recurring_has_an_interval"),
        CheckConstraint("status IN ('prepared', 'expired') OR reference IS NOT NULL", name="open_has_a_reference"),
    )

    mode: Mapped[CheckoutMode]
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    language: Mapped[str]
    is_test: Mapped[bool]
    interval: Mapped[Interval | None] = mapped_column(default=None)
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[CheckoutStatus] = mapped_column(default=CheckoutStatus.PREPARED, init=False)
    reference: Mapped[str | None] = mapped_column(default=None, unique=True, init=False)
    page_url: Mapped[str | None] = mapped_column(default=None, init=False)
    expires_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    completed_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    customer_reference: Mapped[str | None] = mapped_column(default=None, init=False)
    subscription_reference: Mapped[str | None] = mapped_column(default=None, unique=True, init=False)
    subscription_status: Mapped[SubscriptionStatus | None] = mapped_column(default=None, init=False)
    next_charge_on: Mapped[date | None] = mapped_column(default=None, init=False)
    charge_minor: Mapped[int | None] = mapped_column(Key, default=None, init=False)
    charge_day: Mapped[int | None] = mapped_column(default=None, init=False)
    paused_until: Mapped[date | None] = mapped_column(default=None, init=False)
    retry_on: Mapped[date | None] = mapped_column(default=None, init=False)
    method_mark: Mapped[str] = mapped_column(default="", init=False)
    last_on: Mapped[date | None] = mapped_column(default=None, init=False)
    subscription_read_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    """When the gateway said what is kept of the subscription here: what was read before is older news."""
    last_failure: Mapped[str | None] = mapped_column(default=None, init=False)

    @property
    def amount(self) -> Money:
        """What the donor is asked to pay, at each charge."""
        return Money(self.amount_minor, self.currency)

    def page_opened(self, reference: str, page_url: str, expires_at: datetime) -> None:
        """The gateway has made the page on which the donor pays."""
        if self.status is CheckoutStatus.PREPARED:
            self.status = move(MOVES, self.status, CheckoutStatus.OPEN)
        self.reference, self.page_url, self.expires_at = reference, page_url, expires_at

    def complete(self, at: datetime) -> bool:
        """The donor went through to the end. False when that was known already."""
        if self.status is CheckoutStatus.COMPLETED:
            return False
        self.status, self.completed_at = move(MOVES, self.status, CheckoutStatus.COMPLETED), at
        return True

    def expire(self) -> bool:
        """Nobody paid in time. False when it is known to be completed or expired already."""
        if self.status in {CheckoutStatus.COMPLETED, CheckoutStatus.EXPIRED}:
            return False
        self.status = move(MOVES, self.status, CheckoutStatus.EXPIRED)
        return True

    def note_subscription(
        self,
        reference: str,
        status: SubscriptionStatus,
        next_on: date | None,
        *,
        terms: SubscriptionTerms,
        at: datetime,
    ) -> bool:
        """What the gateway said at this instant of the subscription that came of it. False when nothing is new."""
        self.subscription_reference = reference
        is_old = self.subscription_read_at is not None and at < self.subscription_read_at
        if self.subscription_status is SubscriptionStatus.ENDED or is_old:
            return False
        before = (self.subscription_status, self.next_charge_on, self.terms)
        self.subscription_status, self.next_charge_on = status, next_on
        self.charge_minor, self.charge_day, self.paused_until, self.retry_on = terms[:4]
        self.method_mark, self.last_on = terms.method_mark or self.method_mark, terms.last_on
        if before == (status, next_on, self.terms):
            return False
        self.subscription_read_at = at
        return True

    @property
    def terms(self) -> SubscriptionTerms:
        """What is known of how the subscription is charged."""
        return SubscriptionTerms(
            self.charge_minor, self.charge_day, self.paused_until, self.retry_on, self.method_mark, self.last_on
        )
