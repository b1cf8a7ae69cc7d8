"""What it means when a direct debit goes back, as far as reason and age tell. Rules without a database.

Source: SEPA Direct Debit Core Rulebook: a payer may take an authorised debit back within eight weeks without saying
why, one they never authorised within thirteen months; neither can be contested at the gateway.
"""

from datetime import datetime, timedelta

from app.payments.models.payment import Method, Payment
from app.payments.models.returns import DisputeKind

REFUND_RIGHT = timedelta(weeks=8)
GRACE = timedelta(days=7)
"""What banks take to pass it on."""
LONGEST_CLAIM = timedelta(days=396)
"""Thirteen months, generously."""
NOT_PAID = frozenset(
    {
        "account_closed", "bank_account_restricted", "bank_account_unusable", "bank_cannot_process",
        "could_not_process", "generic_could_not_process", "incorrect_account_details", "insufficient_funds",
        "invalid_account_number", "no_account", "refer_to_customer", "recipient_deceased",
    }
)  # fmt: skip
"""The gateway's codes for a bank that did not pay, whatever its customer wants."""
NOT_ALLOWED = frozenset({"debit_not_authorized", "fraudulent", "unrecognized"})


def kind_of(payment: Payment, reason: str, opened_at: datetime) -> DisputeKind:
    """What sort of taking back this is. The reason holds where one is told; without one, age says what it can be."""
    if payment.method is not Method.SEPA_DEBIT:
        return DisputeKind.DISPUTE
    if reason in NOT_PAID:
        return DisputeKind.BOUNCED
    if reason in NOT_ALLOWED:
        return DisputeKind.UNAUTHORISED
    since = payment.settled_at or payment.created_at
    return DisputeKind.TAKEN_BACK if opened_at - since <= REFUND_RIGHT + GRACE else DisputeKind.UNAUTHORISED


def may_be_taken_back(payment: Payment, at: datetime) -> bool:
    """Whether the payer may still have their bank take this debit back without a reason."""
    if payment.method is not Method.SEPA_DEBIT:
        return False
    return at - (payment.settled_at or payment.created_at) <= REFUND_RIGHT + GRACE
