"""Columns that features add to another feature's list, such as what each contact gave in all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.web.application import request_session
from app.web.auth import current_actor
from app.web.feature import Panel
from app.web.nav import features


@dataclass(frozen=True)
class Column:
    """A column: its heading, how it is set ("num", "date" or ""), each record's text by key, and links for some."""

    label: str
    kind: str
    cells: dict[int, str]
    urls: dict[int, str] = field(default_factory=dict)

    @property
    def heading(self) -> dict[str, str]:
        """As `components/tables.html` takes it."""
        return {"label": self.label, "kind": self.kind}


def allowed_panels(place: str) -> list[Panel]:
    """The panels of a place that the reader may see, in order."""
    actor = current_actor()
    return [panel for panel in features().panels(place) if panel.capability is None or actor.may(panel.capability)]


def panels_of(place: str, record: Any) -> list[Markup]:
    """The panels of a place that the reader may see, drawn: each is given `panel` and what it loads of the record."""
    drawn = [
        render_template(panel.template, panel=panel, **panel.load(request_session(), record))
        for panel in allowed_panels(place)
    ]
    return [Markup(text) for text in drawn]  # noqa: S704 - drawn by our own templates, which escape


def columns(db: Session, place: str, records: Sequence[Any]) -> list[Column]:
    """The columns that features add to a list.

    Such a panel loads {"cells": {key: text}, "kind": "num", "urls": {key: url}} for a page of records, with a number of
    queries that does not grow with it; it has no template. Only "cells" must be there.
    """
    loaded = [(panel, panel.load(db, records)) for panel in allowed_panels(place)]
    return [
        Column(str(panel.title), found.get("kind", ""), found["cells"], found.get("urls", {}))
        for panel, found in loaded
    ]
