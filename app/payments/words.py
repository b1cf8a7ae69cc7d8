"""What this feature's states are called on screens."""

from collections.abc import Mapping

from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.payments.gateway import Topic
from app.payments.models import EventStatus, LineKind, Method, PaymentStatus, PayoutStatus

EVENT_STATUSES: Mapping[EventStatus, Text] = {
    EventStatus.WAITING: _l("Waiting"),
    EventStatus.WORKED: _l("Done"),
    EventStatus.IGNORED: _l("Nothing to do"),
    EventStatus.FAILED: _l("Went wrong"),
}
PAYMENT_STATUSES: Mapping[PaymentStatus, Text] = {
    PaymentStatus.PROCESSING: _l("On its way"),
    PaymentStatus.SETTLED: _l("Received"),
    PaymentStatus.FAILED: _l("Failed"),
    PaymentStatus.REVERSED: _l("Reversed"),
}
METHODS: Mapping[Method, Text] = {
    Method.CARD: _l("Card"),
    Method.SEPA_DEBIT: _l("SEPA direct debit"),
    Method.WALLET: _l("Wallet"),
    Method.TRANSFER: _l("Bank transfer"),
    Method.CHEQUE: _l("Cheque"),
    Method.CASH: _l("Cash"),
    Method.PLATFORM: _l("Platform"),
    Method.OTHER: _l("Other"),
}
PAYOUT_STATUSES: Mapping[PayoutStatus, Text] = {
    PayoutStatus.IN_TRANSIT: _l("On its way"),
    PayoutStatus.PAID: _l("Arrived"),
    PayoutStatus.FAILED: _l("Failed"),
    PayoutStatus.CANCELLED: _l("Cancelled"),
}
LINE_KINDS: Mapping[LineKind, Text] = {
    LineKind.PAYMENT: _l("Payment"),
    LineKind.REFUND: _l("Refund"),
    LineKind.FAILED_REFUND: _l("Refund that came back"),
    LineKind.DISPUTE: _l("Dispute"),
    LineKind.DISPUTE_WON: _l("Dispute won"),
    LineKind.FEE: _l("Fee"),
    LineKind.ADJUSTMENT: _l("Adjustment"),
    LineKind.TRANSFER: _l("Another transfer"),
    LineKind.OTHER: _l("Something else"),
}
TOPICS: Mapping[Topic, Text] = {
    Topic.CHECKOUT: _l("Payment page"),
    Topic.PAYMENT: _l("Payment"),
    Topic.INVOICE: _l("Charge of a recurring gift"),
    Topic.SUBSCRIPTION: _l("Recurring gift"),
    Topic.REFUND: _l("Refund"),
    Topic.DISPUTE: _l("Dispute"),
    Topic.PAYOUT: _l("Transfer to our bank"),
    Topic.MANDATE: _l("Direct debit mandate"),
    Topic.FRAUD_WARNING: _l("Warning of fraud"),
}
OTHER = _l("Something else")


def topic_words(topic: Topic | None) -> str:
    """What a message is about."""
    return str(TOPICS[topic] if topic else OTHER)
