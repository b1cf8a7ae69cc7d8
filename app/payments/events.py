"""What happened to money, as facts. Each is published in the transaction that writes it down, once for each change."""

from dataclasses import dataclass
from datetime import date

from app.kernel.money import Money
from app.payments.models import SubscriptionStatus


@dataclass(frozen=True)
class CheckoutCompleted:
    """The donor went through the gateway's page to the end. The money may still be on its way."""

    checkout_id: int


@dataclass(frozen=True)
class CheckoutExpired:
    """Nobody paid in time. A completion may still follow, as the gateway's word of payment counts more."""

    checkout_id: int


@dataclass(frozen=True)
class PaymentBegun:
    """A payment was seen for the first time and is on its way (direct debits take days)."""

    payment_id: int


@dataclass(frozen=True)
class PaymentSettled:
    """The money has come: a one-off payment, or any charge of a subscription."""

    payment_id: int


@dataclass(frozen=True)
class PaymentFailed:
    """A payment that was on its way did not arrive and never will."""

    payment_id: int


@dataclass(frozen=True)
class PaymentReturned:
    """`refunded_minor`, `disputed_minor` or `is_disputed` of a payment has changed, up or down."""

    payment_id: int


@dataclass(frozen=True)
class SubscriptionChanged:
    """What the gateway says of a subscription has changed.

    `next_on` is the date of the next charge, if there is to be one; `reason` is the gateway's code for an end or a
    failure ("cancellation_requested", "payment_failed"), or "". The rest is as in the port's `SubscriptionState`.
    """

    subscription_reference: str
    status: SubscriptionStatus
    next_on: date | None
    reason: str = ""
    amount: Money | None = None
    day: int | None = None
    paused_until: date | None = None
    retry_on: date | None = None
