"""What may be changed about a running subscription, over the API or through the portal."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import invoices, subscriptions
from sandbox.catalogue import resolve_price
from sandbox.customers import attach, merged_metadata
from sandbox.errors import ApiError, invalid, not_found
from sandbox.params import refuse_unimitated

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.errors import Json
    from sandbox.payments import Outcome
    from sandbox.world import World

_UNIMITATED = (
    "add_invoice_items",
    "application_fee_percent",
    "automatic_tax",
    "billing_schedules",
    "billing_thresholds",
    "collection_method",
    "default_source",
    "default_tax_rates",
    "discounts",
    "on_behalf_of",
    "pending_invoice_item_interval",
    "proration_date",
    "transfer_data",
)


def update(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/subscriptions/:id`. Amounts change without proration only (`proration_behavior=none`)."""
    refuse_unimitated(params, _UNIMITATED)
    subscription = world.store.get("subscription", identifier)
    if subscription["status"] == "canceled" and set(params) - {"metadata", "cancellation_details"}:
        raise invalid("id", "A canceled subscription can only update its cancellation_details and metadata.")
    before = {name: subscription.get(name) for name in (*params, "cancel_at", "canceled_at", "status")}
    for name, change in _CHANGES.items():
        if name in params:
            change(world, subscription, params)
    world.store.put(subscription)
    previous = {name: value for name, value in before.items() if subscription.get(name) != value or name == "items"}
    world.emit("customer.subscription.updated", subscription, previous)
    if params.get("billing_cycle_anchor", {}).get("type") == "now":
        subscriptions.bill_now(world, subscription)
    return subscription


def _metadata(world: World, subscription: Json, params: Json) -> None:
    subscription["metadata"] = merged_metadata(subscription, params)


def _description(world: World, subscription: Json, params: Json) -> None:
    subscription["description"] = params["description"] or None


def _default_method(world: World, subscription: Json, params: Json) -> None:
    method = world.store.get("payment_method", params["default_payment_method"], "default_payment_method")
    if method["customer"] != subscription["customer"]:
        raise invalid("default_payment_method", "This payment method belongs to another customer.")
    subscription["default_payment_method"] = method["id"]


def _end_of_period(world: World, subscription: Json, params: Json) -> None:
    world.forget("cancel_subscription", subscription["id"])
    ends = params["cancel_at_period_end"]
    subscription["cancel_at_period_end"] = ends
    subscription["cancel_at"] = subscriptions.period_end(subscription) if ends else None
    subscription["canceled_at"] = world.now() if ends else None
    subscription["cancellation_details"] = {
        "comment": None,
        "feedback": None,
        "reason": "cancellation_requested" if ends else None,
    }


def _on_a_date(world: World, subscription: Json, params: Json) -> None:
    world.forget("cancel_subscription", subscription["id"])
    when = params["cancel_at"]
    if isinstance(when, str) and when:
        raise ApiError("The sandbox takes a timestamp for cancel_at.", param="cancel_at", code="sandbox_not_imitated")
    if when and when <= world.now():
        raise invalid("cancel_at", "cancel_at must be in the future.")
    _whole_periods(subscription, params, when)
    subscription |= {"cancel_at_period_end": False}
    subscription["cancel_at"] = when or None
    subscription["canceled_at"] = world.now() if when else None
    if when:
        world.at(when, "cancel_subscription", subscription["id"])


def _whole_periods(subscription: Json, params: Json, when: int | None) -> None:
    """In a later period than this one an end always prorates that period, unless it is just where one begins."""
    if not when or when == subscriptions.period_end(subscription):
        return
    if when < subscriptions.period_end(subscription):
        _no_proration(params, "cancel_at")
    elif when != subscriptions.period_after(subscription, when - 1):
        message = "The sandbox does not imitate prorations: cancel_at must be where a period ends."
        raise ApiError(message, param="cancel_at", code="sandbox_not_imitated")


