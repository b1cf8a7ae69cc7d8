"""Work that must not be lost: a row written in the transaction of its cause, carried out later by a worker.

The row is the truth; the carrier (see `app.kernel.queue`) only brings its id to a worker quickly. A sweep sends
again whatever is due and not done, so every job must be safe to run twice.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from itertools import repeat
from time import perf_counter, sleep
from typing import Any, ClassVar, Protocol, TypeVar

import structlog
from sqlalchemy import CheckConstraint, Index, bindparam, case, or_, select, update
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate
from structlog.contextvars import bound_contextvars, get_contextvars

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database, Instant, Record, broken_rule
from app.kernel.inserting import insert_each_unless_there, insert_unless_there
from app.kernel.ports import Ports

LEASE = timedelta(minutes=5)
"""How long a job belongs to the worker that took it; when that worker dies, the job is free again afterwards."""
PAUSES = (5, 30, 120, 600, 1800, 7200, 21600)
"""Seconds before the second attempt, the third, and so on: about nine hours in all, then the job is parked."""

TOGETHER = 10
"""Most ids that travel together: one worker does them one after another."""

UNSYNCHRONISED = {"synchronize_session": False}
"""For statements about rows that the session has not loaded."""
PATIENCE = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds between tries to note how a job ended while the database is gone."""
Noted = TypeVar("Noted")

log = structlog.get_logger()


