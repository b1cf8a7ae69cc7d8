"""The port to whoever moves the money online, in our own words: nothing of a gateway's own types crosses this line.

Amounts are `Money` (minor units), instants are aware and in UTC. A *reference* is the gateway's own name of a thing;
a *token* is ours, which we gave along when we asked, and by which we know again what is ours.
"""

from app.payments.gateway.failures import BadSignature, GatewayRefused, GatewayUnavailable
from app.payments.gateway.messages import EventEnvelope, Topic
from app.payments.gateway.orders import CheckoutOrder, RefundOrder, SubscriptionMove, SubscriptionOrder, Term
from app.payments.gateway.port import Gateway
from app.payments.gateway.states import (
    TERM_OVER,
    BalanceState,
    CheckoutPage,
    CheckoutState,
    DisputeState,
    Finding,
    InvoiceState,
    MandateState,
    MethodState,
    PageStatus,
    PaymentState,
    PayoutPart,
    PayoutState,
    RefundState,
    SubscriptionState,
    WarningState,
)

__all__ = [
    "TERM_OVER",
    "BadSignature",
    "BalanceState",
    "CheckoutOrder",
    "CheckoutPage",
    "CheckoutState",
    "DisputeState",
    "EventEnvelope",
    "Finding",
    "Gateway",
    "GatewayRefused",
    "GatewayUnavailable",
    "InvoiceState",
    "MandateState",
    "MethodState",
    "PageStatus",
    "PaymentState",
    "PayoutPart",
    "PayoutState",
    "RefundOrder",
    "RefundState",
    "SubscriptionMove",
    "SubscriptionOrder",
    "SubscriptionState",
    "Term",
    "Topic",
    "WarningState",
]
