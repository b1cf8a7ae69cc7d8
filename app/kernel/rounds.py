"""Regular duties: what the product does by itself every so often, and when it last did it with what result.

Features register rounds; the worker plans each one when it falls due and carries it out as a job, so that two
workers do it once, a worker that was away for a week does it once, and one that fails is tried again.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import CheckConstraint, Index, delete, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import jobs
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database, Record
from app.kernel.errors import Outside
from app.kernel.events import publish
from app.kernel.i18n import Text
from app.kernel.jobs import Job, JobStatus, Work
from app.kernel.organisation import the_organisation

LONGEST = timedelta(hours=3)
"""How long a round may take at most, and no longer than its own pause. After this its worker is taken for dead."""
LONGEST_PAUSE = timedelta(days=28)
"""Done jobs are kept for longer than this, so that their keys still say what was planned."""
LOST = "WorkerLost: the worker ended before the round did"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
log = structlog.get_logger()


@dataclass(frozen=True)
class Findings:
    """What came of a round: whether all is well, and figures or codes that say more, never personal data."""

    is_well: bool
    facts: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Round:
    """A duty done every so often; with `at`, at this time of the organisation's day (`every` is then whole days).

    `wording` puts the facts of a run into a sentence for people. `is_wanted` says whether this installation has
    any use for it; one that is not wanted is shown as switched off, and never planned.
    """

    name: str
    label: Text
    every: timedelta
    run: Callable[[Work], Findings]
    at: time | None = None
    wording: Callable[[dict[str, Any]], str] | None = None
    is_wanted: Callable[[Work], bool] | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be planned."""
        if not timedelta(minutes=1) <= self.every <= LONGEST_PAUSE:
            raise ValueError(f"{self.name}: a round comes at least every {LONGEST_PAUSE.days} days, not every minute")
        if self.at is not None and self.every % timedelta(days=1):
            raise ValueError(f"{self.name}: a round at a time of day comes every so many whole days")

    def last_due(self, at: datetime, zone: str) -> datetime:
        """The last instant, not after `at`, at which this round was due. Where a clock is put forward, it is later."""
        if self.at is None:
            return at - (at - EPOCH) % self.every
        here, days = ZoneInfo(zone), self.every.days
        number = at.astimezone(here).toordinal() // days * days
        due = [
            datetime.combine(datetime.fromordinal(each), self.at, tzinfo=here).astimezone(UTC)
            for each in (number, number - days)
        ]
        return due[0] if due[0] <= at else due[1]

    def next_due(self, at: datetime, zone: str) -> datetime:
        """The first instant after `at` at which this round is due."""
        last = self.last_due(at, zone)
        if self.at is None:
            return last + self.every
        here = ZoneInfo(zone)
        day = last.astimezone(here).date() + self.every
        return datetime.combine(day, self.at, tzinfo=here).astimezone(UTC)

    @property
    def longest(self) -> timedelta:
        """After this long without an end, a run is taken for lost."""
        return min(LONGEST, self.every)


class Rounds:
    """Every round of this installation, by name. A port: jobs find it in `work.ports`."""

    def __init__(self, found: Iterable[Round]) -> None:
        self._rounds: dict[str, Round] = {}
        for each in found:
            if each.name in self._rounds:
                raise ValueError(f"Two rounds are called {each.name!r}")
            self._rounds[each.name] = each

    def __iter__(self) -> Iterator[Round]:
        return iter(self._rounds.values())

    def get(self, name: str) -> Round | None:
        """The round of this name, if there is one."""
        return self._rounds.get(name)


class RoundRun(Record):
    """One time that a round was done. `error` is the kind and place of a failure; without it the facts speak."""

    __tablename__ = "round_run"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (is_well IS NULL)", name="ended_is_well_or_not"),
        CheckConstraint("ended_at >= began_at", name="ends_after_it_began"),
        CheckConstraint("error IS NULL OR NOT is_well", name="a_failure_is_not_well"),
        Index("ix_round_run_name", "name", "id"),
        Index(
            "uq_round_run_under_way", "name", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    name: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(default_factory=now)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    is_well: Mapped[bool | None] = mapped_column(default=None)
    facts: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    error: Mapped[str | None] = mapped_column(default=None)

    @property
    def took(self) -> timedelta | None:
        """How long it took; None while it is under way."""
        return None if self.ended_at is None else self.ended_at - self.began_at

    def end(self, findings: Findings) -> None:
        """It was done, with these findings."""
        self.ended_at, self.is_well, self.facts = now(), findings.is_well, dict(findings.facts)

    def fail(self, error: str) -> None:
        """It could not be done."""
        self.ended_at, self.is_well, self.error = now(), False, error


class UnderWay(Outside):
    """The round has begun and not ended. It may never: its worker may be dead, or the database was gone at its end."""


@dataclass(frozen=True)
class RoundEnded:
    """A run has ended, well or not. Published in the transaction that writes it down."""

    run_id: int


@jobs.job("rounds.run", lease=LONGEST + timedelta(minutes=5))
def run_round(work: Work, *, name: str, due: str | None) -> None:
    """Do a round that was due at `due` (ISO 8601), unless one was done since; without `due`, do it now.

    Raises:
        UnderWay: it is being done, or its worker ended and nobody can tell yet: to be looked at again later.

    """
    found = work.ports.get(Rounds).get(name)
    if found is None or (due is not None and _was_done_since(work.database, name, datetime.fromisoformat(due))):
        return
    if carry_out(work, found) is None and due is not None:
        raise UnderWay


def carry_out(work: Work, duty: Round) -> RoundRun | None:
    """Do a round now and write down what came of it. None when it is under way elsewhere.

    Raises:
        Exception: whatever the round raised, after kind and place were written down.

    """
    run_id = _begin(work.database, duty)
    if run_id is None:
        return None
    try:
        findings = duty.run(work)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__} at {where.name}:{where.lineno}"
        _end(work.database, run_id, lambda run: run.fail(told))
        raise
    log.info("round", round=duty.name, is_well=findings.is_well, **{f"found_{k}": v for k, v in findings.facts.items()})
    return _end(work.database, run_id, lambda run: run.end(findings))


