"""Disputes: money taken back through the payer's bank, and inquiries, which move none.

A dispute withdraws its amount plus a fee. When it is won the amount comes back, the fee does not.
SEPA disputes are final: lost at once.
"""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import money_movements
from sandbox.customers import merged_metadata
from sandbox.errors import ApiError
from sandbox.settings import DAY
from sandbox.shapes import part
from sandbox.world import public

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World

_DAYS_TO_ANSWER = 9
_REASONS = frozenset(
    {
        "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized",
        "duplicate", "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "noncompliant",
        "product_not_received", "product_unacceptable", "subscription_canceled", "unrecognized",
    }
)  # fmt: skip
_OPEN = frozenset({"needs_response", "under_review", "warning_needs_response", "warning_under_review"})


def open_dispute(world: World, charge_id: str, *, inquiry: bool = False, reason: str = "") -> Json:
    """The bank disputes a charge (or, as an inquiry, only asks). Raises ApiError if it is disputed already.

    A direct debit goes back whole, also when part or all of it was refunded: the merchant then loses it twice.
    """
    charge = world.store.get("charge", charge_id)
    is_debit = charge["payment_method_details"]["type"] == "sepa_debit"
    dispute = _opened(world, charge, is_debit=is_debit, inquiry=inquiry, reason=reason)
    if not inquiry:
        charge["disputed"] = True
        world.store.put(charge)
    world.emit("charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(world, dispute)
    if is_debit:
        world.emit("charge.dispute.closed", dispute)
    else:
        world.at(dispute["evidence_details"]["due_by"], "dispute_deadline", dispute["id"])
    return dispute


def _opened(world: World, charge: Json, *, is_debit: bool, inquiry: bool, reason: str) -> Json:
    amount = charge["amount_captured"] - (0 if is_debit else charge["amount_refunded"])
    if charge["status"] != "succeeded" or charge["disputed"] or amount == 0:
        raise ApiError("This charge cannot be disputed.", code="charge_not_disputable")
    if reason and reason not in _REASONS:
        raise ApiError(f"There is no reason '{reason}'. There are: {', '.join(sorted(_REASONS))}", param="reason")
    dispute = world.new(
        "dispute",
        "dp",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        is_charge_refundable=inquiry,
        network_reason_code=None if is_debit else "83",
        payment_intent=charge["payment_intent"],
        payment_method_details=_details(charge),
        reason=reason or ("debit_not_authorized" if is_debit else "fraudulent"),
        status="lost" if is_debit else ("warning_needs_response" if inquiry else "needs_response"),
    )
    due = None if is_debit else world.now() + _DAYS_TO_ANSWER * DAY
    dispute["evidence_details"] |= {"due_by": due, "submission_method": "not_submitted"}
    world.store.put(dispute)
    return dispute


def _details(charge: Json) -> Json | None:
    source = charge["payment_method_details"]
    if source["type"] != "card":
        return None
    card = part("dispute", "payment_method_details.card")
    card |= {"brand": source["card"]["brand"], "case_type": "chargeback", "network_reason_code": "83"}
    return {"type": "card", "card": card}


def _withdraw(world: World, dispute: Json) -> None:
    settled, rate = money_movements.settle(world, dispute["amount"], dispute["currency"])
    movement = money_movements.record(
        world,
        "adjustment",
        dispute,
        amount=-settled,
        fee=world.settings.dispute_fee,
        rate=rate,
        reporting_category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(public(movement))
    world.store.put(dispute)
    world.emit("charge.dispute.funds_withdrawn", dispute)


def conclude(world: World, dispute_id: str, *, won: bool) -> Json:
    """The bank decides. An inquiry closes without moving money. Raises ApiError if it was decided before."""
    dispute = world.store.get("dispute", dispute_id)
    was = dispute["status"]
    if was not in _OPEN:
        raise ApiError(f"This dispute is already {was}.", code="dispute_closed")
    world.forget("dispute_deadline", dispute_id)
    if was.startswith("warning_"):
        dispute["status"] = "warning_closed"
    else:
        dispute["status"] = "won" if won else "lost"
    world.store.put(dispute)
    if dispute["status"] == "won":
        _reinstate(world, dispute)
    world.emit("charge.dispute.updated", dispute, {"status": was})
    world.emit("charge.dispute.closed", dispute)
    return dispute


def _reinstate(world: World, dispute: Json) -> None:
    taken = dispute["balance_transactions"][0]
    movement = money_movements.record(
        world,
        "adjustment",
        dispute,
        amount=-taken["amount"],
        rate=taken["exchange_rate"],
        reporting_category="dispute_reversal",
        description=f"Chargeback reversal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(public(movement))
    world.store.put(dispute)
    world.emit("charge.dispute.funds_reinstated", dispute)


def let_deadline_pass(world: World, dispute_id: str) -> None:
    """The task at the end of the time to answer: without evidence the dispute is lost."""
    dispute = world.store.get("dispute", dispute_id)
    if dispute["status"] in {"needs_response", "warning_needs_response"}:
        conclude(world, dispute_id, won=False)


def close(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/disputes/:id/close`: accept the dispute, which loses it."""
    return conclude(world, identifier, won=False)


def update(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/disputes/:id`: texts of evidence, metadata, and `submit`."""
    dispute = world.store.get("dispute", identifier)
    was = dispute["status"]
    if was not in _OPEN:
        raise ApiError("This dispute is closed and takes no more evidence.", code="dispute_closed")
    evidence = params.get("evidence") or {}
    dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
    dispute["metadata"] = merged_metadata(dispute, params)
    details = dispute["evidence_details"]
    details["has_evidence"] = bool(evidence) or details["has_evidence"]
    if evidence and params.get("submit", True):
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
        dispute["status"] = was.replace("needs_response", "under_review")
    world.store.put(dispute)
    world.emit("charge.dispute.updated", dispute, {"status": was})
    return dispute


def warn_of_fraud(world: World, charge_id: str) -> None:
    """The card's issuer reports a payment as probably fraudulent; no money moves."""
    charge = world.store.get("charge", charge_id)
    warning = world.new(
        "radar.early_fraud_warning",
        "issfr",
        actionable=True,
        charge=charge_id,
        fraud_type="unauthorized_use_of_card",
        payment_intent=charge["payment_intent"],
    )
    world.store.put(warning)
    world.emit("radar.early_fraud_warning.created", warning)
