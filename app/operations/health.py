"""How the installation is doing, put together: a light for each part, and the worst of them for the whole.

Codes and figures only: pages and letters put them into words, in the reader's language.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.clock import now
from app.kernel.jobs import Work
from app.kernel.organisation import the_organisation
from app.kernel.rounds import Findings, Round, RoundRun, Rounds, last_runs
from app.operations import queries
from app.payments.gateway import Gateway

WATCH = "watch"
"""The round that looks at all this: its last run is the worker's sign of life."""
LONG = timedelta(minutes=20)
"""Without a sign of life for longer than this, no worker is at work."""
GRAVE = frozenset({"books.check", "totals.verify", "audit.verify", "audit.seal"})
"""Rounds whose findings mean that something is wrong, and not only worth a look."""


class Light(IntEnum):
    """How a part is doing; `OFF` is not used here. The larger, the worse."""

    OFF = 0
    WELL = 1
    LOOK = 2
    BROKEN = 3

    @property
    def word(self) -> str:
        """As styles and machines know it."""
        return self.name.lower()


@dataclass(frozen=True)
class Part:
    """One part of the installation, with the figures that say why it has its light."""

    name: str
    light: Light
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundState:
    """One round: its last run, the last that ended, and when it comes next."""

    round: Round
    light: Light
    last: RoundRun | None
    ended: RoundRun | None
    next_due: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Whether it is being done now."""
        return self.last is not None and self.last.ended_at is None and self.last.began_at > now() - self.round.longest


@dataclass(frozen=True)
class Health:
    """Everything, at one moment."""

    parts: tuple[Part, ...]
    rounds: tuple[RoundState, ...]

    @property
    def light(self) -> Light:
        """The worst of all."""
        return worst(part.light for part in self.parts)

    @property
    def wrong(self) -> list[Part]:
        """The parts that are not well, worst first."""
        return sorted((part for part in self.parts if part.light > Light.WELL), key=lambda part: -part.light)

    def __getitem__(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)


def worst(lights: Iterable[Light]) -> Light:
    """The worst of several; well when there are none."""
    return max((Light.WELL, *lights))


def look(work: Work, *, is_worker: bool = False) -> Health:
    """Look at everything. `is_worker`: a worker looks, so that there is no doubt of one being at work."""
    with work.database.reading() as db:
        rounds = round_states(work, db)
        watch = next((state.ended for state in rounds if state.round.name == WATCH), None)
        parts = (
            _worker(watch, is_worker=is_worker),
            _queue(queries.queue_state(db)),
            _duties(rounds),
            _gateway(work, queries.gateway_state(db)),
            _mail(*queries.mail_state(db)),
            _database(queries.database_state(db)),
            _disk(work),
        )
    return Health(parts, rounds)


def watch_over(work: Work) -> Findings:
    """The round: what is not well, by part. Its facts are the same as long as the same things are wrong."""
    health = look(work, is_worker=True)
    return Findings(not health.wrong, {part.name: part.light.word for part in health.wrong})


def round_states(work: Work, db: Session) -> tuple[RoundState, ...]:
    """Every round of this installation and how it stands."""
    rounds = list(work.ports.get(Rounds))
    names, zone, at = [each.name for each in rounds], the_organisation(db).time_zone, now()
    last, ended, good = last_runs(db, names), last_runs(db, names, ended=True), queries.last_successes(db)
    since = queries.first_run(db)
    found = []
    for each in rounds:
        if each.is_wanted is not None and not each.is_wanted(work):
            found.append(RoundState(each, Light.OFF, last.get(each.name), ended.get(each.name), None))
            continue
        light = _round_light(each, ended.get(each.name), good.get(each.name) or since, at)
        due = each.next_due(at, zone)
        found.append(RoundState(each, light, last.get(each.name), ended.get(each.name), due))
    return tuple(found)


def _round_light(duty: Round, ended: RoundRun | None, good: datetime | None, at: datetime) -> Light:
    """`good` is when it was last done; for one that never was, since when workers do anything here at all."""
    grace = timedelta(hours=1)
    if good is None:
        return Light.LOOK
    if at - good > 2 * duty.every + grace:
        return Light.BROKEN
    if ended is not None and not ended.is_well:
        return Light.BROKEN if duty.name in GRAVE and ended.error is None else Light.LOOK
    return Light.LOOK if at - good > duty.every + grace else Light.WELL


def _worker(watch: RoundRun | None, *, is_worker: bool) -> Part:
    seen = watch.ended_at if watch else None
    is_there = is_worker or (seen is not None and now() - seen < LONG)
    return Part("worker", Light.WELL if is_there else Light.BROKEN, {"seen": seen})


def _queue(state: queries.QueueState) -> Part:
    age = now() - state.oldest_due if state.oldest_due else timedelta()
    light = Light.BROKEN if age > timedelta(hours=1) else Light.LOOK if state.parked or age > LONG else Light.WELL
    return Part("queue", light, {"state": state, "age": age})


def _duties(rounds: Iterable[RoundState]) -> Part:
    wrong = [state for state in rounds if state.light > Light.WELL and state.round.name != WATCH]
    return Part("duties", worst(state.light for state in wrong), {"wrong": wrong})


def _gateway(work: Work, state: queries.GatewayState) -> Part:
    if not work.ports.get(Gateway).is_open:
        return Part("gateway", Light.OFF, {"state": state})
    return Part("gateway", Light.LOOK if state.stuck or state.failed else Light.WELL, {"state": state})


def _mail(waiting: int, oldest: datetime | None) -> Part:
    age = now() - oldest if oldest else timedelta()
    light = Light.BROKEN if age > timedelta(days=1) else Light.LOOK if age > timedelta(hours=1) else Light.WELL
    return Part("mail", light, {"waiting": waiting, "age": age})


def _database(state: queries.DatabaseState) -> Part:
    return Part("database", Light.WELL if state.is_current else Light.BROKEN, {"state": state})


def _disk(work: Work) -> Part:
    folder = queries.disk_folder(work.database.url)
    usage = shutil.disk_usage(folder if folder.is_dir() else "/")
    share = usage.free / usage.total
    light = Light.BROKEN if share < 0.02 else Light.LOOK if share < 0.1 else Light.WELL
    return Part("disk", light, {"free": usage.free, "total": usage.total, "share": share})
