"""The customer portal: a plain page where a donor changes the payment method or ends a recurring gift.

Also the hosted invoice page, where a payment that needs the donor is confirmed. Addresses:
`/p/session/<id>` and `/i/<invoice>`.
"""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request

from sandbox import invoices, payments, subscription_changes, subscriptions
from sandbox.cards import Unusable, new_bank_account, new_card
from sandbox.errors import invalid, missing
from sandbox.hosted_page import show, the_world
from sandbox.money_movements import exponent
from sandbox.payments import Outcome
from sandbox.texts import amount_text, catalogue

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from sandbox.errors import Json
    from sandbox.world import World

portal = Blueprint("portal", __name__)

_LIFETIME = 24 * 3600


def create(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/billing_portal/sessions`: an address at which one customer may change their own things."""
    if "customer" not in params:
        raise missing("customer")
    world.store.get("customer", params["customer"], "customer")
    if not params.get("return_url", "http://").startswith(("http://", "https://")):
        raise invalid("return_url", "Not a valid URL", "url_invalid")
    session = world.new("billing_portal.session", "bps", customer=params["customer"], configuration="bpc_sandbox")
    session |= {name: params[name] for name in ("return_url", "locale") if name in params}
    flow = params.get("flow_data", {})
    after = flow.get("after_completion", {}).get("redirect", {}).get("return_url")
    session["_after"] = after
    session["url"] = f"{world.settings.public_url}/p/session/{session['id']}"
    return world.store.put(session)


@portal.get("/p/session/<session_id>")
def portal_page(session_id: str) -> AnyResponse:
    """The donor's recurring gifts and a form for another payment method."""
    session = _session(session_id)
    return _gone() if session is None else _portal(session)


@portal.post("/p/session/<session_id>")
def change(session_id: str) -> AnyResponse:
    """`act` says what was pressed: `method`, `cancel` or `keep`."""
    world = the_world()
    with world.store.transaction():
        session = _session(session_id)
        if session is None:
            return _gone()
        act = request.form.get("act", "")
        if act == "method":
            return _change_method(world, session)
        subscription = world.store.seek(request.form.get("subscription", ""))
        if subscription is None or subscription.get("customer") != session["customer"]:
            return _gone()
        if subscription["status"] != "canceled" and act in {"cancel", "keep"}:
            subscription_changes.update(world, {"cancel_at_period_end": act == "cancel"}, subscription["id"])
        return redirect(session["_after"] or f"/p/session/{session_id}", 303)


def _change_method(world: World, session: Json) -> AnyResponse:
    customer = world.store.get("customer", session["customer"])
    typed = {name: value[:200] for name, value in request.form.items()} | {"email": customer["email"] or ""}
    try:
        method = (new_bank_account if typed.get("method") == "sepa_debit" else new_card)(world, typed)
    except Unusable as refusal:
        return _portal(session, str(refusal))
    if payments.foresee(method, present=True) is Outcome.DECLINED:
        return _portal(session, payments.decline_of(method))
    outcomes = subscription_changes.use_method(world, customer["id"], method)
    for subscription in world.store.all("subscription", {"customer": customer["id"]}):
        if Outcome.REQUIRES_ACTION in outcomes and subscription["status"] == "past_due":
            return redirect(f"/i/{subscription['latest_invoice']}", 303)
    return redirect(session["_after"] or f"/p/session/{session['id']}", 303)


def _session(session_id: str) -> Json | None:
    session = the_world().store.seek(session_id)
    if session is None or session["object"] != "billing_portal.session":
        return None
    return session if session["created"] + _LIFETIME > the_world().now() else None


def _gone() -> AnyResponse:
    return show("notice.html", "auto", status=404, title="unknown", back=None)


def _portal(session: Json, error: str | None = None) -> AnyResponse:
    world = the_world()
    language, _words = catalogue(session["locale"], request.headers.get("Accept-Language", ""))
    customer = world.store.get("customer", session["customer"])
    gifts = [_gift(world, row, language) for row in world.store.all("subscription", {"customer": customer["id"]})]
    return show(
        "portal.html",
        session["locale"],
        status=402 if error else 200,
        leads_to=tuple(filter(None, (session["return_url"], session["_after"]))),
        action=f"/p/session/{session['id']}",
        gifts=gifts,
        error=error,
        name=customer["name"] or "",
        chosen="card",
        methods=["card", "sepa_debit"],
        back=session["return_url"],
    )


def _gift(world: World, subscription: Json, language: str) -> Json:
    row = subscription["items"]["data"][0]
    currency = subscription["currency"]
    method = world.store.get("payment_method", subscription["default_payment_method"])
    ends = subscription["cancel_at"] or subscription["ended_at"]
    return {
        "id": subscription["id"],
        "status": subscription["status"],
        "amount": amount_text(row["price"]["unit_amount"] * row["quantity"], exponent(currency), currency, language),
        "interval": row["price"]["recurring"]["interval"],
        "next": _day(row["current_period_end"]),
        "ends": _day(ends) if ends else None,
        "last4": method[method["type"]]["last4"],
        "type": "sepa" if method["type"] == "sepa_debit" else "card",
    }


def _day(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).date().isoformat()


@portal.get("/i/<invoice_id>")
def invoice_page(invoice_id: str) -> AnyResponse:
    """An invoice to confirm, or what became of it."""
    invoice = the_world().store.seek(invoice_id)
    if invoice is None or invoice["object"] != "invoice":
        return _gone()
    return _invoice(invoice)


@portal.post("/i/<invoice_id>")
def confirm_invoice(invoice_id: str) -> AnyResponse:
    """Complete or Fail was pressed for an open invoice."""
    world = the_world()
    with world.store.transaction():
        invoice = world.store.seek(invoice_id)
        if invoice is None or invoice["object"] != "invoice":
            return _gone()
        details = invoice["parent"]["subscription_details"]
        subscription = world.store.get("subscription", details["subscription"])
        is_asked = request.form.get("result") == "complete" and not invoices.is_under_way(world, invoice)
        if invoice["status"] == "open" and is_asked:
            subscriptions.charge(world, subscription, invoice, present=True, authenticated=True)
        return redirect(f"/i/{invoice_id}", 303)


def _invoice(invoice: Json) -> AnyResponse:
    language, _words = catalogue("auto", request.headers.get("Accept-Language", ""))
    amount = amount_text(invoice["amount_due"], exponent(invoice["currency"]), invoice["currency"], language)
    state = invoice["status"] if invoice["status"] in {"open", "paid"} else "closed"
    return show("invoice.html", "auto", action=f"/i/{invoice['id']}", amount=amount, state=state)
