"""The menu of the back office: what features registered, narrowed to what the reader may open."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, g, request, url_for
from sqlalchemy.orm import Session

from app.web.application import db
from app.web.auth import current_actor
from app.web.feature import Features, NavEntry


@dataclass(frozen=True)
class Line:
    """A menu line as the template shows it."""

    label: str
    url: str
    icon: str
    active: bool
    badge: int


@dataclass(frozen=True)
class Section:
    """Menu lines under one title ("" for the first, untitled one)."""

    title: str
    entries: list[Line]


def features() -> Features:
    """Everything that was plugged into this application."""
    found: Features = current_app.extensions["features"]
    return found


def nav_sections(titles: dict[str, str]) -> list[Section]:
    """The menu for the reader; `titles` words the sections, in order."""
    actor = current_actor()
    seen = [e for e in features().navigation if e.capability is None or actor.may(e.capability)]
    return [
        Section(title, [_line(entry) for entry in seen if entry.section == key])
        for key, title in titles.items()
        if any(entry.section == key for entry in seen)
    ]


def counted(count: Callable[[Session], int]) -> int:
    """What is counted for the menu or the dashboard, once a request however many places show it."""
    known: dict[Callable[[Session], int], int] = g.setdefault("counted", {})
    if count not in known:
        known[count] = count(db)
    return known[count]


def _line(entry: NavEntry) -> Line:
    here = (request.endpoint or "").rpartition(".")[0] in {entry.endpoint.rpartition(".")[0], *entry.also}
    badge = counted(entry.badge) if entry.badge else 0
    return Line(str(entry.label), url_for(entry.endpoint), entry.icon, here, badge)