def _reasons(world: World, subscription: Json, params: Json) -> None:
    given = params["cancellation_details"]
    subscription["cancellation_details"] |= {
        name: given[name] or None for name in ("comment", "feedback") if name in given
    }


def _pause(world: World, subscription: Json, params: Json) -> None:
    world.forget("resume_collection", subscription["id"])
    wanted = params["pause_collection"]
    subscription["pause_collection"] = {"resumes_at": None} | wanted if wanted else None
    if wanted and wanted.get("resumes_at"):
        world.at(wanted["resumes_at"], "resume_collection", subscription["id"])


def resume(world: World, subscription_id: str) -> None:
    """The task at `pause_collection[resumes_at]`."""
    subscription = world.store.get("subscription", subscription_id)
    previous = {"pause_collection": subscription["pause_collection"]}
    subscription["pause_collection"] = None
    world.store.put(subscription)
    world.emit("customer.subscription.updated", subscription, previous)


def _trial(world: World, subscription: Json, params: Json) -> None:
    """A trial without proration moves the next payment to the day it ends, and the days after it."""
    _no_proration(params, "trial_end")
    ends = world.now() if params["trial_end"] == "now" else params["trial_end"]
    if ends < world.now():
        raise invalid("trial_end", "trial_end must be in the future.")
    subscription |= {"trial_end": ends, "trial_start": world.now(), "status": "trialing", "billing_cycle_anchor": ends}
    for item in subscription["items"]["data"]:
        item["current_period_end"] = ends
    world.forget("renew", subscription["id"])
    world.at(ends, "renew", subscription["id"])


def _items(world: World, subscription: Json, params: Json) -> None:
    _no_proration(params, "items")
    rows = {row["id"]: row for row in subscription["items"]["data"]}
    for number, wanted in enumerate(params["items"]):
        where = f"items[{number}]"
        if wanted.get("id") not in rows:
            raise not_found("subscription_item", str(wanted.get("id")), f"{where}[id]")
        row = rows[wanted["id"]]
        if "price" in wanted or "price_data" in wanted:
            price = resolve_price(world, wanted, where)
            if price["currency"] != subscription["currency"] or not price["recurring"]:
                raise invalid(f"{where}[price]", "The price must recur and be in the subscription's currency.")
            _check_interval(row["price"]["recurring"], price["recurring"], where)
            row["price"] = price
        row["quantity"] = wanted.get("quantity", row["quantity"])


def _check_interval(old: Json, new: Json, where: str) -> None:
    if (old["interval"], old["interval_count"]) != (new["interval"], new["interval_count"]):
        message = "The sandbox does not change a subscription's interval; start a new one."
        raise ApiError(message, param=f"{where}[price]", code="sandbox_not_imitated")


def _no_proration(params: Json, param: str) -> None:
    if params.get("proration_behavior", "create_prorations") != "none":
        message = "The sandbox does not imitate prorations; pass proration_behavior=none."
        raise ApiError(message, param=param, code="sandbox_not_imitated")


def _anchor(world: World, subscription: Json, params: Json) -> None:
    if params["billing_cycle_anchor"]["type"] == "now":
        _no_proration(params, "billing_cycle_anchor")


_CHANGES: dict[str, Callable[[World, Json, Json], None]] = {
    "metadata": _metadata,
    "description": _description,
    "default_payment_method": _default_method,
    "items": _items,
    "trial_end": _trial,
    "billing_cycle_anchor": _anchor,
    "pause_collection": _pause,
    "cancel_at_period_end": _end_of_period,
    "cancel_at": _on_a_date,
    "cancellation_details": _reasons,
}


def cancel(world: World, params: Json, identifier: str) -> Json:
    """`DELETE /v1/subscriptions/:id`: ends at once, without proration."""
    refuse_unimitated(
        {name: True for name in ("invoice_now", "prorate") if params.get(name)}, ("invoice_now", "prorate")
    )
    subscription = world.store.get("subscription", identifier)
    if subscription["status"] == "canceled":
        raise not_found("subscription", identifier)
    given = params.get("cancellation_details", {})
    details = {name: given[name] or None for name in ("comment", "feedback") if name in given}
    subscriptions.end(world, subscription, details=details)
    return subscription


