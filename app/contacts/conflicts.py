"""When two people edit one contact: the form remembers what it showed, so that the later one sees what changed since.

What the form remembers comes back from the browser. It only serves to show differences and to keep rows that somebody
else has added; nothing is ever written from it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.contacts.models import Contact
from app.contacts.services import details_of

CHANNELS = ("emails", "phones", "addresses")
TYPED = {"emails": ("address",), "phones": ("typed",), "addresses": ("street", "postcode", "city", "country")}


@dataclass(frozen=True)
class Change:
    """A part of the contact ("family_name", "emails") that somebody else changed meanwhile, as text."""

    part: str
    before: str
    after: str


def snapshot(contact: Contact) -> str:
    """What a form shows of the contact now, to be sent along with it."""
    rows = {name: [row.id for row in getattr(contact, name)] for name in CHANNELS}
    return json.dumps({"parts": _parts(contact), "rows": rows}, ensure_ascii=False)


def changes_since(seen: str, contact: Contact) -> list[Change]:
    """What is different now from what the form showed; everything, if that cannot be read."""
    parts = _read(seen, "parts")
    now = _parts(contact)
    return [
        Change(part, str(parts.get(part, "")), text) for part, text in now.items() if str(parts.get(part, "")) != text
    ]


def rows_added_since(seen: str, contact: Contact) -> dict[str, list[dict[str, Any]]]:
    """The rows of each channel that the form did not show, as form data."""
    rows, details = _read(seen, "rows"), details_of(contact)
    added = {}
    for name in CHANNELS:
        listed = rows.get(name)
        shown = listed if isinstance(listed, list) else []
        added[name] = [vars(row) for row in getattr(details, name) if row.id not in shown]
    return added


def _read(seen: str, part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(seen)[part]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _parts(contact: Contact) -> dict[str, str]:
    """Each part of the contact as one text."""
    details = vars(details_of(contact))
    parts = {name: str(value) for name, value in details.items() if name not in {*CHANNELS, "kind"}}
    for name in CHANNELS:
        parts[name] = "\n".join(_row(row, TYPED[name]) for row in details[name])
    return parts


def _row(row: Any, typed: tuple[str, ...]) -> str:
    text = ", ".join(getattr(row, part).replace("\n", ", ") for part in typed if getattr(row, part))
    label = f" ({row.label})" if row.label else ""
    return f"{text}{label}{' *' if row.is_primary else ''}"
