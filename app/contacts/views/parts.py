"""What other features add to the pages of contacts, and how phones and countries are written there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.contacts.rules import show_phone
from app.kernel.i18n import babel_locale
from app.web.auth import current_actor
from app.web.feature import Panel, TimelineItem
from app.web.nav import features

PANELS = "contact"
COLUMNS = "contacts_column"


@dataclass(frozen=True)
class Column:
    """A column of the list: its heading, how it is set ("num", "date" or ""), and each contact's text by key."""

    label: str
    kind: str
    cells: dict[int, str]


def panels(db: Session, contact: Contact) -> list[Markup]:
    """The panels that the reader may see, drawn, in order.

    A panel's template draws its own card; it is given `contact`, `panel` and what the panel loads.
    """
    drawn = [
        render_template(panel.template, **{"panel": panel, **panel.load(db, contact), "contact": contact})
        for panel in _allowed(PANELS)
    ]
    return [Markup(text) for text in drawn]  # noqa: S704 - drawn by our own templates, which escape


def columns(db: Session, contacts: Sequence[Contact]) -> list[Column]:
    """The columns that features add to the list.

    Such a panel loads {"cells": {key: text}, "kind": "num"} for a page of contacts, with one query; it has no template.
    """
    loaded = [(panel, panel.load(db, contacts)) for panel in _allowed(COLUMNS)]
    return [Column(str(panel.title), found.get("kind", ""), found["cells"]) for panel, found in loaded]


def timeline(db: Session, contact_id: int, limit: int) -> list[TimelineItem]:
    """What happened with a contact, from every feature, newest first."""
    actor = current_actor()
    sources = [source for feature in features().all for source in feature.timeline]
    allowed = [source for source in sources if source.capability is None or actor.may(source.capability)]
    items = [item for source in allowed for item in source.load(db, contact_id, limit)]
    return sorted(items, key=lambda item: item.at, reverse=True)[:limit]


def phone(number: str) -> str:
    """A kept number with the spaces its country writes."""
    return show_phone(number)


def country(code: str) -> str:
    """A country's name in the reader's language."""
    name: Any = babel_locale().territories.get(code, code)
    return str(name)


def _allowed(place: str) -> list[Panel]:
    actor = current_actor()
    return [panel for panel in features().panels(place) if panel.capability is None or actor.may(panel.capability)]
