"""What Stripe says of mandates for direct debits, in our words."""

from app.kernel.clock import from_timestamp
from app.payments.gateway import MandateState
from app.payments.models import MandateStatus
from app.payments.models.mandate import LONGEST_NUMBER
from app.payments.stripe_gateway.reading import Json, whole

MANDATES = {
    "active": MandateStatus.ACTIVE,
    "inactive": MandateStatus.INACTIVE,
    "pending": MandateStatus.PENDING,
}


def read_mandate(mandate: Json, account: Json) -> MandateState:
    """A mandate with its payment method expanded; the creditor identifier stands in the account's settings."""
    debit = (mandate.get("payment_method_details") or {}).get("sepa_debit") or {}
    source = (whole(mandate.get("payment_method")) or {}).get("sepa_debit") or {}
    acceptance = mandate.get("customer_acceptance") or {}
    ours = ((account.get("settings") or {}).get("sepa_debit_payments")) or {}
    return MandateState(
        reference=mandate["id"],
        number=str(debit.get("reference") or mandate["id"])[:LONGEST_NUMBER],
        status=MANDATES.get(mandate["status"], MandateStatus.PENDING),
        last_four=str(source.get("last4") or ""),
        creditor_identifier=str(ours.get("creditor_id") or ""),
        given_at=from_timestamp(acceptance["accepted_at"]) if acceptance.get("accepted_at") else None,
    )
