"""The port to whoever moves the money online, in our own words: nothing of a gateway's own types crosses this line.

Amounts are `Money` (minor units), instants are aware and in UTC. A *reference* is the gateway's own name of a thing;
a *token* is ours, which we gave along when we asked, and by which we know again what is ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from app.kernel.clock import now
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import (
    CheckoutMode,
    DisputeStatus,
    Interval,
    LineKind,
    Method,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SubscriptionStatus,
)


class GatewayRefused(Refused):
    """The gateway said no for good; asking again will not help. `code` is its short code, never its prose."""

    def __init__(self, code: str) -> None:
        super().__init__(_l("The payment service did not accept this (%(code)s).", code=code))
        self.code = code


class GatewayUnavailable(Outside):
    """The gateway did not answer, or could not: asking again later may help and is safe."""


class BadSignature(Exception):
    """What came in is not a message of our gateway: wrong signature, form, age or mode."""


class Topic(StrEnum):
    """What a gateway event is about: the kind of thing to fetch when it comes."""

    CHECKOUT = "checkout"
    PAYMENT = "payment"
    INVOICE = "invoice"
    SUBSCRIPTION = "subscription"
    REFUND = "refund"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    MANDATE = "mandate"
    FRAUD_WARNING = "fraud_warning"


class PageStatus(StrEnum):
    """Where the gateway's payment page is. Completed does not mean paid."""

    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"


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


@dataclass(frozen=True, kw_only=True)
class CheckoutPage:
    """A page on which the donor pays."""

    reference: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class BalanceState:
    """The gateway's own account of one movement, in the settlement currency."""

    reference: str
    settlement: Money
    fee: Money
    exchange_rate: str | None
    available_on: date | None


@dataclass(frozen=True, kw_only=True)
class PaymentState:
    """One charge. `reference` names the payment it belongs to, which may have had refused attempts before."""

    reference: str | None
    charge_reference: str
    status: PaymentStatus
    method: Method
    amount: Money
    at: datetime
    checkout_token: str | None
    invoice_reference: str | None = None
    subscription_reference: str | None = None
    card_brand: str | None = None
    last_four: str | None = None
    failure_code: str | None = None
    balance: BalanceState | None = None


@dataclass(frozen=True, kw_only=True)
class SubscriptionState:
    """The gateway's object behind a recurring gift. `reason` is a code of the gateway, or "".

    `amount` is what each charge asks for, `day` the day of the month (1 to 31) that charges are counted from,
    `paused_until` when a pause ends by itself, and `retry_on` when an overdue charge is tried again. `read_at` is when
    the gateway said so: of two states the later one holds.
    """

    reference: str
    checkout_token: str | None
    status: SubscriptionStatus
    next_on: date | None
    reason: str = ""
    amount: Money | None = None
    day: int | None = None
    paused_until: date | None = None
    retry_on: date | None = None
    read_at: datetime = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class CheckoutState:
    """A payment page, and what came of it. `payment` is there as soon as a charge was made and the page completed."""

    reference: str
    token: str | None
    status: PageStatus
    url: str | None
    expires_at: datetime
    customer_reference: str | None = None
    payment: PaymentState | None = None
    subscription: SubscriptionState | None = None
    failure_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceState:
    """One bill of a subscription. `payment` is its latest charge, if money was asked for."""

    reference: str
    checkout_token: str | None
    subscription_reference: str | None
    payment: PaymentState | None


class SubscriptionMove(StrEnum):
    """What may be changed of a subscription."""

    AMOUNT = "amount"
    PAUSE = "pause"
    RESUME = "resume"
    DAY = "day"
    END = "end"


@dataclass(frozen=True, kw_only=True)
class SubscriptionOrder:
    """One change of a subscription. `token` is the idempotency key: the same one changes once.

    `amount` goes with AMOUNT, from the next charge on; nothing is charged or given back for the time before. `at` is
    when a PAUSE ends by itself (None: it does not), and the instant of the next charge with DAY.
    """

    token: str
    reference: str
    move: SubscriptionMove
    amount: Money | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RefundOrder:
    """Money to return. `token` is the idempotency key and comes back with the refund."""

    token: str
    payment_reference: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class RefundState:
    """Money returned, by us or by somebody at the gateway's own dashboard."""

    reference: str
    token: str | None
    payment_reference: str | None
    charge_reference: str
    amount: Money
    status: RefundStatus
    failure_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class DisputeState:
    """Money taken back through the payer's bank, or a question about it. `fee` is in the settlement currency."""

    reference: str
    payment_reference: str | None
    charge_reference: str
    amount: Money
    reason: str
    status: DisputeStatus
    funds_withdrawn: bool
    fee_minor: int = 0
    answer_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PayoutState:
    """One transfer to our bank. Only an automatic one can be itemised, once the gateway has reconciled it."""

    reference: str
    amount: Money
    status: PayoutStatus
    arrives_on: date | None
    is_itemised: bool
    is_by_hand: bool = False