class JobStatus(StrEnum):
    """Where a job is. A parked one waits for a person to retry it."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class Job(Record):
    """One piece of work to do. `ids` holds keys and never personal data; `request_id` is of the request it came of."""

    __tablename__ = "job"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name="done_has_an_instant"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index("ix_job_due", "status", "due_at"),
    )

    kind: Mapped[str] = mapped_column(index=True)
    ids: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    due_at: Mapped[datetime] = mapped_column(default_factory=now)
    unique_key: Mapped[str | None] = mapped_column(unique=True, default=None)
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    last_error: Mapped[str | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    request_id: Mapped[str | None] = mapped_column(default=None)

    def retry(self, at: datetime) -> None:
        """Give a parked or waiting job another series of attempts. One that is being done stays with its worker."""
        if self.status is not JobStatus.DONE:
            self.status, self.attempts, self.due_at = JobStatus.WAITING, 0, at

    def abandon(self) -> None:
        """Park it: the worker of the last attempt died. What attempts before it failed of is kept with that."""
        told = f"{AFTER}{self.last_error}" if self.last_error else ABANDONED
        self.status, self.lease_until, self.last_error = JobStatus.PARKED, None, told
        self.attempts -= 1


@dataclass(frozen=True)
class Work:
    """What a job is given: the database to open its own transactions on, and the ports to the outside."""

    database: Database
    ports: Ports


ABANDONED = "WorkerLost: the worker ended during the last attempt"
AFTER = f"{ABANDONED}; before: "
"""What the error of a job begins with that failed earlier and then lost its worker."""
Closing = Callable[[Session], None]
"""What a job wants noted in the very transaction in which it is noted as done: the two outlive a power cut together."""
JobFunction = Callable[..., Closing | None]
_kinds: dict[str, JobFunction] = {}
_leases: dict[str, timedelta] = {}


class Carrier(Protocol):
    """Brings ids of jobs to a worker, soon or after `delay` seconds. May lose them: the sweep sends them again."""

    def send(self, *job_ids: int, delay: float = 0) -> None:
        """Hand over some ids at once."""


def job(kind: str, *, lease: timedelta = LEASE) -> Callable[[JobFunction], JobFunction]:
    """Declare a function `(work, **ids)` as the one that does jobs of this kind; it may return a `Closing`.

    `lease` is longer than the job can possibly take: when it has passed, another worker may begin it again.
    """

    def declare(function: JobFunction) -> JobFunction:
        if kind in _kinds and _kinds[kind].__qualname__ != function.__qualname__:
            raise ValueError(f"Two jobs are called {kind!r}")
        _kinds[kind], _leases[kind] = function, lease
        function.kind = kind  # type: ignore[attr-defined]
        return function

    return declare


def enqueue(
    db: Session,
    function: JobFunction,
    *,
    due_at: datetime | None = None,
    unique_key: str | None = None,
    **ids: Any,
) -> int | None:
    """Write down a job in this transaction; after the commit its id is handed to the carrier. The job's id.

    With a `unique_key` that was used before, also by somebody else at this very moment, nothing happens and None
    is returned.
    """
    due = due_at or now()
    job_id = insert_unless_there(db, Job, _row(function, ids, due, unique_key), key="unique_key")
    if job_id is not None:
        _to_send(db).append((job_id, due))
    return job_id


def enqueue_each(
    db: Session, function: JobFunction, each: Sequence[dict[str, Any]], *, unique_keys: Sequence[str] | None = None
) -> None:
    """Write down a job for each of these `ids`, due at once, by one statement; `unique_keys` as with `enqueue`."""
    due, keys = now(), unique_keys or repeat(None)
    rows = [
        {**_row(function, ids, due, key), "request_id": None}  # they come of several requests
        for ids, key in zip(each, keys, strict=False)
    ]
    _to_send(db).extend((job_id, due) for job_id in insert_each_unless_there(db, Job, rows, key="unique_key"))


def call_off(db: Session, unique_keys: Sequence[str]) -> None:
    """Note jobs as done that nobody has begun: what they were for was done with another one."""
    unbegun = (Job.unique_key.in_(unique_keys), Job.status == JobStatus.WAITING, Job.lease_until.is_(None))
    done = update(Job).where(*unbegun).values(status=JobStatus.DONE, done_at=now())
    db.execute(done, execution_options=UNSYNCHRONISED)


def _row(function: JobFunction, ids: dict[str, Any], due: datetime, unique_key: str | None) -> dict[str, Any]:
    kind: str = function.kind  # type: ignore[attr-defined]
    return {
        "kind": kind, "ids": ids, "due_at": due, "unique_key": unique_key, "status": JobStatus.WAITING, "attempts": 0,
        "created_at": now(), "request_id": get_contextvars().get("request_id"),
    }  # fmt: skip


def retry(db: Session, again: Job) -> None:
    """Give a parked or waiting job another series of attempts, beginning after the commit."""
    again.retry(now())
    _to_send(db).append((again.id, again.due_at))


def send_after_commit(db: Session) -> None:
    """Hand the jobs of a committed transaction to the carrier. Called by the session's own hook.

    The transaction is done whatever happens here: ids that cannot be handed over wait for the sweep.
    """
    if db.in_nested_transaction():  # only a savepoint was released
        return
    carrier: Carrier | None = db.info.get("carrier")
    at, soon = now(), []
    for job_id, due_at in db.info.pop("jobs_to_send", []):
        if due_at <= at:
            soon.append(job_id)
        elif not _hand_over(carrier, job_id, delay=(due_at - at).total_seconds()):
            return
    for first in range(0, len(soon), TOGETHER):
        if not _hand_over(carrier, *soon[first : first + TOGETHER]):
            return


def forget_after_rollback(db: Session) -> None:
    """A rolled-back transaction leaves no jobs behind.

    After a savepoint alone was rolled back the ids are kept: those within it name no row, and are passed over.
    """
    if not db.in_nested_transaction():
        db.info.pop("jobs_to_send", None)


def run_job(work: Work, job_id: int) -> bool:
    """Carry out one job if it is due and nobody else has it. True when it is done."""
    return run_jobs(work, [job_id]) == 1


def run_jobs(work: Work, job_ids: Sequence[int]) -> int:
    """Carry out jobs one after another, each if it is due and nobody else has it; how many are done.

    A failure is written down on the row (type and place of the error, never its message, which may hold personal
    data), and the job waits longer each time until it is parked. That one is done is written down together with
    taking the next: whoever is killed in between does the first one again.
    """
    done, ended = 0, None
    for job_id in (*job_ids, None):
        claimed = _turn(work, ended, job_id)
        ended = _carry_out(work, claimed) if claimed is not None else None
        done += ended is not None
    return done


@dataclass(frozen=True)
class _Ended:
    """A job that was carried out and is not noted as done yet."""

    job: Job
    closing: Closing | None


def _carry_out(work: Work, claimed: Job) -> _Ended | None:
    """None when it failed."""
    ended: _Ended | None = None
    began, observe = perf_counter(), work.database.info.get("job_observer")
    cause = {"request_id": claimed.request_id} if claimed.request_id else {}
    with bound_contextvars(job_id=claimed.id, job_kind=claimed.kind, **cause):
        try:
            ended = _Ended(claimed, _kinds[claimed.kind](work, **claimed.ids))
        except Exception as error:  # noqa: BLE001 - whatever a job raises is written down and tried again
            _failed(work, claimed, error)
    if observe is not None:
        observe(claimed.kind, "done" if ended else "failed", perf_counter() - began)
    return ended


def _turn(work: Work, ended: _Ended | None, wanted: int | None) -> Job | None:
    """Note that a job is done and take another. One whose closing is refused has failed."""
    if ended is None:
        return _noted(work.database, None, wanted) if wanted is not None else None
    try:
        return persistently(partial(_noted, work.database, ended, wanted))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is written down and tried again
        _failed(work, ended.job, error)
        return _turn(work, None, wanted)


def _noted(database: Database, ended: _Ended | None, wanted: int | None) -> Job | None:
    """Both in one transaction, which a power cut may take back: then both are done again."""
    with database.passing() as db:
        act_as(db, SYSTEM)
        if ended is not None:
            if ended.closing is not None:
                ended.closing(db)
            db.connection().execute(_NOTING_DONE, {"ended": ended.job.id, "at": now()})
        return _claim(db, wanted) if wanted is not None else None


def due_jobs(db: Session, limit: int = 500) -> list[int]:
    """Ids of what is due and held by nobody, oldest first."""
    free = or_(Job.lease_until.is_(None), Job.lease_until < now())
    return list(
        db.scalars(
            select(Job.id)
            .where(Job.status == JobStatus.WAITING, Job.due_at <= now(), free)
            .order_by(Job.due_at, Job.id)
            .limit(limit)
        )
    )


def run_due(work: Work, *, rounds: int = 20) -> int:
    """Carry out everything due, also what follows from it; how many were done. For commands and tests."""
    done = 0
    for _ in range(rounds):
        with work.database.reading() as db:
            found = due_jobs(db)
        if not found:
            break
        done += run_jobs(work, found)
    return done


def _claim(db: Session, job_id: int) -> Job | None:
    """Take a job for this worker, if it may be taken; whatever somebody else has a hand on at this moment may not."""
    at, own = now(), {kind: lease for kind, lease in _leases.items() if lease != LEASE}
    until = {"until": at + LEASE, **{f"until {kind}": at + lease for kind, lease in own.items()}}
    taking = _taking(tuple(own))
    found = db.scalars(taking, {"wanted": job_id, "at": at, **until}, execution_options=UNSYNCHRONISED).one_or_none()
    if found is not None and found.attempts > len(PAUSES) + 1:
        found.abandon()
        return None
    return found


@cache
def _taking(kinds: tuple[str, ...]) -> ReturningUpdate[Job]:
    """The statement, made once. `kinds` are those with a lease of their own; its ends are values of the statement."""
    at = bindparam("at", type_=Instant())
    free = or_(Job.lease_until.is_(None), Job.lease_until < at)
    mine = select(Job.id).where(Job.id == bindparam("wanted"), Job.status == JobStatus.WAITING, Job.due_at <= at, free)
    usual = bindparam("until", type_=Instant())
    own = {kind: bindparam(f"until {kind}", type_=Instant()) for kind in kinds}
    until = case(own, value=Job.kind, else_=usual) if own else usual
    taking = update(Job).where(Job.id == mine.with_for_update(skip_locked=True).scalar_subquery())
    return taking.values(attempts=Job.attempts + 1, lease_until=until).returning(Job)


_NOTING_DONE = (
    update(Job)
    .where(Job.id == bindparam("ended"), Job.status != JobStatus.DONE)
    .values(status=JobStatus.DONE, done_at=bindparam("at", type_=Instant()), lease_until=None, last_error=None)
)


def _failed(work: Work, failed: Job, error: Exception) -> None:
    """Note a failure, unless the lease has passed and another worker has the job (or has done it) by now."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    rule = f" ({broken_rule(error)})" if isinstance(error, IntegrityError) else ""
    told = f"{type(error).__name__}{rule} at {where.name}:{where.lineno}"
    log.warning("job_failed", job=failed.id, kind=failed.kind, attempt=failed.attempts, error=told)
    pause = PAUSES[failed.attempts - 1] if failed.attempts <= len(PAUSES) else None
    status = JobStatus.PARKED if pause is None else JobStatus.WAITING
    values = {"status": status, "due_at": now() + timedelta(seconds=pause or 0), "lease_until": None}
    ours = (Job.id == failed.id, Job.status == JobStatus.WAITING, Job.lease_until == failed.lease_until)

    def note() -> None:
        with work.database.writing() as db:
            db.execute(update(Job).where(*ours).values({**values, "last_error": told}))

    persistently(note)
    if pause is not None:
        _hand_over(work.database.info.get("carrier"), failed.id, delay=pause)


def persistently(note: Callable[[], Noted]) -> Noted:
    """Note how a job ended, also when the database is gone for a moment: else the job would wait for its lease."""
    for pause in PATIENCE:
        try:
            return note()
        except (OperationalError, InterfaceError) as error:
            log.warning("job_not_noted", error=type(error.orig).__name__, again_in=pause)
            sleep(pause)
    return note()


def _to_send(db: Session) -> list[tuple[int, datetime]]:
    waiting: list[tuple[int, datetime]] = db.info.setdefault("jobs_to_send", [])
    return waiting


def _hand_over(carrier: "Carrier | None", *job_ids: int, delay: float = 0) -> bool:
    """False when the carrier is out of order: the sweep will find the jobs."""
    if carrier is None:
        return True
    try:
        carrier.send(*job_ids, delay=delay)
    except Exception as error:  # noqa: BLE001 - whatever a queue raises, the row is the truth
        log.warning("job_not_carried", jobs=len(job_ids), error=type(error).__name__)
        return False
    return True
