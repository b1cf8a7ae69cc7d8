"""Refunds: never more than is left of a charge; some settle later, some fail after all."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import money_movements
from sandbox.cards import card_of
from sandbox.errors import ApiError, invalid, missing
from sandbox.params import refuse_unimitated

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World

_UNIMITATED = ("currency", "customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer")


def create(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/refunds` by `charge` or `payment_intent`, whole or part (`amount`, minor units)."""
    refuse_unimitated(params, _UNIMITATED)
    charge = _charge_named(world, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if charge["status"] != "succeeded":
        raise invalid("charge", f"Charge {charge['id']} has not succeeded and cannot be refunded.")
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise ApiError(message, code="charge_disputed", param="charge")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise ApiError(message, code="charge_already_refunded")
    if amount < 1:
        raise invalid("amount", "Invalid positive integer", "parameter_invalid_integer")
    if amount > left:
        raise invalid("amount", f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})")
    return _refund(world, charge, amount, params)


def _charge_named(world: World, params: Json) -> Json:
    if "charge" in params:
        return world.store.get("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise missing("payment_intent")
    intent = world.store.get("payment_intent", params["payment_intent"], "payment_intent")
    if intent["latest_charge"] is None:
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid("payment_intent", message)
    return world.store.get("charge", intent["latest_charge"], "payment_intent")


def _refund(world: World, charge: Json, amount: int, params: Json) -> Json:
    """Money leaves the balance at once; the original fee is not given back."""
    is_debit = charge["payment_method_details"]["type"] == "sepa_debit"
    method = world.store.get("payment_method", charge["payment_method"])
    goes = "later" if is_debit else card_of(method).refund
    refund = world.new(
        "refund",
        "pyr" if is_debit else "re",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details={"type": charge["payment_method_details"]["type"]},
        metadata=params.get("metadata") or {},
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
        status="pending" if goes == "later" else "succeeded",
        pending_reason="processing" if goes == "later" else None,
    )
    refund["balance_transaction"] = _withdraw(world, refund, "payment_refund" if is_debit else "refund")
    world.store.put(refund)
    if goes != "at_once":
        task = "refund_fails" if goes == "fails_later" else "refund_settles"
        world.later(world.settings.refund_delay_seconds, task, refund["id"])
    was = charge["amount_refunded"]
    _count(world, charge, amount)
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge, {"amount_refunded": was, "refunded": False})
    return refund


def _withdraw(world: World, refund: Json, kind: str) -> str:
    settled, rate = money_movements.settle(world, refund["amount"], refund["currency"])
    movement = money_movements.record(
        world,
        kind,
        refund,
        amount=-settled,
        rate=rate,
        reporting_category="refund",
        description="REFUND FOR CHARGE",
    )
    return str(movement["id"])


def _count(world: World, charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    world.store.put(charge)


def settle(world: World, refund_id: str) -> None:
    """A pending refund reaches the donor."""
    refund = world.store.get("refund", refund_id)
    if refund["status"] != "pending":
        return
    refund |= {"status": "succeeded", "pending_reason": None}
    world.store.put(refund)
    world.emit("refund.updated", refund, {"status": "pending"})
    world.emit("charge.refund.updated", refund, {"status": "pending"})


def fail(world: World, refund_id: str) -> None:
    """A refund comes back: the money returns to the balance and the charge counts as less refunded."""
    refund = world.store.get("refund", refund_id)
    if refund["status"] not in {"pending", "succeeded"}:
        raise ApiError(f"This refund is {refund['status']} and cannot fail.")
    was = refund["status"]
    original = world.store.get("balance_transaction", refund["balance_transaction"])
    movement = money_movements.record(
        world,
        "refund_failure",
        refund,
        amount=-original["amount"],
        rate=original["exchange_rate"],
        description="REFUND FAILURE",
    )
    refund |= {
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "failure_balance_transaction": movement["id"],
        "pending_reason": None,
    }
    world.store.put(refund)
    _count(world, world.store.get("charge", refund["charge"]), -refund["amount"])
    world.forget("refund_settles", refund_id)
    world.emit("refund.updated", refund, {"status": was})
    world.emit("charge.refund.updated", refund, {"status": was})
    world.emit("refund.failed", refund)
