"""When two people edit one contact: the form remembers what it showed, so that the later one sees what changed since.

What the form remembers comes back from the browser. It only serves to tell what was typed from what was merely shown:
the first stays, the second follows what is stored now. Nothing is ever written from it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.contacts.models import Contact
from app.contacts.services import details_of

CHANNELS = ("emails", "phones", "addresses")
TYPED = {"emails": ("address",), "phones": ("typed",), "addresses": ("street", "postcode", "city", "region", "country")}


@dataclass(frozen=True)
class Change:
    """A part of the contact ("family_name", "emails") that somebody else changed meanwhile, as text."""

    part: str
    before: str
    after: str


def snapshot(contact: Contact) -> str:
    """What a form shows of the contact now, to be sent along with it."""
    rows = {name: {str(row["id"]): text_of_row(name, row) for row in _rows(contact, name)} for name in CHANNELS}
    return json.dumps({"parts": _parts(contact), "rows": rows}, ensure_ascii=False)


def changes_since(seen: str, contact: Contact) -> list[Change]:
    """What is different now from what the form showed; everything, if that cannot be read."""
    before = parts_seen(seen)
    return [
        Change(part, before.get(part, ""), now) for part, now in _parts(contact).items() if before.get(part, "") != now
    ]


def parts_seen(seen: str) -> dict[str, str]:
    """What the form showed of each part."""
    return {str(name): str(text) for name, text in _read(seen, "parts").items()}


def merge_rows(seen: str, contact: Contact, name: str, typed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a channel as form data: what was typed stays, what was left alone is as it is now."""
    shown = _read(_read(seen, "rows"), name)
    now = {str(row["id"]): row for row in _rows(contact, name)}
    merged = []
    for row in typed:
        key = str(row.get("id") or "")
        is_untouched = key in shown and shown[key] == text_of_row(name, row)
        if not is_untouched:
            merged.append({**row, "id": key if key in now else ""})
        elif key in now:
            merged.append(now[key])
    return [*merged, *(row for key, row in now.items() if key not in shown)]


def text_of_row(name: str, row: Mapping[str, Any]) -> str:
    """An e-mail, phone or address with its label, in one line."""
    texts = [" ".join(str(row.get(part) or "").split()) for part in TYPED[name]]
    label = f" ({row['label']})" if row.get("label") else ""
    return ", ".join(text for text in texts if text) + label


def _read(seen: str | Mapping[str, Any], part: str) -> Mapping[str, Any]:
    try:
        found = (json.loads(seen) if isinstance(seen, str) else seen)[part]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _rows(contact: Contact, name: str) -> list[dict[str, Any]]:
    return [vars(row) for row in getattr(details_of(contact), name)]


def _parts(contact: Contact) -> dict[str, str]:
    """Each part of the contact as one text; the main row of a channel is starred."""
    parts = {name: str(value) for name, value in vars(details_of(contact)).items() if name not in {*CHANNELS, "kind"}}
    for name in CHANNELS:
        rows = _rows(contact, name)
        parts[name] = "; ".join(text_of_row(name, row) + (" ★" if row["is_primary"] else "") for row in rows)
    return parts
