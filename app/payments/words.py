"""What this feature's states are called on screens."""

from collections.abc import Mapping

from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.payments.gateway import Topic
from app.payments.models import DisputeKind, EventStatus, LineKind, MandateStatus, Method, PaymentStatus, PayoutStatus

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
DISPUTE_KINDS: Mapping[DisputeKind, Text] = {
    DisputeKind.DISPUTE: _l("Dispute"),
    DisputeKind.BOUNCED: _l("Debit not paid by the bank"),
    DisputeKind.TAKEN_BACK: _l("Debit taken back by the donor"),
    DisputeKind.UNAUTHORISED: _l("Debit said to be unauthorised"),
}
DISPUTE_REASONS: Mapping[str, Text] = {
    "bank_cannot_process": _l("the bank cannot process it"),
    "check_returned": _l("the cheque was returned"),
    "credit_not_processed": _l("a refund that was promised has not come"),
    "customer_initiated": _l("the donor asked for it"),
    "debit_not_authorized": _l("the debit was not authorised"),
    "duplicate": _l("it was charged twice"),
    "fraudulent": _l("the donor says that it was not them"),
    "general": _l("no reason given"),
    "incorrect_account_details": _l("the details of the account are wrong"),
    "insufficient_funds": _l("there was not enough money in the account"),
    "noncompliant": _l("the rules of the card’s network were not kept"),
    "product_not_received": _l("what was paid for has not come"),
    "product_unacceptable": _l("what was paid for is not as promised"),
    "subscription_canceled": _l("a regular payment that had been ended"),
    "unrecognized": _l("the donor does not recognise it"),
}
"""The gateway's codes (docs.stripe.com/disputes/categories, and those of SEPA debits)."""
MANDATE_STATUSES: Mapping[MandateStatus, Text] = {
    MandateStatus.PENDING: _l("Not confirmed yet"),
    MandateStatus.ACTIVE: _l("In force"),
    MandateStatus.INACTIVE: _l("Ended"),
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


def dispute_reason(code: str) -> str:
    """Why a bank took money back, in words; a code that is new to us as it is."""
    return str(DISPUTE_REASONS.get(code) or code.replace("_", " "))
