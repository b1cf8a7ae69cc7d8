"""`expand[]`: puts whole objects in the place of their ids, up to four levels deep, as Stripe does."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import invoices, money_movements
from sandbox.errors import ApiError, Json
from sandbox.shapes import is_expandable
from sandbox.world import World, public

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 4


def _session_lines(world: World, session: Json) -> Json:
    rows = session["_line_items"]
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "data": rows, "has_more": False, "url": url}


def _charge_refunds(world: World, charge: Json) -> Json:
    rows = [public(row) for row in world.store.all("refund", {"charge": charge["id"]})]
    return {"object": "list", "data": rows, "has_more": False, "url": f"/v1/charges/{charge['id']}/refunds"}


#: Lists that are shown only when asked for.
_INCLUDED: dict[tuple[str, str], Callable[[World, Json], Json]] = {
    ("checkout.session", "line_items"): _session_lines,
    ("charge", "refunds"): _charge_refunds,
    ("invoice", "payments"): invoices.payments_of,
}


def render(world: World, thing: Json, paths: list[str]) -> Json:
    """The public form of a stored object (or list of them) with these paths expanded.

    Raises ApiError for a path that is too deep or names nothing expandable.
    """
    if thing.get("object") == "list":
        shown = {**thing, "data": [public(row) for row in thing["data"]]}
        private = thing["data"]
    else:
        shown, private = public(thing), [thing]
    for path in paths:
        names = path.split(".")
        if len(names) > _DEEPEST:
            raise ApiError(f"You cannot expand more than 4 levels of a property. Property: {path}", param="expand")
        if shown.get("object") == "list":
            if names[0] != "data" or len(names) == 1:
                raise _unexpandable(path)
            for row, full in zip(shown["data"], private, strict=True):
                _expand(world, row, full, names[1:], path)
        else:
            _expand(world, shown, private[0], names, path)
    return shown


def _unexpandable(path: str) -> ApiError:
    return ApiError(f"This property cannot be expanded ({path}).", param="expand")


def _expand(world: World, root: Json, full: Json, names: list[str], path: str) -> None:
    """Expand inside one object; `full` is its stored form, private keys included."""
    kind = root["object"]
    place: Json = root
    for depth, name in enumerate(names):
        include = _INCLUDED.get((kind, name)) if depth == 0 else None
        if include is not None and name not in root:
            root[name] = include(world, full)
        elif name not in place and not is_expandable(kind, tuple(names[: depth + 1])):
            raise _unexpandable(path)
        value = place.get(name)
        rest = names[depth + 1 :]
        if isinstance(value, str):
            if not is_expandable(kind, tuple(names[: depth + 1])):
                raise _unexpandable(path)
            _expand_reference(world, place, name, rest, path)
            return
        if isinstance(value, dict) and "object" in value:
            _expand_inner(world, value, rest, path)
            return
        if value is None:
            return
        if not isinstance(value, dict) or not rest:
            raise _unexpandable(path)
        place = value


def _expand_reference(world: World, place: Json, name: str, rest: list[str], path: str) -> None:
    found = world.store.seek(place[name])
    if found is None:
        return
    if found["object"] == "balance_transaction":
        found = money_movements.show(world, found)
    place[name] = public(found)
    if rest:
        _expand(world, place[name], found, rest, path)


def _expand_inner(world: World, value: Json, rest: list[str], path: str) -> None:
    """Go on inside an object that is already whole: a list, or something expanded by an earlier path."""
    rows: list[Any] = [value]
    if value["object"] == "list":
        if rest[:1] != ["data"]:
            return
        rows, rest = value["data"], rest[1:]
    for row in rows:
        if rest:
            _expand(world, row, world.store.seek(row.get("id")) or row, rest, path)
