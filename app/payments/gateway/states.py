"""What the gateway says of its things: `Money`, instants in UTC; a *reference* is its own name of a thing."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.kernel.clock import now
from app.kernel.money import Money
from app.payments.gateway.messages import Topic
from app.payments.models import (
    DisputeStatus,
    LineKind,
    MandateStatus,
    Method,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SubscriptionStatus,
)

TERM_OVER = "term_over"
"""Why a subscription ended of which it was fixed when it would."""


class PageStatus(StrEnum):
    """Where the gateway's payment page is. Completed does not mean paid."""

    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"


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
    mandate_reference: str | None = None
    is_disputed: bool = False


@dataclass(frozen=True, kw_only=True)
class MethodState:
    """What a subscription is charged to. `expires_on` is the last day on which a card is good; never a whole number."""

    reference: str
    kind: Method
    brand: str = ""
    last_four: str = ""
    expires_on: date | None = None

    @property
    def mark(self) -> str:
        """Kind, brand, last four and expiry: another mark is another method, or the same card with a later end."""
        return f"{self.kind.value} {self.brand} {self.last_four} {self.expires_on or ''}".strip()


@dataclass(frozen=True, kw_only=True)
class SubscriptionState:
    """The gateway's object behind a recurring gift. `reason` is a code of the gateway, or "".

    `amount` is what each charge asks for, `day` the day of the month (1 to 31) that charges are counted from,
    `paused_until` when a pause ends by itself, `retry_on` when an overdue charge is tried again, and `last_on` the day
    of the last charge where its end is fixed. `reason` is `TERM_OVER` where it ended because that end had come.
    `read_at` is when the gateway said so: of two states the later one holds.
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
    last_on: date | None = None
    read_at: datetime = field(default_factory=now)
    method: MethodState | None = None


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
    """One bill of a subscription. `payment` is its latest charge, if money was asked for.

    `is_open` says that it is to be paid and is not, `is_void` that it never will be; `tries` counts attempts, of which
    the latest failed for `failure_code`; `next_try_at` is the next one that is planned. `needs_donor`: the bank asks
    the donor to confirm it, at `page_url`, a page of the gateway on which whoever has its address may pay this bill.
    """

    reference: str
    checkout_token: str | None
    subscription_reference: str | None
    payment: PaymentState | None
    amount: Money | None = None
    is_open: bool = False
    is_void: bool = False
    tries: int = 0
    failure_code: str = ""
    next_try_at: datetime | None = None
    needs_donor: bool = False
    page_url: str = ""
    read_at: datetime = field(default_factory=now)


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
    opened_at: datetime | None = None
    is_answered: bool = False


@dataclass(frozen=True, kw_only=True)
class MandateState:
    """Leave to debit an account. `number` is the mandate reference that the payer knows it by.

    `creditor_identifier` is ours, "" where the gateway does not tell it.
    """

    reference: str
    number: str
    status: MandateStatus
    last_four: str
    creditor_identifier: str
    given_at: datetime | None = None


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
class Finding:
    """One answer of a check of the set-up: in order, or what is to be done."""

    is_good: bool
    text: str
