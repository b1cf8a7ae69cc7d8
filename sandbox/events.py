"""The event log over the API: `GET /v1/events`."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, Json, not_found
from sandbox.store import created_range
from sandbox.webhooks import pending

if TYPE_CHECKING:
    from sandbox.world import World

_UNDELIVERED = "SELECT event_id FROM delivery WHERE state <> 'delivered'"


def list_all(world: World, params: Json, identifier: str) -> Json:
    """Events, newest first, by `type` (with `*` at its end), `types`, `created` and `delivery_success`."""
    if "type" in params and "types" in params:
        raise ApiError("You may pass either `type` or `types`, but not both.", param="types")
    clauses, values = "1 = 1", ()
    wanted: Any = params.get("types") or ([params["type"]] if "type" in params else [])
    if len(wanted) > 20:
        raise ApiError("You may pass at most 20 types.", param="types")
    if wanted:
        clauses += " AND (" + " OR ".join("type GLOB ?" for _name in wanted) + ")"
        values = tuple(wanted)
    created, bounds = created_range(params.get("created"))
    if "delivery_success" in params:
        clauses += f" AND id {'NOT IN' if params['delivery_success'] else 'IN'} ({_UNDELIVERED})"
    rows, more = world.store.event_page(clauses + created, (*values, *bounds), params)
    return {"data": [_shown(world, row) for row in rows], "has_more": more}


def retrieve(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/events/:id`."""
    rows, _more = world.store.event_page("id = ?", (identifier,), {})
    if not rows:
        raise not_found("event", identifier)
    return _shown(world, rows[0])


def _shown(world: World, event: Json) -> Json:
    return {**event, "pending_webhooks": pending(world, event["id"])}
