"""Checkout Sessions: the API side. The page itself is `hosted_page.py`, its completion `completion.py`."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sandbox import money_movements, subscriptions
from sandbox.catalogue import SMALLEST, check_currency, resolve_price
from sandbox.errors import ApiError, Json, invalid, missing
from sandbox.params import refuse_unimitated
from sandbox.shapes import part

if TYPE_CHECKING:
    from sandbox.world import World

_SHORTEST, _LONGEST = 30 * 60, 24 * 3600
_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
_UNIMITATED = (
    "discounts",
    "optional_items",
    "shipping_options",
    "custom_fields",
    "customer_account",
    "managed_payments",
    "automatic_tax",
)
_COPIED = (
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "integration_identifier",
    "locale",
    "metadata",
    "submit_type",
    "success_url",
    "allowed_payment_method_types",
    "excluded_payment_method_types",
)


def create(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/checkout/sessions` for `mode` payment or subscription with `ui_mode=hosted_page`."""
    refuse_unimitated(params, _UNIMITATED)
    mode = params.get("mode")
    _check_combination(world, params, mode)
    lines = [_line(world, item, number, mode) for number, item in enumerate(params.get("line_items", []))]
    if not lines:
        raise missing("line_items")
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("line_items", "All line items must have the same currency.")
    total = sum(line["amount_total"] for line in lines)
    data = _later_payment(world, params)
    if subscriptions.first_payment_at(data, world.now()) is not None:
        total = 0
    currency = lines[0]["currency"]
    _check_minimum(world, total, currency, mode)
    session = world.new(
        "checkout.session",
        "cs",
        amount_subtotal=total,
        amount_total=total,
        currency=currency,
        expires_at=_expiry(world, params),
        mode=mode,
        status="open",
    )
    session["id"] = f"cs_test_{secrets.token_hex(29)}"
    session["url"] = f"{world.settings.public_url}/c/pay/{session['id']}"
    session.update({name: params[name] for name in _COPIED if name in params})
    _fill(session, params, currency)
    session["_line_items"] = lines
    session["_data"] = {name: params[name] for name in ("payment_intent_data", "subscription_data") if name in params}
    world.store.put(session)
    world.at(session["expires_at"], "expire_session", session["id"])
    return session


def _later_payment(world: World, params: Json) -> Json:
    """`subscription_data`, checked: a chosen day is taken without proration only."""
    data: Json = params.get("subscription_data", {})
    refuse_unimitated(data, ("application_fee_percent", "default_tax_rates", "on_behalf_of", "transfer_data"))
    if "billing_cycle_anchor" in data and data.get("proration_behavior") != "none":
        message = "The sandbox does not imitate prorations; pass proration_behavior=none."
        param = "subscription_data[billing_cycle_anchor]"
        raise ApiError(message, param=param, code="sandbox_not_imitated")
    instant = subscriptions.first_payment_at(data, world.now())
    if instant is not None and instant <= world.now():
        raise invalid("subscription_data", "The first payment must be in the future.")
    return data


def _check_combination(world: World, params: Json, mode: str | None) -> None:
    """Refuse what cannot go together, with the parameter named."""
    if mode is None:
        raise missing("mode")
    if mode == "setup" or params.get("ui_mode", "hosted_page") != "hosted_page":
        param = "mode" if mode == "setup" else "ui_mode"
        raise ApiError(f"The sandbox does not imitate this {param}.", param=param, code="sandbox_not_imitated")
    if "success_url" not in params:
        raise missing("success_url")
    for name in ("success_url", "cancel_url"):
        if not str(params.get(name, "http://")).startswith(("http://", "https://")):
            raise invalid(name, f"Not a valid URL: {name}", "url_invalid")
    wrong = {"payment": ("subscription_data",), "subscription": _PAYMENT_ONLY}[mode]
    for name in wrong:
        if name in params:
            raise invalid(name, f"You can not pass `{name}` in `{mode}` mode.")
    _check_donor(world, params)


def _check_donor(world: World, params: Json) -> None:
    if "customer" in params:
        world.store.get("customer", params["customer"], "customer")
        if "customer_email" in params:
            raise invalid("customer_email", "You may only specify one of these parameters: customer, customer_email.")
    if "@" not in params.get("customer_email", "@"):
        raise invalid("customer_email", "Invalid email address", "email_invalid")
    if len(params.get("client_reference_id", "")) > 200:
        raise invalid("client_reference_id", "Invalid string: must be at most 200 characters")


_PAYMENT_ONLY = ("payment_intent_data", "submit_type", "customer_creation", "invoice_creation")


