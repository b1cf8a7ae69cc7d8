"""Webhook endpoints over the API, and the one account this sandbox stands for."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stripe import api_version

from sandbox.customers import merged_metadata
from sandbox.errors import ApiError, invalid
from sandbox.params import refuse_unimitated
from sandbox.shapes import part
from sandbox.webhooks import new_endpoint

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CREDITOR = "FR72ZZZ123456"
"""A SEPA creditor identifier of nobody, whose check digits are right."""


def create(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/webhook_endpoints`; the answer is the only one that shows the secret. Loopback only."""
    refuse_unimitated(params, ("connect",))
    if params.get("api_version", api_version) != api_version:
        raise invalid("api_version", f"The sandbox imitates {api_version} only.")
    _check_address(world, params["url"])
    endpoint = new_endpoint(world, params["url"], list(params["enabled_events"]))
    endpoint |= {"description": params.get("description"), "metadata": params.get("metadata") or {}}
    world.store.put(endpoint)
    return {**endpoint, "secret": endpoint["_secret"]}


def _check_address(world: World, url: str) -> None:
    """Only this machine is written to, unless deliveries are handed to a program."""
    if world.settings.deliver is None and urlsplit(url).hostname not in _LOOPBACK:
        raise ApiError("The sandbox delivers to this machine only.", code="url_invalid", param="url")


def update(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/webhook_endpoints/:id`: url, enabled_events, disabled, description, metadata."""
    endpoint = world.store.get("webhook_endpoint", identifier)
    if "url" in params:
        _check_address(world, params["url"])
    endpoint |= {name: params[name] for name in ("url", "enabled_events", "description") if name in params}
    endpoint["metadata"] = merged_metadata(endpoint, params)
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return world.store.put(endpoint)


def delete(world: World, params: Json, identifier: str) -> Json:
    """`DELETE /v1/webhook_endpoints/:id`; deliveries still waiting for it are dropped."""
    world.store.get("webhook_endpoint", identifier)
    world.store.remove(identifier)
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}


def account(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/account`."""
    found = world.new("account", "acct", charges_enabled=True, country="FR", details_submitted=True)
    found |= {
        "id": "acct_sandbox",
        "business_profile": {"name": world.settings.merchant_name},
        "default_currency": world.settings.settlement_currency,
        "email": None,
        "payouts_enabled": True,
        "settings": part("account", "settings") | {"sepa_debit_payments": {"creditor_id": _CREDITOR}},
        "type": "standard",
    }
    return {name: value for name, value in found.items() if value is not None or name == "email"}
