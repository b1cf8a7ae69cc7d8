"""What is stored about money that moves."""

from app.payments.models.checkout import Checkout, CheckoutMode, CheckoutStatus, Interval, SubscriptionStatus
from app.payments.models.dispute_note import DisputeNote
from app.payments.models.events import EventStatus, GatewayEvent
from app.payments.models.mandate import Mandate, MandateStatus
from app.payments.models.payment import Method, Payment, PaymentStatus
from app.payments.models.payout_line import LineKind, PayoutLine
from app.payments.models.returns import Dispute, DisputeKind, DisputeStatus, Payout, PayoutStatus, Refund, RefundStatus

__all__ = [
    "Checkout",
    "CheckoutMode",
    "CheckoutStatus",
    "Dispute",
    "DisputeKind",
    "DisputeNote",
    "DisputeStatus",
    "EventStatus",
    "GatewayEvent",
    "Interval",
    "LineKind",
    "Mandate",
    "MandateStatus",
    "Method",
    "Payment",
    "PaymentStatus",
    "Payout",
    "PayoutLine",
    "PayoutStatus",
    "Refund",
    "RefundStatus",
    "SubscriptionStatus",
]
