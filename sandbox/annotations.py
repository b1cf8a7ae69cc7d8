"""Reads the type annotations of the installed Stripe SDK.

They are generated from Stripe's OpenAPI file and so are the most exact description of version
2026-10-28.endive that is available offline. Names the SDK imports only for type checkers are looked up
in the `stripe` package; names found nowhere become `Any`.
"""

from __future__ import annotations

import builtins
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import stripe
import typing_extensions
from stripe._object_classes import OBJECT_CLASSES
from stripe._request_options import RequestOptions

REQUEST_OPTIONS = frozenset(RequestOptions.__annotations__)


class _Scope(Mapping[str, Any]):
    """The names an annotation may use, in the order Python would look for them, never failing."""

    def __init__(self, cls: type) -> None:
        module = vars(sys.modules[cls.__module__])
        self._places = (vars(cls), module, vars(builtins), vars(typing), vars(stripe))

    def __getitem__(self, name: str) -> Any:
        for place in self._places:
            if name in place:
                return place[name]
        return getattr(stripe, name, Any)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@cache
def hints(cls: type) -> dict[str, Any]:
    """The resolved annotations of a resource class or parameter class, without request options."""
    module = vars(sys.modules[cls.__module__])
    found = typing_extensions.get_type_hints(cls, globalns=module, localns=_Scope(cls))
    is_params = typing_extensions.is_typeddict(cls)
    hidden = REQUEST_OPTIONS if is_params else frozenset({"OBJECT_NAME"})
    return {
        name.rstrip("_"): hint
        for name, hint in found.items()
        if name not in hidden and not name.startswith("_") and "ClassVar" not in repr(hint)
    }


def options(hint: Any) -> tuple[Any, ...]:
    """The members of a union, flattened; a single type is its own only member."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return tuple(inner for part in typing.get_args(hint) for inner in options(part))
    return (hint,)


@cache
def resource_class(kind: str) -> type:
    """The SDK's class for an `object` value such as `checkout.session`; KeyError if there is none."""
    module, name = OBJECT_CLASSES[kind]
    found: type = getattr(import_module(module), name)
    return found


@cache
def parameter_class(name: str) -> type:
    """The SDK's TypedDict of a call's parameters, such as `checkout.SessionCreateParams`."""
    package, _, cls = name.rpartition(".")
    found: type = getattr(import_module(".".join(filter(None, ("stripe.params", package)))), cls)
    return found
