"""Subscriptions: their start at Checkout, renewals by the clock, failures and retries, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import invoices
from sandbox.payments import Outcome
from sandbox.periods import next_after
from sandbox.settings import DAY

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World


def start(world: World, session: Json, method: Json, intent: Json | None) -> tuple[Json, Json]:
    """The subscription and first invoice of a session that was just paid (or whose debit was started).

    `intent` is None when the first payment comes later (a trial, or a chosen day of the month).
    """
    now = world.now()
    anchor, end = first_period(session, now)
    subscription = _new(world, session, method, anchor)
    subscription["items"] = _items(world, subscription, session, (now, end))
    world.store.put(subscription)
    world.emit("customer.subscription.created", subscription)
    amount = None if intent is not None else 0
    invoice = invoices.draft(world, subscription, "subscription_create", period=(now, end), amount=amount)
    invoices.finalise(world, invoice)
    subscription["latest_invoice"] = invoice["id"]
    world.store.put(subscription)
    if intent is not None:
        invoices.link_payment(world, invoice, intent)
        invoice |= {"attempted": True, "attempt_count": 1}
        world.store.put(invoice)
    if intent is None or intent["status"] == "succeeded":
        invoices.mark_paid(world, invoice)
    world.emit("customer.subscription.updated", subscription, {"latest_invoice": None})
    world.at(end, "renew", subscription["id"])
    return subscription, invoice


def first_period(session: Json, now: int) -> tuple[int, int]:
    """The billing anchor and the end of the first period; a trial or a chosen anchor puts the payment off."""
    data = session["_data"].get("subscription_data", {})
    later = first_payment_at(data, now)
    if later is not None:
        return later, later
    recurring = session["_line_items"][0]["price"]["recurring"]
    return now, next_after(now, recurring["interval"], recurring["interval_count"], now)


def first_payment_at(data: Json, now: int) -> int | None:
    """When the first payment is due if `subscription_data` puts it off, else None."""
    if "trial_period_days" in data:
        return now + DAY * int(data["trial_period_days"])
    later = data.get("trial_end") or data.get("billing_cycle_anchor")
    return None if later is None else int(later)


def _new(world: World, session: Json, method: Json, anchor: int) -> Json:
    data = session["_data"].get("subscription_data", {})
    price = session["_line_items"][0]["price"]
    tries = bool({"trial_end", "trial_period_days"} & set(data))
    now = world.now()
    subscription = world.new(
        "subscription",
        "sub",
        billing_cycle_anchor=anchor,
        cancel_at_period_end=False,
        collection_method="charge_automatically",
        currency=price["currency"],
        customer=session["customer"],
        default_payment_method=method["id"],
        description=data.get("description"),
        discounts=[],
        metadata=data.get("metadata", {}),
        start_date=now,
        status="trialing" if tries else "active",
        trial_start=now if tries else None,
        trial_end=anchor if tries else None,
    )
    subscription["automatic_tax"] |= {"enabled": False}
    subscription["billing_mode"] |= {"type": "flexible"}
    subscription["invoice_settings"] |= {"account_tax_ids": None, "issuer": {"type": "self"}}
    return subscription


def _items(world: World, subscription: Json, session: Json, period: tuple[int, int]) -> Json:
    rows = []
    for line in session["_line_items"]:
        item = world.new("subscription_item", "si", billing_thresholds=None, discounts=[], quantity=line["quantity"])
        item |= {
            "current_period_start": period[0],
            "current_period_end": period[1],
            "price": line["price"],
            "subscription": subscription["id"],
            "tax_rates": [],
        }
        rows.append(item)
    url = f"/v1/subscription_items?subscription={subscription['id']}"
    return {"object": "list", "data": rows, "has_more": False, "url": url, "total_count": len(rows)}


def period_end(subscription: Json) -> int:
    """When the current period ends; since 2025 only the items carry it."""
    return int(subscription["items"]["data"][0]["current_period_end"])


def period_after(subscription: Json, instant: int) -> int:
    """The first end of a period later than `instant`."""
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    return next_after(subscription["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], instant)


def renew(world: World, subscription_id: str) -> None:
    """The task at each period's end: end, or open the next period, invoice it and collect."""
    subscription = world.store.get("subscription", subscription_id)
    if subscription["status"] == "canceled":
        return
    if subscription["cancel_at_period_end"] or 0 < (subscription["cancel_at"] or 0) <= world.now():
        end(world, subscription)
        return
    _open_next_period(world, subscription, period_end(subscription))
    _bill(world, subscription, "subscription_cycle")


def bill_now(world: World, subscription: Json) -> None:
    """A new period begins now, at the owner's request, and is invoiced in full."""
    world.forget("renew", subscription["id"])
    subscription["billing_cycle_anchor"] = world.now()
    _open_next_period(world, subscription, world.now())
    _bill(world, subscription, "subscription_update")


