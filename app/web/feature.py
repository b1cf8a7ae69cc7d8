"""What a feature plugs into the rest: its pages, places in the menu, panels, capabilities and commands.

Features stand in layers and lower ones know nothing of higher ones; whatever a lower page shows of a higher
feature comes through these registrations, which the factory gathers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import click
from flask import Blueprint
from sqlalchemy.orm import Session

from app.kernel.actors import Capability
from app.kernel.criteria import Source
from app.kernel.hearing import Heard
from app.kernel.i18n import Text
from app.kernel.retention import Forgetting
from app.kernel.rounds import Round
from app.web.doors import Door
from app.web.trail_words import TrailWords, Vocabulary


@dataclass(frozen=True)
class NavEntry:
    """One line of the menu. `badge` counts what waits there (one small query), or is None.

    It is marked on all pages of its endpoint's blueprint, and of those that are named in `also`.
    """

    section: str
    label: Text
    endpoint: str
    icon: str
    capability: Capability | None = None
    order: int = 50
    badge: Callable[[Session], int] | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """A part that a feature adds to another's page (`place`): a template, and what it shows of a subject.

    `is_money` says of a column that its cells are amounts in the organisation's currency.
    """

    place: str
    title: Text
    template: str
    load: Callable[[Session, Any], dict[str, Any]]
    capability: Capability | None = None
    order: int = 50
    is_money: bool = False


@dataclass(frozen=True)
class Attached:
    """A file that belongs to what happened: its name, its size in words, its address and that of a small picture."""

    name: str
    size: str
    url: str
    picture: str = ""


@dataclass(frozen=True)
class TimelineItem:
    """One thing that happened with a contact; `is_whole_day` where the hour means nothing, as with cheques."""

    at: datetime
    icon: str
    title: str
    detail: str = ""
    url: str | None = None
    is_whole_day: bool = False
    files: Sequence[Attached] = ()


@dataclass(frozen=True)
class TimelineSource:
    """Tells what happened with a contact: newest first, at most `limit`."""

    load: Callable[[Session, int, int], Sequence[TimelineItem]]
    capability: Capability | None = None


@dataclass(frozen=True)
class SearchHit:
    """One answer of the global search."""

    id: int
    kind: str
    name: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class SearchSource:
    """Answers the global search: the best hits first, at most `limit`."""

    find: Callable[[Session, str, int], Sequence[SearchHit]]
    capability: Capability


@dataclass(frozen=True)
class Attention:
    """One line of "what needs a person today" on the dashboard: words for a count, or nothing when it is nought."""

    count: Callable[[Session], int]
    label: Callable[[int], str]
    endpoint: str
    icon: str
    capability: Capability
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Concern:
    """What a piece of background work is about, with a way there if there is one."""

    label: str
    url: str = ""


@dataclass(frozen=True)
class JobWords:
    """What a kind of job is called. `about` names the one of its ids that says what it is about.

    `concerns` finds that out for several at once, by the values of that id; what is gone is left out.
    """

    kind: str
    label: Text
    about: str = ""
    concerns: Callable[[Session, Sequence[Any]], Mapping[Any, Concern]] | None = None


@dataclass(frozen=True)
class Figure:
    """A figure for machines that watch: its name, what it says, and its values by label values.

    Label values are few and known beforehand (a currency, a state), never a person's. One small query.
    """

    name: str
    words: str
    load: Callable[[Session], Mapping[tuple[str, ...], float]]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Feature:
    """All that one feature plugs in."""

    name: str
    blueprints: Sequence[Blueprint] = ()
    doors: Sequence[Door] = ()
    capabilities: Sequence[Capability] = ()
    navigation: Sequence[NavEntry] = ()
    panels: Sequence[Panel] = ()
    timeline: Sequence[TimelineSource] = ()
    search: Sequence[SearchSource] = ()
    attention: Sequence[Attention] = ()
    trail: TrailWords = field(default_factory=TrailWords)
    commands: Sequence[click.Command] = ()
    rounds: Sequence[Round] = ()
    forgets: Sequence[Forgetting] = ()
    jobs: Sequence[JobWords] = ()
    figures: Sequence[Figure] = ()
    criteria: Sequence[Source] = ()
    heard: Sequence[Heard] = ()


@dataclass(frozen=True)
class Features:
    """Everything that was plugged in, in the order of the layers."""

    all: Sequence[Feature]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the audit trail calls everything."""
        return Vocabulary(feature.trail for feature in self.all)

    @property
    def capabilities(self) -> list[Capability]:
        """Every capability a role may hold."""
        return [capability for feature in self.all for capability in feature.capabilities]

    @property
    def doors(self) -> list[Door]:
        """Every address that is answered before Flask."""
        return [each for feature in self.all for each in feature.doors]

    @property
    def rounds(self) -> list[Round]:
        """Every regular duty, in the order of the layers."""
        return [each for feature in self.all for each in feature.rounds]

    @property
    def forgets(self) -> list[Forgetting]:
        """Everything that is forgotten after a while."""
        return [each for feature in self.all for each in feature.forgets]

    @property
    def jobs(self) -> dict[str, JobWords]:
        """The words for each kind of job."""
        return {each.kind: each for feature in self.all for each in feature.jobs}

    @property
    def figures(self) -> list[Figure]:
        """Every figure for machines that watch."""
        return [each for feature in self.all for each in feature.figures]

    @property
    def criteria(self) -> list[Source]:
        """Where everything comes from that contacts can be searched by."""
        return [each for feature in self.all for each in feature.criteria]

    @property
    def heard(self) -> list[Heard]:
        """Every sort of row by which people are heard of."""
        return [each for feature in self.all for each in feature.heard]

    def panels(self, place: str) -> list[Panel]:
        """The panels of a place, in order."""
        found = [panel for feature in self.all for panel in feature.panels if panel.place == place]
        return sorted(found, key=lambda panel: panel.order)

    @property
    def navigation(self) -> list[NavEntry]:
        """The lines of the menu, in order."""
        return sorted((e for feature in self.all for e in feature.navigation), key=lambda entry: entry.order)
