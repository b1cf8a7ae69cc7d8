"""What happened to money, as facts. Each is published in the transaction that writes it down, once for each change."""

from dataclasses import dataclass

from app.payments.gateway.states import InvoiceState, SubscriptionState


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
    """The money has come: a one-off payment, or any charge of a subscription.

    `is_new`: nothing was known of the payment before this transaction, so that nothing can have been made of it.
    """

    payment_id: int
    is_new: bool = False


@dataclass(frozen=True)
class PaymentFailed:
    """A payment that was on its way did not arrive and never will."""

    payment_id: int


@dataclass(frozen=True)
class PaymentReturned:
    """`refunded_minor`, `disputed_minor` or `is_disputed` of a payment has changed, up or down.

    `by_refund`: because a refund has succeeded, of which `RefundSucceeded` tells besides.
    """

    payment_id: int
    by_refund: bool = False


@dataclass(frozen=True)
class RefundSucceeded:
    """The gateway says that money has gone back to its payer, asked for by us or at its dashboard."""

    refund_id: int


@dataclass(frozen=True)
class RefundFailed:
    """The gateway says that a refund did not arrive, be it after it had succeeded: the money is with us again."""

    refund_id: int


@dataclass(frozen=True)
class DisputeOpened:
    """A dispute or inquiry was seen for the first time and is to be answered."""

    dispute_id: int


@dataclass(frozen=True)
class DisputeLost:
    """The money is gone: a dispute was decided for the payer, or a debit went back, which nothing can be done about."""

    dispute_id: int


@dataclass(frozen=True)
class SubscriptionChanged:
    """The gateway says something new of a subscription: all that it says of it now."""

    state: SubscriptionState


@dataclass(frozen=True)
class BillTold:
    """The gateway spoke of a bill of a subscription that is not paid, or was not paid at once."""

    subscription_reference: str
    bill: InvoiceState