def cancel_when_due(world: World, subscription_id: str) -> None:
    """The task at `cancel_at`."""
    subscription = world.store.get("subscription", subscription_id)
    if subscription["status"] != "canceled":
        subscriptions.end(world, subscription)


def list_all(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/subscriptions`: without `status` all but the canceled ones; `status=all` for every one."""
    refuse_unimitated(
        params, set(params) - {"customer", "status", "created", "limit", "starting_after", "ending_before"}
    )
    where = {"customer": params["customer"]} if "customer" in params else {}
    status = params.get("status")
    if status == "ended":
        where["status"] = "canceled"
    elif status not in {None, "all"}:
        where["status"] = status
    rows, more = world.store.page(
        "subscription", where, params, excluding={"status": "canceled"} if status is None else None
    )
    return {"data": rows, "has_more": more}


def use_method(world: World, customer_id: str, method: Json) -> list[Outcome]:
    """A customer's new payment method, from the portal: used from now on, and for what is overdue."""
    world.store.put(method)
    attach(world, method, customer_id)
    customer = world.store.get("customer", customer_id)
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    world.store.put(customer)
    world.emit("customer.updated", customer, {"invoice_settings": {"default_payment_method": None}})
    outcomes: list[Outcome] = []
    if world.knobs.portal_only_keeps:
        return outcomes
    for subscription in world.store.all("subscription", {"customer": customer_id}):
        if subscription["status"] == "canceled":
            continue
        was = subscription["default_payment_method"]
        subscription["default_payment_method"] = method["id"]
        world.store.put(subscription)
        world.emit("customer.subscription.updated", subscription, {"default_payment_method": was})
        outcomes += pay_overdue(world, subscription)
    return outcomes


def pay_overdue(world: World, subscription: Json) -> list[Outcome]:
    """Collect a subscription's open invoices, oldest first, with the donor present."""
    path = "parent.subscription_details.subscription"
    rows = world.store.all("invoice", {path: subscription["id"], "status": "open"})
    return [
        subscriptions.charge(world, world.store.get("subscription", subscription["id"]), invoice, present=True)
        for invoice in reversed(rows)
        if invoice["auto_advance"] and not invoices.is_under_way(world, invoice)
    ]


def pay_invoice(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/invoices/:id/pay`: try again now, with the donor away; a decline answers 402."""
    refuse_unimitated(params, ("forgive", "mandate", "paid_out_of_band", "source"))
    invoice = world.store.get("invoice", identifier)
    if invoice["status"] != "open" or invoices.is_under_way(world, invoice):
        raise ApiError(f"This invoice is {invoice['status']} and cannot be paid now.", code="invoice_not_editable")
    subscription = world.store.get("subscription", invoice["parent"]["subscription_details"]["subscription"])
    if "payment_method" in params:
        _default_method(world, subscription, {"default_payment_method": params["payment_method"]})
    outcome = subscriptions.charge(world, subscription, invoice)
    if not outcome.takes_money:
        raise _declined(world, invoice)
    return world.store.get("invoice", identifier)


def _declined(world: World, invoice: Json) -> ApiError:
    link = invoices.payments_of(world, invoice)["data"][0]
    intent = world.store.get("payment_intent", link["payment"]["payment_intent"])
    problem = intent["last_payment_error"]
    if problem is None:
        message = "This payment requires additional user action before it can be completed successfully."
        return ApiError(message, code="invoice_payment_intent_requires_action", kind="card_error", status=402)
    error = ApiError(problem["message"], code=problem["code"], kind="card_error", status=402)
    error.more = {name: problem[name] for name in ("charge", "decline_code") if name in problem}
    return error
