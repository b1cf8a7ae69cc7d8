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
from app.contacts.wording.changes import words_of_part, words_of_row

CHANNELS = ("emails", "phones", "addresses")
SHARED = ("label", "valid_from", "valid_until", "hold_reason")
COMPARED = {
    "emails": ("address", *SHARED),
    "phones": ("typed", *SHARED),
    "addresses": ("street", "postcode", "city", "region", "country", *SHARED, "season_from", "season_until"),
}
"""What makes a row another one; which row is the main one is compared besides."""


@dataclass(frozen=True)
class Change:
    """A part of the contact ("family_name", "emails") that somebody else changed meanwhile, in words."""

    part: str
    before: str
    after: str


def snapshot(contact: Contact) -> str:
    """What a form shows of the contact now, to be sent along with it."""
    rows = {name: {str(row["id"]): _said(name, row) for row in _rows(contact, name)} for name in CHANNELS}
    return json.dumps({"parts": _parts(contact), "rows": rows}, ensure_ascii=False)


def changes_since(seen: str, contact: Contact) -> list[Change]:
    """What is different now from what the form showed; everything, if that cannot be read."""
    before = parts_seen(seen)
    changes = [
        Change(part, words_of_part(part, before.get(part, "")), words_of_part(part, now))
        for part, now in _parts(contact).items()
        if before.get(part, "") != now
    ]
    for name in CHANNELS:
        shown, now = list(_rows_seen(seen, name).values()), [_said(name, row) for row in _rows(contact, name)]
        if shown != now:
            changes.append(Change(name, _listed(name, shown), _listed(name, now)))
    return changes


def parts_seen(seen: str) -> dict[str, str]:
    """What the form showed of each part."""
    return {str(name): str(text) for name, text in _read(seen, "parts").items()}


def merge_rows(seen: str, contact: Contact, name: str, typed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a channel as form data: what was typed stays, what was left alone is as it is now."""
    shown = _rows_seen(seen, name)
    now = {str(row["id"]): row for row in _rows(contact, name)}
    merged = []
    for row in typed:
        key = str(row.get("id") or "")
        is_untouched = key in shown and _compared(name, shown[key]) == _compared(name, _said(name, row))
        if not is_untouched:
            merged.append({**row, "id": key if key in now else ""})
        elif key in now:
            merged.append(now[key])
    return [*merged, *(row for key, row in now.items() if key not in shown)]


def text_of(value: object) -> str:
    """A value of a form or of a record as one text, the same in every language; "" for what says nothing."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(str(value).split()) if value is not None else ""


def _said(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    return {part: text_of(row.get(part)) for part in (*COMPARED[name], "is_primary")}


def _compared(name: str, said: Mapping[str, str]) -> list[str]:
    return [said.get(part, "") for part in COMPARED[name]]


def _listed(name: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Rows in words; the main one is starred."""
    return "; ".join(words_of_row(name, row) + (" ★" if row.get("is_primary") else "") for row in rows)


def _rows_seen(seen: str, name: str) -> dict[str, dict[str, str]]:
    """What the form showed of each row, by key; what is no row is left out."""
    found = _read(_read(seen, "rows"), name)
    return {
        str(key): {str(part): str(text) for part, text in row.items()}
        for key, row in found.items()
        if isinstance(row, dict)
    }


def _read(seen: str | Mapping[str, Any], part: str) -> Mapping[str, Any]:
    try:
        found = (json.loads(seen) if isinstance(seen, str) else seen)[part]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _rows(contact: Contact, name: str) -> list[dict[str, Any]]:
    return [vars(row) for row in getattr(details_of(contact), name)]


def _parts(contact: Contact) -> dict[str, str]:
    """Each part of the contact itself as one text."""
    told = vars(details_of(contact))
    return {name: text_of(value) for name, value in told.items() if name not in {*CHANNELS, "kind"}}
