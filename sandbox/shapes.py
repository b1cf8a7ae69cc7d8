"""Objects of full shape, made from the SDK's annotations, and a check that an object has that shape."""

from __future__ import annotations

import json
import typing
from functools import cache
from typing import Any

from stripe import ListObject, StripeObject

from sandbox.annotations import hints, options, resource_class

if typing.TYPE_CHECKING:
    from sandbox.errors import Json

_EMPTY: dict[type, Any] = {int: 0, str: "", bool: False, float: 0.0}
_EMPTY_CONTAINERS: dict[Any, Any] = {
    list: [],
    ListObject: {"object": "list", "data": [], "has_more": False, "url": ""},
}


def skeleton(kind: str) -> Json:
    """A new object of this kind with every key Stripe sends: null where it may be null, else empty.

    Lists that Stripe includes only on request (`invoice.payments`, `charge.refunds`) are left out.
    """
    return {**_copy(_skeleton_text(resource_class(kind))), "object": kind}


def part(kind: str, path: str) -> Json:
    """A new nested hash, e.g. `part("charge", "payment_method_details.card")`."""
    cls = resource_class(kind)
    for name in path.split("."):
        cls = _nested_class(hints(cls)[name]) or cls
    return _copy(_skeleton_text(cls))


def _copy(text: str) -> Json:
    copy: Json = json.loads(text)
    return copy


@cache
def _skeleton_text(cls: type) -> str:
    return json.dumps({name: _empty(hint) for name, hint in hints(cls).items() if not _is_left_out(name, hint)})


def _empty(hint: Any) -> Any:
    choices = options(hint)
    if type(None) in choices or Any in choices:
        return None
    literals = [typing.get_args(c)[0] for c in choices if typing.get_origin(c) is typing.Literal]
    if literals:
        return literals[0]
    nested = _nested_class(hint)
    first = choices[0]
    if nested is not None and typing.get_origin(first) is not list and str not in choices:
        return _copy(_skeleton_text(nested))
    origin = typing.get_origin(first)
    if origin is None:
        return _EMPTY.get(first) if len(choices) == 1 else None
    return _EMPTY_CONTAINERS.get(origin, {})


_SENT_SOMETIMES = frozenset({"breakdown", "deleted", "previous_attributes"})


def _is_left_out(name: str, hint: Any) -> bool:
    """Keys Stripe sends only sometimes: lists on request, `deleted` and `breakdown`."""
    return name in _SENT_SOMETIMES or _is_includable(hint)


def _is_includable(hint: Any) -> bool:
    choices = options(hint)
    return type(None) in choices and any(typing.get_origin(choice) is ListObject for choice in choices)


def _nested_class(hint: Any) -> type | None:
    for choice in options(hint):
        inner = typing.get_args(choice)[0] if typing.get_origin(choice) is list else choice
        if isinstance(inner, type) and issubclass(inner, StripeObject) and inner is not StripeObject:
            return inner
    return None


def is_expandable(kind: str, path: tuple[str, ...]) -> bool:
    """Whether `path` inside an object of this kind names a reference that can be expanded."""
    cls: type | None = resource_class(kind)
    hint: Any = None
    for name in path:
        known = hints(cls) if cls is not None else {}
        if name not in known:
            return False
        hint = known[name]
        cls = _nested_class(hint)
    return cls is not None or any(_is_includable(hint) for hint in [hint])


def faults(thing: Any) -> list[str]:
    """What differs between an object and the SDK's description of it; empty when nothing does."""
    found: list[str] = []
    _compare(thing, resource_class(thing["object"]), thing["object"], found)
    return found


def _compare(thing: Json, cls: type, path: str, found: list[str]) -> None:
    known = hints(cls)
    # A hash that carries only the key of its own type, or only the options that were set.
    chooses = "type" in known or all(type(None) in options(hint) for hint in known.values())
    for name, hint in known.items():
        optional = type(None) in options(hint)
        if name not in thing:
            if not (_is_left_out(name, hint) or (chooses and optional)):
                found.append(f"{path}.{name} is missing")
        elif thing[name] is None:
            if not optional and Any not in options(hint):
                found.append(f"{path}.{name} is null")
        else:
            _compare_value(thing[name], hint, f"{path}.{name}", found)
    found += [f"{path}.{name} is unknown" for name in thing if name not in known]


def _compare_value(value: Any, hint: Any, path: str, found: list[str]) -> None:
    choices = options(hint)
    nested = _nested_class(hint)
    if isinstance(value, list):
        _compare_list(value, hint, path, found)
    elif isinstance(value, dict) and value.get("object") == "list":
        for item in value["data"]:
            _compare(item, resource_class(item["object"]), f"{path}.data", found)
    elif isinstance(value, dict) and nested is not None:
        _compare(value, nested, path, found)
    elif isinstance(value, bool | int) and not any(choice in {bool, int, float, Any} for choice in choices):
        found.append(f"{path} is a {type(value).__name__}")
    elif isinstance(value, str) and not _takes_text(choices):
        found.append(f"{path} is text")


def _compare_list(value: list[Any], hint: Any, path: str, found: list[str]) -> None:
    nested = _nested_class(hint)
    if not any(typing.get_origin(choice) is list for choice in options(hint)):
        found.append(f"{path} is a list")
    for number, item in enumerate(value):
        if isinstance(item, dict) and nested is not None:
            _compare(item, nested, f"{path}[{number}]", found)


def _takes_text(choices: tuple[Any, ...]) -> bool:
    plain = (str, Any)
    return any(c in plain or typing.get_origin(c) is typing.Literal or _is_decimal(c) for c in choices)


def _is_decimal(choice: Any) -> bool:
    return isinstance(choice, type) and choice.__name__ == "Decimal"
