"""What we ask the gateway for. Amounts are `Money`; a *token* is ours, and the idempotency key."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.kernel.money import Money
from app.payments.models import CheckoutMode, Interval


@dataclass(frozen=True, kw_only=True)
class CheckoutOrder:
    """What a payment page is to be made of. `token` is also the idempotency key: the same one, the same page."""

    token: str
    mode: CheckoutMode
    amount: Money
    language: str
    description: str
    success_url: str
    cancel_url: str
    interval: Interval | None = None
    email: str | None = None
    customer_reference: str | None = None
    expires_at: datetime | None = None


class SubscriptionMove(StrEnum):
    """What may be changed of a subscription."""

    AMOUNT = "amount"
    PAUSE = "pause"
    RESUME = "resume"
    DAY = "day"
    TERM = "term"
    END = "end"


@dataclass(frozen=True)
class Term:
    """How long a subscription goes on by itself: up to the charge of this day (None: until somebody ends it)."""

    last_on: date | None


@dataclass(frozen=True, kw_only=True)
class SubscriptionOrder:
    """One change of a subscription. `token` is the idempotency key: the same one changes once.

    `amount` goes with AMOUNT, from the next charge on; nothing is charged or given back for the time before. `at` is
    when a PAUSE ends by itself (None: it does not), and the instant of the next charge with DAY. `term` goes with TERM,
    and with whatever else moves the last charge; without it the end stays as it is.
    """

    token: str
    reference: str
    move: SubscriptionMove
    amount: Money | None = None
    at: datetime | None = None
    term: Term | None = None


@dataclass(frozen=True, kw_only=True)
class RefundOrder:
    """Money to return. `token` is the idempotency key and comes back with the refund."""

    token: str
    payment_reference: str
    amount: Money
