"""Payouts: what leaves the balance for the merchant's bank account.

Automatic payouts take every available balance transaction since the last one, so their net amounts add up
to the payout. Their list also holds the payout's own transaction (type `payout`), as the real one does.
Manual payouts cannot be itemised; what they took is a line of the next automatic one.
"""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import money_movements
from sandbox.errors import ApiError, invalid
from sandbox.params import refuse_unimitated

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World


def plan_next(world: World) -> None:
    """Keep exactly one automatic payout waiting."""
    world.forget("payout", "automatic")
    world.later(world.settings.payout_interval_seconds, "payout", "automatic")


def pay_out_when_due(world: World, ref: str) -> None:
    """The task of the automatic payout: pays out what is available and plans the next one."""
    pay_out(world)
    plan_next(world)


def pay_out(world: World, *, everything: bool = False) -> Json | None:
    """One automatic payout, or None when nothing is to be paid. `everything` includes money still pending."""
    waiting = [
        movement
        for movement in world.store.all("balance_transaction", {"_payout": ""})
        if everything or movement["available_on"] <= world.now()
    ]
    total = sum(movement["net"] for movement in waiting)
    if total <= 0:
        return None
    payout = _new(world, total, automatic=True)
    for movement in waiting:
        movement["_payout"] = payout["id"]
        world.store.put(movement)
    return _send(world, payout)


def _new(world: World, amount: int, *, automatic: bool) -> Json:
    return world.new(
        "payout",
        "po",
        amount=amount,
        arrival_date=world.now() + world.settings.payout_arrival_seconds,
        automatic=automatic,
        currency=world.settings.settlement_currency,
        destination="ba_sandbox",
        method="standard",
        reconciliation_status="in_progress" if automatic else "not_applicable",
        source_type="card",
        status="in_transit",
        trace_id={"status": "pending", "value": None},
        type="bank_account",
    )


def _send(world: World, payout: Json) -> Json:
    movement = money_movements.record(world, "payout", payout, amount=-payout["amount"], description="STRIPE PAYOUT")
    if payout["automatic"]:
        movement["_payout"] = payout["id"]
        world.store.put(movement)
    payout["balance_transaction"] = movement["id"]
    world.store.put(payout)
    world.emit("payout.created", payout)
    world.at(payout["arrival_date"], "payout_arrives", payout["id"])
    return payout


def arrive(world: World, payout_id: str) -> None:
    """The money reaches the bank; an automatic payout can now be reconciled."""
    payout = world.store.get("payout", payout_id)
    if payout["status"] != "in_transit":
        return
    payout |= {"status": "paid", "trace_id": {"status": "supported", "value": payout_id[-12:]}}
    world.store.put(payout)
    world.emit("payout.paid", payout)
    if payout["automatic"]:
        payout["reconciliation_status"] = "completed"
        world.store.put(payout)
        world.emit("payout.reconciliation_completed", payout)


def fail(world: World, payout_id: str) -> None:
    """The bank sends the money back, which can happen even after `payout.paid`."""
    payout = world.store.get("payout", payout_id)
    if payout["status"] == "failed":
        raise ApiError("This payout has failed already.")
    world.forget("payout_arrives", payout_id)
    movement = money_movements.record(
        world, "payout_failure", payout, amount=payout["amount"], description="PAYOUT FAILURE"
    )
    payout |= {
        "failure_balance_transaction": movement["id"],
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
        "status": "failed",
    }
    world.store.put(payout)
    world.emit("payout.failed", payout)


def create(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/payouts`: a manual payout, up to the available balance."""
    refuse_unimitated(params, ("destination", "payout_method", "source_type"))
    if params["currency"].lower() != world.settings.settlement_currency:
        raise invalid("currency", "The sandbox pays out in its settlement currency only.")
    available = money_movements.balance(world, {}, "")["available"][0]["amount"]
    if not 1 <= params["amount"] <= available:
        message = "You have insufficient funds in your Stripe account for this transfer."
        raise ApiError(message, code="balance_insufficient", param="amount")
    payout = _new(world, params["amount"], automatic=False)
    payout.update(
        {name: params[name] for name in ("description", "metadata", "statement_descriptor") if name in params}
    )
    return _send(world, payout)