def _line(world: World, item: Json, number: int, mode: str | None) -> Json:
    where = f"line_items[{number}]"
    quantity = item.get("quantity", 1)
    if quantity < 1:
        raise invalid(f"{where}[quantity]", "This value must be greater than or equal to 1.")
    data = item.get("price_data", {})
    if "product_data" in data and not data["product_data"].get("name"):
        raise missing(f"{where}[price_data][product_data][name]")
    price = resolve_price(world, item, where)
    if mode == "payment" and price["recurring"]:
        raise invalid(where, "You specified `payment` mode but passed a recurring price.")
    if mode == "subscription" and not price["recurring"]:
        raise invalid(where, "The sandbox takes recurring prices only in `subscription` mode.")
    product = world.store.get("product", price["product"])
    amount = price["unit_amount"] * quantity
    return world.new(
        "item",
        "li",
        amount_subtotal=amount,
        amount_total=amount,
        currency=price["currency"],
        description=product["name"],
        price=price,
        quantity=quantity,
    )


def _check_minimum(world: World, total: int, currency: str, mode: str | None) -> None:
    check_currency(currency, "currency")
    settled, _rate = money_movements.settle(world, total, currency)
    if settled < SMALLEST and (mode == "payment" or total):
        raise ApiError(
            "The Checkout Session's total amount must convert to at least 50 cents.",
            code="amount_too_small",
            param="line_items",
        )


def _expiry(world: World, params: Json) -> int:
    """When the session expires, on the sandbox's clock.

    The caller reads another clock, which stays behind when the sandbox's is advanced; an instant that is
    right by the caller's clock is therefore moved by the same distance.
    """
    now = world.now()
    wanted = int(params.get("expires_at", now + _LONGEST))
    # One minute of slack: the two clocks were not read at the same moment.
    for moved in (wanted, wanted + world.clock.offset):
        if now + _SHORTEST - 60 <= moved <= now + _LONGEST + 60:
            return moved
    raise invalid(
        "expires_at",
        "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
    )


def _fill(session: Json, params: Json, currency: str) -> None:
    """The nested hashes every session carries, with what the caller chose."""
    is_payment = params["mode"] == "payment"
    adaptive = params.get("adaptive_pricing", {}).get("enabled", False)
    email = params.get("customer_email")
    session |= {
        "adaptive_pricing": {"enabled": adaptive},
        "automatic_tax": part("checkout.session", "automatic_tax") | {"enabled": False},
        "custom_text": dict.fromkeys(_TEXTS) | params.get("custom_text", {}),
        "customer": params.get("customer"),
        "customer_creation": params.get("customer_creation", "if_required") if is_payment else None,
        "livemode": False,
        "payment_method_collection": params.get("payment_method_collection", "if_required" if is_payment else "always"),
        "payment_method_options": {},
        "payment_method_types": ["card", "sepa_debit"] if currency == "eur" else ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": params.get("phone_number_collection", {}).get("enabled", False)},
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }
    if email:
        session["customer_details"] = customer_details(email=email)
    for name in ("branding_settings", "consent_collection", "name_collection"):
        if name in params:
            session[name] = part("checkout.session", name) | params[name]
    if is_payment:
        session["invoice_creation"] = _invoice_creation(params.get("invoice_creation", {}))


def customer_details(*, email: str | None, name: str | None = None) -> Json:
    """The session's `customer_details`; the sandbox asks for no address."""
    known = part("checkout.session", "customer_details")
    return known | {"address": None, "email": email, "name": name, "phone": None, "tax_exempt": "none", "tax_ids": []}


def _invoice_creation(wanted: Json) -> Json:
    data = part("checkout.session", "invoice_creation.invoice_data")
    data |= {"metadata": {}, **{k: v for k, v in wanted.get("invoice_data", {}).items() if k in data}}
    if wanted.get("enabled"):
        message = "The sandbox does not make invoices for single payments."
        raise ApiError(message, param="invoice_creation", code="sandbox_not_imitated")
    return {"enabled": False, "invoice_data": data}


def expire(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/checkout/sessions/:id/expire`; refused unless the session is open."""
    session = world.store.get("checkout.session", identifier)
    if session["status"] != "open":
        raise ApiError(
            "Only Checkout Sessions with a status in ['open'] can be expired. "
            f"This Checkout Session has a status of {session['status']}."
        )
    return close_unpaid(world, session)


def close_unpaid(world: World, session: Json) -> Json:
    """Expire an open session: no more payment through it. Emits `checkout.session.expired`."""
    session |= {"status": "expired", "url": None}
    world.store.put(session)
    world.emit("checkout.session.expired", session)
    if session["payment_intent"]:
        intent = world.store.get("payment_intent", session["payment_intent"])
        if intent["status"] in {"requires_payment_method", "requires_action"}:
            intent |= {"status": "canceled", "canceled_at": world.now(), "cancellation_reason": "automatic"}
            world.store.put(intent)
            world.emit("payment_intent.canceled", intent)
    return session


def expire_when_due(world: World, session_id: str) -> None:
    """The task behind `expires_at`."""
    session = world.store.get("checkout.session", session_id)
    if session["status"] == "open":
        close_unpaid(world, session)


def list_lines(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/checkout/sessions/:id/line_items` (one page: sessions here have few lines)."""
    session = world.store.get("checkout.session", identifier)
    return {"data": session["_line_items"], "has_more": False}