def plan_rounds(work: Work) -> int:
    """Write down a job for every round that is due and not planned yet; how many. Cheap when there is none."""
    wanted = [each for each in work.ports.get(Rounds) if each.is_wanted is None or each.is_wanted(work)]
    with work.database.reading() as db:
        zone, at = the_organisation(db).time_zone, now()
        due = {f"{_keys_of(each.name)}{instant.isoformat()}": (each.name, instant)
               for each in wanted for instant in (each.last_due(at, zone),)}  # fmt: skip
        known = set(db.scalars(select(Job.unique_key).where(Job.unique_key.in_(due))))
    missing = [(key, *planned) for key, planned in due.items() if key not in known]
    if missing:
        with work.database.writing() as db:
            act_as(db, SYSTEM)
            for key, name, instant in missing:
                _forget_earlier(db, name, key)
                jobs.enqueue(db, run_round, unique_key=key, name=name, due=instant.isoformat())
    return len(missing)


def ask_for(db: Session, duty: Round) -> int | None:
    """Have a round done as soon as a worker is free: its job. None when it was asked for within this minute already."""
    key = f"{_keys_of(duty.name)}asked:{now():%Y-%m-%dT%H:%M}"
    return jobs.enqueue(db, run_round, unique_key=key, name=duty.name, due=None)


def last_runs(db: Session, names: Sequence[str], *, ended: bool = False) -> dict[str, RoundRun]:
    """The last run of each of these rounds by name; with `ended`, the last that came to an end. One query."""
    past = [RoundRun.ended_at.is_not(None)] if ended else []
    newest = [select(func.max(RoundRun.id)).where(RoundRun.name == each, *past).scalar_subquery() for each in names]
    return {run.name: run for run in db.scalars(select(RoundRun).where(RoundRun.id.in_(newest)))} if newest else {}


def last_success(db: Session, name: str) -> datetime | None:
    """When the last run that did not fail began, whatever it found; None when there was none.

    One that counts parts of itself as `failed` in its facts has not succeeded.
    """
    ended = (RoundRun.ended_at.is_not(None), RoundRun.error.is_(None))
    is_whole = func.coalesce(RoundRun.facts["failed"].as_integer(), 0) == 0
    query = select(RoundRun.began_at).where(RoundRun.name == name, *ended, is_whole)
    return db.scalars(query.order_by(RoundRun.id.desc()).limit(1)).one_or_none()


def run_before(db: Session, run: RoundRun) -> RoundRun | None:
    """The run of the same round that ended before this one, if there is one."""
    query = select(RoundRun).where(RoundRun.name == run.name, RoundRun.id < run.id, RoundRun.ended_at.is_not(None))
    return db.scalars(query.order_by(RoundRun.id.desc()).limit(1)).one_or_none()


def _keys_of(name: str) -> str:
    """What the keys of a round's jobs begin with."""
    return f"round:{name}:"


def _forget_earlier(db: Session, name: str, key: str) -> None:
    """Take back jobs of a round that were not done in time: the new one is for the same, and one is enough."""
    free = or_(Job.lease_until.is_(None), Job.lease_until < now())
    left = (Job.status != JobStatus.DONE, Job.unique_key.startswith(_keys_of(name), autoescape=True), free)
    db.execute(delete(Job).where(Job.kind == "rounds.run", Job.unique_key != key, *left))


def _was_done_since(database: Database, name: str, due: datetime) -> bool:
    since = (RoundRun.name == name, RoundRun.began_at >= due)
    ended = (RoundRun.ended_at.is_not(None), RoundRun.error.is_(None))
    with database.reading() as db:
        return db.scalar(select(RoundRun.id).where(*since, *ended).limit(1)) is not None


def _begin(database: Database, duty: Round) -> int | None:
    """The key of a new run; None when one is under way, which the database makes sure of too."""
    run = RoundRun(name=duty.name)
    with database.writing() as db:
        act_as(db, SYSTEM)
        before = db.scalars(
            select(RoundRun).where(RoundRun.name == duty.name, RoundRun.ended_at.is_(None)).with_for_update()
        ).one_or_none()
        if before is not None and before.began_at > now() - duty.longest:
            return None
        if before is not None:
            before.fail(LOST)
            db.flush()
        try:
            with db.begin_nested():
                db.add(run)
        except IntegrityError:
            return None
        return run.id


def _end(database: Database, run_id: int, note: Callable[[RoundRun], None]) -> RoundRun:
    """Write down the end of a run, unless it was taken for lost. Waits a while for a database that is gone."""

    def end() -> RoundRun:
        with database.writing() as db:
            act_as(db, SYSTEM)
            run = db.get_one(RoundRun, run_id, with_for_update=True)
            if run.ended_at is None:
                note(run)
                db.flush()
                publish(db, RoundEnded(run.id), actor=SYSTEM)
            return run

    return jobs.persistently(end)