def _bill(world: World, subscription: Json, reason: str) -> None:
    period = (subscription["items"]["data"][0]["current_period_start"], period_end(subscription))
    invoice = invoices.draft(world, subscription, reason, period=period)
    subscription["latest_invoice"] = invoice["id"]
    world.store.put(subscription)
    pause = subscription["pause_collection"]
    if subscription["status"] == "unpaid" or (pause and pause["behavior"] == "keep_as_draft"):
        return
    invoices.finalise(world, invoice)
    if pause:
        invoices.close(world, invoice, "void" if pause["behavior"] == "void" else "uncollectible")
    else:
        charge(world, subscription, invoice)


def _open_next_period(world: World, subscription: Json, begins: int) -> None:
    ends = period_after(subscription, begins)
    previous: Json = {"items": {"data": [{"current_period_end": period_end(subscription)}]}}
    for item in subscription["items"]["data"]:
        item |= {"current_period_start": begins, "current_period_end": ends}
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
        previous |= {"status": "trialing"}
    world.store.put(subscription)
    world.emit("customer.subscription.updated", subscription, previous)
    world.at(ends, "renew", subscription["id"])


def charge(
    world: World, subscription: Json, invoice: Json, *, present: bool = False, authenticated: bool = False
) -> Outcome:
    """Collect an open invoice from the subscription's payment method and draw the consequences."""
    customer = world.store.get("customer", subscription["customer"])
    chosen = subscription["default_payment_method"] or (customer["invoice_settings"] or {}).get(
        "default_payment_method"
    )
    method = world.store.get("payment_method", chosen)
    outcome = invoices.collect(world, invoice, method, present=present, authenticated=authenticated)
    if outcome is Outcome.SUCCEEDED:
        settle(world, subscription, invoice)
    elif outcome is not Outcome.PROCESSING:
        fail(world, subscription, invoice, needs_action=outcome is Outcome.REQUIRES_ACTION)
    return outcome


def settle(world: World, subscription: Json, invoice: Json) -> None:
    """An invoice was paid: the subscription is active again."""
    world.forget("retry_invoice", invoice["id"])
    invoices.mark_paid(world, invoice)
    _move(world, subscription, "active")


def fail(world: World, subscription: Json, invoice: Json, *, needs_action: bool = False) -> None:
    """A collection failed: past due, with the next attempt planned, or the end when none is left."""
    tries = invoice["attempt_count"]
    plan = world.settings.retry_schedule
    world.forget("retry_invoice", invoice["id"])
    if tries <= len(plan):
        invoice["next_payment_attempt"] = world.now() + plan[tries - 1]
        world.later(plan[tries - 1], "retry_invoice", invoice["id"])
    else:
        invoice["next_payment_attempt"] = None
    world.store.put(invoice)
    world.emit("invoice.payment_failed", invoice)
    if needs_action:
        world.emit("invoice.payment_action_required", invoice)
    if invoice["next_payment_attempt"] is not None:
        _move(world, subscription, "past_due")
    elif world.settings.after_retries == "canceled":
        end(world, subscription, reason="payment_failed")
    else:
        _move(world, subscription, world.settings.after_retries)


def retry(world: World, invoice_id: str) -> None:
    """The task of a planned new attempt; none is made while the bank has not answered for the one before."""
    invoice = world.store.get("invoice", invoice_id)
    subscription = world.store.get("subscription", invoice["parent"]["subscription_details"]["subscription"])
    is_due = invoice["status"] == "open" and subscription["status"] != "canceled"
    if is_due and not invoices.is_under_way(world, invoice):
        charge(world, subscription, invoice)


def follow_debit(world: World, intent: Json, *, paid: bool) -> None:
    """The bank answered a debit that pays an invoice (if this intent pays one)."""
    for link in world.store.all("invoice_payment", {"payment.payment_intent": intent["id"]}, limit=1):
        invoice = world.store.get("invoice", link["invoice"])
        subscription = world.store.get("subscription", invoice["parent"]["subscription_details"]["subscription"])
        if paid:
            settle(world, subscription, invoice)
        elif subscription["status"] != "canceled":
            fail(world, subscription, invoice)


def _move(world: World, subscription: Json, status: str) -> None:
    previous = subscription["status"]
    if previous in {status, "canceled"}:
        return
    subscription["status"] = status
    world.store.put(subscription)
    world.emit("customer.subscription.updated", subscription, {"status": previous})


def end(
    world: World, subscription: Json, *, reason: str = "cancellation_requested", details: Json | None = None
) -> None:
    """Cancel now; open invoices stay open but are no longer collected. Emits `customer.subscription.deleted`."""
    now = world.now()
    subscription |= {
        "cancellation_details": {"comment": None, "feedback": None, "reason": reason} | (details or {}),
        "canceled_at": subscription["canceled_at"] or now,
        "ended_at": now,
        "status": "canceled",
    }
    world.store.put(subscription)
    for task in ("renew", "resume_collection", "cancel_subscription"):
        world.forget(task, subscription["id"])
    for invoice in world.store.all("invoice", {"parent.subscription_details.subscription": subscription["id"]}):
        if invoice["status"] == "open":
            world.forget("retry_invoice", invoice["id"])
            invoice |= {"auto_advance": False, "next_payment_attempt": None}
            world.store.put(invoice)
    world.emit("customer.subscription.deleted", subscription)
