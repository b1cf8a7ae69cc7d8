"""What happens when the donor presses Pay on the hosted page, and when a debit's answer comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import payments, subscriptions
from sandbox.checkout import customer_details
from sandbox.customers import attach, new_customer
from sandbox.payments import Outcome

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World


def pay(world: World, session: Json, method: Json, *, authenticated: bool = False) -> Outcome:
    """Attempt to pay an open session with a payment method made on the page.

    On success or a started debit the session is complete and the events are out. On a decline it
    stays open. On REQUIRES_ACTION the method waits in the session for the 3-D Secure step.
    """
    world.store.put(method)
    outcome = payments.foresee(method, present=True, authenticated=authenticated)
    if outcome.takes_money:
        _attach_customer(world, session, method)
    intent = _intent_of(world, session) if session["amount_total"] else None
    if intent is not None:
        intent["customer"] = session["customer"]
        payments.attempt(world, intent, method, present=True, authenticated=authenticated)
    session["_waiting_method"] = method["id"] if outcome is Outcome.REQUIRES_ACTION else None
    if outcome.takes_money:
        _complete(world, session, method, intent)
    world.store.put(session)
    return outcome


def refuse_authentication(world: World, session: Json) -> None:
    """The donor pressed Fail at the 3-D Secure step; the session stays open for another try."""
    method = world.store.get("payment_method", session["_waiting_method"])
    session["_waiting_method"] = None
    world.store.put(session)
    if session["amount_total"]:
        payments.fail_authentication(world, _intent_of(world, session), method)


def _intent_of(world: World, session: Json) -> Json:
    """The session's payment intent, made at the first attempt as Stripe does."""
    if session.get("_intent"):
        return world.store.get("payment_intent", session["_intent"])
    data = session["_data"].get("payment_intent_data", {})
    intent = payments.new_intent(
        world,
        session["amount_total"],
        session["currency"],
        customer=session["customer"],
        description=data.get("description"),
        metadata=data.get("metadata", {}),
        receipt_email=data.get("receipt_email"),
        statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
    )
    session["_intent"] = intent["id"]
    if session["mode"] == "payment":
        session["payment_intent"] = intent["id"]
    return intent


def _complete(world: World, session: Json, method: Json, intent: Json | None) -> None:
    details = method["billing_details"]
    session["customer_details"] = customer_details(email=details["email"], name=details["name"])
    if session["mode"] == "subscription":
        subscription, invoice = subscriptions.start(world, session, method, intent)
        session |= {"subscription": subscription["id"], "invoice": invoice["id"]}
    session |= {"status": "complete", "payment_status": _payment_status(intent), "url": None}
    world.store.put(session)
    world.forget("expire_session", session["id"])
    world.emit("checkout.session.completed", session)


def _payment_status(intent: Json | None) -> str:
    if intent is None:
        return "no_payment_required"
    return "paid" if intent["status"] == "succeeded" else "unpaid"


def _attach_customer(world: World, session: Json, method: Json) -> None:
    """Give the payment a customer where it needs one: the session's own, or a new one from what was typed."""
    details = method["billing_details"]
    if session["customer"] is None:
        if session["mode"] == "payment" and session["customer_creation"] != "always":
            return
        fields = {"email": details["email"], "name": details["name"]}
        session["customer"] = new_customer(world, fields)["id"]
    attach(world, method, session["customer"])


def settle_debit(world: World, charge_id: str, *, succeeds: bool | None = None) -> None:
    """The bank's answer to a SEPA debit, carried on to its session or its invoice."""
    intent = payments.settle_debit(world, charge_id, succeeds=succeeds)
    paid = intent["status"] == "succeeded"
    subscriptions.follow_debit(world, intent, paid=paid)
    for session in world.store.all("checkout.session", {"_intent": intent["id"]}, limit=1):
        if paid:
            session["payment_status"] = "paid"
            world.store.put(session)
        world.emit(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)