@dataclass(frozen=True, kw_only=True)
class PayoutPart:
    """One movement inside a payout; `source` names the charge, refund, dispute or other payout that it is about.

    `about` is what sort of thing that is, if we know it. Amounts are in the settlement currency, negative where money
    leaves us; `code` is the gateway's own word for the movement.
    """

    reference: str
    kind: LineKind
    code: str
    about: Topic | None
    source: str | None
    amount: Money
    fee: Money
    exchange_rate: str | None
    booked_on: date
    available_on: date | None

    @property
    def net(self) -> Money:
        """What it adds to the payout."""
        return self.amount - self.fee


@dataclass(frozen=True, kw_only=True)
class WarningState:
    """The card's network thinks that a charge may be a fraud; nothing has moved."""

    reference: str
    payment_reference: str | None
    charge_reference: str


@dataclass(frozen=True, kw_only=True)
class EventEnvelope:
    """A message of the gateway: what it is about and the gateway's own name for it (`kind`)."""

    reference: str
    kind: str
    object_reference: str
    is_test: bool
    api_version: str
    happened_at: datetime
    payload: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One answer of a check of the set-up: in order, or what is to be done."""

    is_good: bool
    text: str


class Gateway(Protocol):
    """What we ask of whoever moves the money online.

    Every call may raise `GatewayRefused` (for good) or `GatewayUnavailable` (try again). None may be made while a
    transaction is open that holds changes or locks.
    """

    @property
    def is_open(self) -> bool:
        """Whether online payments can be taken at all."""

    @property
    def version(self) -> str:
        """The version of its interface that we speak."""

    def may_send_to(self, url: str) -> bool:
        """Whether a donor may be sent to this address in order to pay."""

    def open_checkout(self, order: CheckoutOrder) -> CheckoutPage:
        """Make a payment page, or give back the one made before for the same token."""

    def checkout(self, reference: str) -> CheckoutState:
        """A payment page as it is now."""

    def payment(self, charge_reference: str) -> PaymentState:
        """A charge as it is now, with the subscription it belongs to, if any."""

    def invoice(self, reference: str) -> InvoiceState:
        """One bill of a subscription as it is now."""

    def subscription(self, reference: str) -> SubscriptionState:
        """A subscription as it is now, also after its end."""

    def change_subscription(self, order: SubscriptionOrder) -> SubscriptionState:
        """Change or end a subscription; one that has ended already and is to end is given back as it is."""

    def return_money(self, order: RefundOrder) -> RefundState:
        """Return money, or give back the refund made before for the same token."""

    def refund(self, reference: str) -> RefundState:
        """A refund as it is now."""

    def refunds_of(self, payment_reference: str) -> Sequence[RefundState]:
        """Every refund of a payment."""

    def dispute(self, reference: str) -> DisputeState:
        """A dispute as it is now."""

    def fraud_warning(self, reference: str) -> WarningState:
        """An early warning of fraud."""

    def payout(self, reference: str) -> PayoutState:
        """A payout as it is now."""

    def payout_parts(self, reference: str) -> Iterable[PayoutPart]:
        """Every movement inside a payout but the transfer itself."""

    def topic_of(self, kind: str) -> Topic | None:
        """What an event of this kind is about; None for kinds that do not concern us."""

    def read_event(self, body: bytes, signature: str) -> EventEnvelope:
        """The message in a request's raw body.

        Raises:
            BadSignature: it is not one of our gateway, or not in its form.

        """

    def events_since(self, since: datetime) -> Iterable[EventEnvelope]:
        """Every event that concerns us since then (the gateway keeps them for about a month), oldest first."""

    def check(self) -> Sequence[Finding]:
        """Whether the set-up at the gateway is as we need it."""
