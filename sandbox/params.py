"""Request parameters: from the form encoding to values, checked against the SDK's own TypedDicts.

What the SDK's types do not know is refused, exactly as Stripe refuses it. That alone keeps out
`payment_method_types` and the old `ui_mode` values.
"""

from __future__ import annotations

import re
import typing
from decimal import Decimal, InvalidOperation
from typing import Any

import typing_extensions

from sandbox.annotations import hints, options, parameter_class
from sandbox.errors import ApiError, Json, invalid, missing

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

_KEY_PART = re.compile(r"\[([^\]]*)\]")
_LONGEST_TEXT = 5000
_DEEPEST = 12
_METADATA_KEYS, _METADATA_KEY_LENGTH, _METADATA_VALUE_LENGTH = 50, 40, 500


def parse(pairs: Iterable[tuple[str, str]]) -> Json:
    """Nest form pairs: `a[b][0][c]=1` becomes `{"a": {"b": {"0": {"c": "1"}}}}`; `a[]` is numbered.

    Raises ApiError when a name is both a value and a hash.
    """
    root: Json = {}
    for key, value in pairs:
        head, bracket, _rest = key.partition("[")
        names = [head, *(_KEY_PART.findall(key) if bracket else [])]
        if len(names) > _DEEPEST:
            raise invalid(head, f"Invalid hash: {head} is nested too deeply")
        place = root
        for name in names[:-1]:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                raise invalid(key, f"Invalid hash: {key}")
            place = inner
        last = names[-1] or str(len(place))
        if isinstance(place.get(last), dict):
            raise invalid(key, f"Invalid value: {key}")
        place[last] = value
    return root


def check(name: str, raw: Json) -> Json:
    """The typed parameters of one call. `name` is an SDK class such as `checkout.SessionCreateParams`.

    Raises ApiError: `parameter_unknown`, `parameter_missing`, `parameter_invalid_integer`, and so on.
    """
    return _check_hash(parameter_class(name), raw, "")


def _check_hash(cls: type, raw: Json, path: str) -> Json:
    known = hints(cls)
    for name in raw:
        if name not in known:
            where = f"{path}[{name}]" if path else name
            if where == "payment_method_types":
                raise invalid(
                    where,
                    "payment_method_types is no longer supported in this API version.",
                    "payment_method_types_no_longer_supported",
                )
            raise invalid(where, f"Received unknown parameter: {where}", "parameter_unknown")
    for name in sorted(getattr(cls, "__required_keys__", ())):
        if name not in raw:
            raise missing(f"{path}[{name}]" if path else name)
    return {n: _check(v, known[n], f"{path}[{n}]" if path else n) for n, v in raw.items()}


def _check(value: Any, hint: Any, path: str) -> Any:
    choices = options(hint)
    if isinstance(value, dict):
        return _check_nested(value, choices, path)
    literals = {v for c in choices if typing.get_origin(c) is typing.Literal for v in typing.get_args(c)}
    if value == "":
        if "" in literals:
            return ""
        raise invalid(
            path,
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
            f"parameter; however '{path}' cannot be unset.",
            "parameter_invalid_empty",
        )
    if value in literals:
        return value
    for kind, reader in ((bool, _boolean), (int, _integer), (float, _decimal), (Decimal, _decimal)):
        if kind in choices:
            return reader(value, path)
    if literals - {""}:
        known = ", ".join(sorted(str(v) for v in literals - {""}))
        raise invalid(path, f"Invalid {path}: must be one of {known}")
    if str in choices or Any in choices:
        return _text(value, path)
    raise invalid(path, f"Invalid {path}: a hash or an array was expected")


def _check_nested(value: Json, choices: tuple[Any, ...], path: str) -> Any:
    for choice in choices:
        if typing.get_origin(choice) is list and all(re.fullmatch("[0-9]{1,4}", name) for name in value):
            item = typing.get_args(choice)[0]
            ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
            return [_check(v, item, f"{path}[{n}]") for n, v in ordered]
    for choice in choices:
        if typing_extensions.is_typeddict(choice):
            return _check_hash(choice, value, path)
        if typing.get_origin(choice) is dict:
            return _check_metadata(value, path)
    raise invalid(path, f"Invalid string: {path} is not a hash")


def _check_metadata(value: Json, path: str) -> Json:
    if len(value) > _METADATA_KEYS:
        raise invalid(path, f"Metadata can have at most {_METADATA_KEYS} keys.")
    for name, text in value.items():
        if not isinstance(text, str):
            raise invalid(f"{path}[{name}]", "Metadata values must be strings.")
        if len(name) > _METADATA_KEY_LENGTH or len(text) > _METADATA_VALUE_LENGTH:
            raise invalid(f"{path}[{name}]", "Metadata keys are limited to 40 characters and values to 500.")
    return dict(value)


def _boolean(value: str, path: str) -> bool:
    if value not in {"true", "false"}:
        raise invalid(path, f"Invalid boolean: {value}")
    return value == "true"


def _integer(value: str, path: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", value):
        raise invalid(path, f"Invalid integer: {value}", "parameter_invalid_integer")
    return int(value)


def _decimal(value: str, path: str) -> str:
    try:
        Decimal(value)
    except InvalidOperation:
        raise invalid(path, f"Invalid decimal: {value}") from None
    return value


def _text(value: str, path: str) -> str:
    if len(value) > _LONGEST_TEXT:
        raise invalid(path, f"Invalid string: {path} is longer than 5000 characters.", "parameter_invalid_string")
    return value


def refuse_unimitated(params: Json, names: Iterable[str]) -> None:
    """Refuse parameters Stripe knows and this sandbox does not act on, rather than ignore them silently."""
    for name in names:
        if name in params:
            raise ApiError(f"The sandbox does not imitate '{name}'.", code="sandbox_not_imitated", param=name)
