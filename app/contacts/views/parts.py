"""What other features add to the pages of contacts, and how phones and countries are written there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.contacts.rules.channels import show_phone
from app.kernel.i18n import babel_locale
from app.web.auth import current_actor
from app.web.columns import allowed_panels
from app.web.feature import TimelineItem
from app.web.nav import features

PANELS = "contact"
SOURCES = "contact_source"


@dataclass(frozen=True)
class Source:
    """Where a contact or a consent came from: its words, and a page about it if there is one for the reader."""

    text: str
    url: str = ""


def panels(db: Session, contact: Contact) -> list[Markup]:
    """The panels that the reader may see, drawn, in order.

    A panel's template draws its own card; it is given `contact`, `panel` and what the panel loads.
    """
    drawn = [
        render_template(panel.template, **{"panel": panel, **panel.load(db, contact), "contact": contact})
        for panel in allowed_panels(PANELS)
    ]
    return [Markup(text) for text in drawn]  # noqa: S704 - drawn by our own templates, which escape


def sources(db: Session, kept: Iterable[str]) -> dict[str, Source]:
    """The sources kept with a contact and with consents, in words; what no feature knows is shown as it was typed.

    Such a panel loads {"text": words, "url": page} for a source of its own, and {} for any other; it has no template.
    """
    asked = allowed_panels(SOURCES)
    found = {text: next((words for panel in asked if (words := panel.load(db, text))), None) for text in set(kept)}
    return {text: Source(**words) if words else Source(text) for text, words in found.items()}


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
