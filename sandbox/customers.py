"""Customers and their payment methods."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import subscriptions
from sandbox.errors import invalid
from sandbox.params import refuse_unimitated

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.errors import Json
    from sandbox.world import World

_KEPT = (
    "address",
    "business_name",
    "description",
    "email",
    "individual_name",
    "metadata",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)
_UNIMITATED = ("balance", "cash_balance", "source", "test_clock", "tax_id_data", "tax", "payment_method")


def new_customer(world: World, fields: Json) -> Json:
    """A stored customer with these fields; emits `customer.created`."""
    customer = world.new("customer", "cus", balance=0, delinquent=False, preferred_locales=[], tax_exempt="none")
    settings = {"custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None}
    customer |= {
        "invoice_prefix": customer["id"][-8:].upper(),
        "invoice_settings": settings,
        "next_invoice_sequence": 1,
        **fields,
    }
    world.store.put(customer)
    world.emit("customer.created", customer)
    return customer


def create(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/customers`."""
    refuse_unimitated(params, _UNIMITATED)
    return new_customer(world, {name: params[name] for name in _KEPT if name in params})


def update(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/customers/:id`; an empty string clears a field, metadata are merged."""
    refuse_unimitated(params, _UNIMITATED)
    if "@" not in (params.get("email") or "@"):
        raise invalid("email", "Invalid email address", "email_invalid")
    customer = world.store.get("customer", identifier)
    previous = {name: customer[name] for name in _KEPT if name in params}
    fields = {name: params[name] or None for name in _KEPT if name in params and name != "metadata"}
    customer |= fields | {"metadata": merged_metadata(customer, params)}
    chosen = params.get("invoice_settings", {}).get("default_payment_method")
    if chosen:
        world.store.get("payment_method", chosen, "invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = chosen
    world.store.put(customer)
    world.emit("customer.updated", customer, previous)
    return customer


def delete(world: World, params: Json, identifier: str) -> Json:
    """`DELETE /v1/customers/:id`; their subscriptions end."""
    customer = world.store.get("customer", identifier)
    for subscription in world.store.all("subscription", {"customer": identifier}):
        if subscription["status"] != "canceled":
            subscriptions.end(world, subscription)
    world.emit("customer.deleted", customer)
    world.store.remove(identifier)
    return {"id": identifier, "object": "customer", "deleted": True}


def list_methods(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/customers/:id/payment_methods`."""
    world.store.get("customer", identifier)
    where = {"customer": identifier} | {name: params[name] for name in ("type",) if name in params}
    rows, more = world.store.page("payment_method", where, params)
    return {"data": rows, "has_more": more}


def attach(world: World, method: Json, customer_id: str) -> None:
    """Tie a payment method to a customer; emits `payment_method.attached`."""
    method["customer"] = customer_id
    world.store.put(method)
    world.emit("payment_method.attached", method)


def merged_metadata(thing: Json, params: Json) -> Json:
    """Metadata after an update: keys merged, keys with an empty value removed, `""` clears all."""
    if "metadata" not in params:
        return dict(thing["metadata"])
    if params["metadata"] == "":
        return {}
    merged = {**thing["metadata"], **params["metadata"]}
    return {name: value for name, value in merged.items() if value != ""}


def change_texts(kind: str, event: str, *names: str) -> Callable[[World, Json, str], Json]:
    """A handler that updates metadata and these plain fields of one kind of object and emits `event`."""

    def change(world: World, params: Json, identifier: str) -> Json:
        thing = world.store.get(kind, identifier)
        refuse_unimitated(params, set(params) - {"metadata", *names})
        thing |= {name: params[name] or None for name in names if name in params}
        thing["metadata"] = merged_metadata(thing, params)
        world.store.put(thing)
        if event:
            world.emit(event, thing, dict.fromkeys(params))
        return thing

    return change
