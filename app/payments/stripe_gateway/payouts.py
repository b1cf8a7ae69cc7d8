"""Stripe's payouts and the balance transactions they are made of, in our words.

Types and reporting categories: https://docs.stripe.com/reports/balance-transaction-types. A type is finer than its
category but for adjustments, of which only the category tells a dispute from a correction.
"""

from collections.abc import Mapping

from app.kernel.clock import date_of, from_timestamp
from app.payments.gateway import PayoutPart, PayoutState, Topic
from app.payments.models import LineKind, PayoutStatus
from app.payments.stripe_gateway.amounts import from_stripe
from app.payments.stripe_gateway.reading import Json, day_of, name_of

PAYOUTS = {
    "pending": PayoutStatus.IN_TRANSIT,
    "in_transit": PayoutStatus.IN_TRANSIT,
    "paid": PayoutStatus.PAID,
    "failed": PayoutStatus.FAILED,
    "canceled": PayoutStatus.CANCELLED,
}
TYPES: Mapping[str, LineKind] = {
    "charge": LineKind.PAYMENT,
    "payment": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "payment_refund": LineKind.REFUND,
    "refund_failure": LineKind.FAILED_REFUND,
    "payment_failure_refund": LineKind.DISPUTE,  # the bank undid a debit: what we keep as a dispute lost from the start
    "payment_reversal": LineKind.DISPUTE,
    "payout": LineKind.TRANSFER,
    "payout_cancel": LineKind.TRANSFER,
    "payout_failure": LineKind.TRANSFER,
    "stripe_fee": LineKind.FEE,
    "stripe_fx_fee": LineKind.FEE,
    "tax_fee": LineKind.FEE,
    "application_fee": LineKind.FEE,
    "application_fee_refund": LineKind.FEE,
    "payment_network_reserve_hold": LineKind.OTHER,
    "payment_network_reserve_release": LineKind.OTHER,
    "adjustment": LineKind.ADJUSTMENT,
}
CATEGORIES: Mapping[str, LineKind] = {
    "charge": LineKind.PAYMENT,
    "charge_failure": LineKind.DISPUTE,
    "refund": LineKind.REFUND,
    "partial_capture_reversal": LineKind.REFUND,
    "refund_failure": LineKind.FAILED_REFUND,
    "dispute": LineKind.DISPUTE,
    "dispute_reversal": LineKind.DISPUTE_WON,
    "payout": LineKind.TRANSFER,
    "payout_reversal": LineKind.TRANSFER,
    "fee": LineKind.FEE,
    "tax": LineKind.FEE,
    "network_cost": LineKind.FEE,
    "other_adjustment": LineKind.ADJUSTMENT,
}
ABOUT: Mapping[str, Topic] = {
    "ch": Topic.PAYMENT,
    "py": Topic.PAYMENT,
    "re": Topic.REFUND,
    "pyr": Topic.REFUND,
    "dp": Topic.DISPUTE,
    "du": Topic.DISPUTE,
    "po": Topic.PAYOUT,
}
"""What Stripe's names begin with."""


def read_payout(payout: Json) -> PayoutState:
    """A payout; only the automatic ones can be taken apart."""
    is_automatic = bool(payout.get("automatic"))
    return PayoutState(
        reference=payout["id"],
        amount=from_stripe(payout["amount"], payout["currency"]),
        status=PAYOUTS[payout["status"]],
        arrives_on=day_of(payout.get("arrival_date")),
        is_itemised=is_automatic and payout.get("reconciliation_status") == "completed",
        is_by_hand=not is_automatic,
    )


def read_part(movement: Json, *, of: str) -> PayoutPart | None:
    """One balance transaction of the payout `of`; None for the transfer itself."""
    source = name_of(movement.get("source"))
    if movement["type"] == "payout" and source == of:
        return None
    rate = movement.get("exchange_rate")
    return PayoutPart(
        reference=movement["id"],
        kind=_kind_of(movement),
        code=movement["type"],
        about=ABOUT.get((source or "").partition("_")[0]),
        source=source,
        amount=from_stripe(movement["amount"], movement["currency"]),
        fee=from_stripe(movement["fee"], movement["currency"]),
        exchange_rate=str(rate) if rate is not None else None,
        booked_on=date_of(from_timestamp(movement["created"])),
        available_on=day_of(movement.get("available_on")),
    )


def _kind_of(movement: Json) -> LineKind:
    """By the type, else by the category; of an adjustment the category is asked first."""
    by_type = TYPES.get(movement["type"])
    by_category = CATEGORIES.get(movement.get("reporting_category") or "")
    if by_type is LineKind.ADJUSTMENT:
        return by_category or by_type
    return by_type or by_category or LineKind.OTHER
