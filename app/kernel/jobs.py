"""Work that must not be lost: a row written in the transaction of its cause, carried out later by a worker.

The row is the truth; the carrier (see `app.kernel.queue`) only brings its id to a worker quickly. A sweep sends
again whatever is due and not done, so every job must be safe to run twice.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import structlog
from sqlalchemy import CheckConstraint, Index, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database, Record
from app.kernel.ports import Ports

LEASE = timedelta(minutes=5)
PAUSES = (5, 30, 120, 600, 1800, 7200, 21600)
"""Seconds before the second attempt, the third, and so on: about nine hours in all, then the job is parked."""

log = structlog.get_logger()


class JobStatus(StrEnum):
    """Where a job is. A parked one waits for a person to retry it."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class Job(Record):
    """One piece of work to do. `ids` holds keys and never personal data."""

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

    def retry(self, at: datetime) -> None:
        """Give a parked or waiting job another series of attempts."""
        if self.status is not JobStatus.DONE:
            self.status, self.attempts, self.due_at, self.lease_until = JobStatus.WAITING, 0, at, None


@dataclass(frozen=True)
class Work:
    """What a job is given: the database to open its own transactions on, and the ports to the outside."""

    database: Database
    ports: Ports


JobFunction = Callable[..., None]
_kinds: dict[str, JobFunction] = {}


class Carrier(Protocol):
    """Brings the id of a job to a worker, soon or after `delay` seconds. May lose it: the sweep sends it again."""

    def send(self, job_id: int, *, delay: float = 0) -> None:
        """Hand over one id."""


def job(kind: str) -> Callable[[JobFunction], JobFunction]:
    """Declare a function `(work, **ids)` as the one that does jobs of this kind."""

    def declare(function: JobFunction) -> JobFunction:
        if kind in _kinds and _kinds[kind].__qualname__ != function.__qualname__:
            raise ValueError(f"Two jobs are called {kind!r}")
        _kinds[kind] = function
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
) -> Job | None:
    """Write down a job in this transaction; after the commit its id is handed to the carrier.

    With a `unique_key` that was used before nothing happens and None is returned.
    """
    if unique_key and db.scalar(select(Job.id).where(Job.unique_key == unique_key)):
        return None
    kind: str = function.kind  # type: ignore[attr-defined]
    found = Job(kind=kind, ids=ids, unique_key=unique_key, due_at=due_at or now())
    db.add(found)
    db.info.setdefault("jobs_to_send", []).append(found)
    return found


def send_after_commit(db: Session) -> None:
    """Hand the jobs of a committed transaction to the carrier. Called by the session's own hook."""
    carrier: Carrier | None = db.info.get("carrier")
    for found in db.info.pop("jobs_to_send", []):
        if carrier is not None and found.id is not None:
            carrier.send(found.id, delay=max(0.0, (found.due_at - now()).total_seconds()))


def forget_after_rollback(db: Session) -> None:
    """A rolled-back transaction leaves no jobs behind."""
    db.info.pop("jobs_to_send", None)


def run_job(work: Work, job_id: int) -> bool:
    """Carry out one job if it is due and nobody else has it. True when it is done.

    A failure is written down on the row (type and place of the error, never its message, which may hold personal
    data), and the job waits longer each time until it is parked.
    """
    claimed = _claim(work.database, job_id)
    if claimed is None:
        return False
    try:
        _kinds[claimed.kind](work, **claimed.ids)
    except Exception as error:  # noqa: BLE001 - whatever a job raises is written down and tried again
        _failed(work, claimed, error)
        return False
    with work.database.writing() as db:
        db.execute(update(Job).where(Job.id == job_id).values(status=JobStatus.DONE, done_at=now(), last_error=None))
    return True


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
        done += sum(run_job(work, job_id) for job_id in found)
    return done


def _claim(database: Database, job_id: int) -> Job | None:
    with database.writing() as db:
        act_as(db, SYSTEM)
        free = or_(Job.lease_until.is_(None), Job.lease_until < now())
        taken = db.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == JobStatus.WAITING, Job.due_at <= now(), free)
            .values(lease_until=now() + LEASE, attempts=Job.attempts + 1)
            .returning(Job.id)
        ).first()
        return db.get(Job, job_id) if taken else None


def _failed(work: Work, failed: Job, error: Exception) -> None:
    where = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__} at {where.name}:{where.lineno}"
    log.warning("job_failed", job=failed.id, kind=failed.kind, attempt=failed.attempts, error=told)
    pause = PAUSES[failed.attempts - 1] if failed.attempts <= len(PAUSES) else None
    status = JobStatus.PARKED if pause is None else JobStatus.WAITING
    due_at = now() + timedelta(seconds=pause or 0)
    with work.database.writing() as db:
        db.execute(
            update(Job)
            .where(Job.id == failed.id)
            .values(status=status, due_at=due_at, lease_until=None, last_error=told)
        )
        carrier: Carrier | None = db.info.get("carrier")
    if carrier is not None and pause is not None:
        carrier.send(failed.id, delay=pause)
