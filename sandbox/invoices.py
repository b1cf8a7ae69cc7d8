"""Invoices of subscriptions and the link between an invoice and its payment."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import payments
from sandbox.errors import ApiError, Json
from sandbox.shapes import part
from sandbox.world import World, public

if TYPE_CHECKING:
    from sandbox.payments import Outcome


def draft(world: World, subscription: Json, reason: str, *, period: tuple[int, int], amount: int | None = None) -> Json:
    """A stored draft invoice for one period (start, end) of a subscription; emits `invoice.created`.

    `amount` in minor units; None means the subscription's own price.
    """
    if amount is None:
        amount = sum(row["price"]["unit_amount"] * row["quantity"] for row in subscription["items"]["data"])
    customer = world.store.get("customer", subscription["customer"])
    invoice = world.new(
        "invoice",
        "in",
        **dict.fromkeys(("amount_due", "amount_remaining", "subtotal", "subtotal_excluding_tax"), amount),
        **dict.fromkeys(("total", "total_excluding_tax"), amount),
        **{name: [] for name in ("total_discount_amounts", "total_taxes", "customer_tax_ids", "discounts")},
        account_country="FR",
        account_name=world.settings.merchant_name,
        auto_advance=True,
        billing_reason=reason,
        collection_method="charge_automatically",
        currency=subscription["currency"],
        customer=customer["id"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        customer_tax_exempt="none",
        parent=_parent(subscription),
        period_end=world.now(),
        period_start=period[0],
        status="draft",
        status_transitions=dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    )
    invoice["automatic_tax"] |= {"enabled": False}
    invoice["issuer"] |= {"type": "self"}
    invoice["lines"] = _lines(world, invoice, subscription, amount, period)
    world.store.put(invoice)
    world.emit("invoice.created", invoice)
    return invoice


def _parent(subscription: Json) -> Json:
    parent = part("invoice", "parent") | {"type": "subscription_details"}
    details = part("invoice", "parent.subscription_details")
    details |= {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return parent | {"subscription_details": details}


def _lines(world: World, invoice: Json, subscription: Json, amount: int, period: tuple[int, int]) -> Json:
    item = subscription["items"]["data"][0]
    line = world.new("line_item", "il", amount=amount, currency=subscription["currency"], discountable=True)
    line |= {
        "description": f"{item['quantity']} × subscription",
        "discount_amounts": [],
        "discounts": [],
        "invoice": invoice["id"],
        "metadata": dict(subscription["metadata"]),
        "period": {"start": period[0], "end": period[1]},
        "quantity": item["quantity"],
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }
    return {"object": "list", "data": [line], "has_more": False, "url": f"/v1/invoices/{invoice['id']}/lines"}


def finalise(world: World, invoice: Json) -> None:
    """Draft to open, numbered, with a hosted page; emits `invoice.finalized`."""
    customer = world.store.get("customer", invoice["customer"])
    number = customer["next_invoice_sequence"] or 1
    customer["next_invoice_sequence"] = number + 1
    world.store.put(customer)
    invoice |= {
        "effective_at": world.now(),
        "hosted_invoice_url": f"{world.settings.public_url}/i/{invoice['id']}",
        "number": f"{customer['invoice_prefix']}-{number:04d}",
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = world.now()
    world.store.put(invoice)
    world.emit("invoice.finalized", invoice)


def link_payment(world: World, invoice: Json, intent: Json) -> Json:
    """The `invoice_payment` that ties an invoice to a payment intent."""
    link = world.new(
        "invoice_payment",
        "inpay",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    return world.store.put(link)


def collect(world: World, invoice: Json, method: Json, *, present: bool, authenticated: bool = False) -> Outcome:
    """Attempt to pay an open invoice; the caller decides what the outcome means for the subscription."""
    links = world.store.all("invoice_payment", {"invoice": invoice["id"]}, limit=1)
    if links:
        intent = world.store.get("payment_intent", links[0]["payment"]["payment_intent"])
    else:
        intent = payments.new_intent(
            world,
            invoice["amount_due"],
            invoice["currency"],
            customer=invoice["customer"],
            description="Subscription update",
        )
        link_payment(world, invoice, intent)
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + (0 if authenticated else 1)}
    outcome = payments.attempt(world, intent, method, present=present, authenticated=authenticated)
    world.store.put(invoice)
    return outcome


def mark_paid(world: World, invoice: Json) -> None:
    """Open to paid, with all the events Stripe sends about one paid invoice."""
    now = world.now()
    invoice |= {
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
        "next_payment_attempt": None,
        "status": "paid",
    }
    invoice["status_transitions"]["paid_at"] = now
    world.store.put(invoice)
    for link in world.store.all("invoice_payment", {"invoice": invoice["id"]}):
        link |= {"amount_paid": invoice["amount_due"], "status": "paid"}
        link["status_transitions"]["paid_at"] = now
        world.store.put(link)
        world.emit("invoice_payment.paid", link)
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)


def close(world: World, invoice: Json, status: str) -> None:
    """An unpaid invoice ends as `void` or `uncollectible`."""
    names = {
        "void": ("voided_at", "invoice.voided"),
        "uncollectible": ("marked_uncollectible_at", "invoice.marked_uncollectible"),
    }
    field, event = names[status]
    invoice |= {"status": status, "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"][field] = world.now()
    world.store.put(invoice)
    world.emit(event, invoice)


def void(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/invoices/:id/void`; only an open or uncollectible invoice."""
    invoice = world.store.get("invoice", identifier)
    if invoice["status"] not in {"open", "uncollectible"}:
        raise ApiError(
            f"You can only void an open invoice; this one is {invoice['status']}.", code="invoice_not_editable"
        )
    close(world, invoice, "void")
    return invoice


def payments_of(world: World, invoice: Json) -> Json:
    """`invoice.payments`, as shown when expanded."""
    rows = [public(row) for row in world.store.all("invoice_payment", {"invoice": invoice["id"]})]
    url = f"/v1/invoice_payments?invoice={invoice['id']}"
    return {"object": "list", "data": rows, "has_more": False, "url": url}


def is_under_way(world: World, invoice: Json) -> bool:
    """Whether a debit for this invoice is still with the bank: nothing else can be collected for it meanwhile."""
    links = payments_of(world, invoice)["data"]
    intents = [world.store.get("payment_intent", link["payment"]["payment_intent"]) for link in links]
    return any(intent["status"] == "processing" for intent in intents)


def filters(params: Json) -> dict[str, Any]:
    """How `GET /v1/invoices` filters: by customer, status and subscription."""
    names = {"customer": "customer", "status": "status", "subscription": "parent.subscription_details.subscription"}
    return {path: params[name] for name, path in names.items() if name in params}


def payment_filters(params: Json) -> dict[str, Any]:
    """How `GET /v1/invoice_payments` filters: by invoice, status and the payment behind it."""
    where = {name: params[name] for name in ("invoice", "status") if name in params}
    return where | {f"payment.{name}": value for name, value in params.get("payment", {}).items()}
