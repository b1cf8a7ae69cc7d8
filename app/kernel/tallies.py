"""How often something happened, by day: for what comes from strangers and must not cost a row each time."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from threading import Lock
from time import monotonic
from typing import ClassVar

import structlog
from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session

from app.kernel.clock import now
from app.kernel.db import Database, Record

PAUSE = 60.0
"""Seconds between two writes of one process, however often it happens: a stranger cannot make us write."""
log = structlog.get_logger()


class Tally(Record):
    """How often something happened on one day (in UTC), and when last. What was not written yet is missing."""

    __tablename__ = "tally"
    __audited__: ClassVar[bool] = False
    __table_args__ = (UniqueConstraint("name", "day"), CheckConstraint("count > 0", name="count_is_positive"))

    name: Mapped[str]
    day: Mapped[date]
    count: Mapped[int]
    last_at: Mapped[datetime]


class Tallies:
    """Counts in this process, and now and then into the database. A port."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = monotonic) -> None:
        self._database, self._clock = database, clock
        self._counts: Counter[str] = Counter()
        self._lock = Lock()
        self._written_at: float | None = None

    def note(self, name: str) -> None:
        """It happened once more. Never fails, and mostly writes nothing."""
        with self._lock:
            self._counts[name] += 1
            is_early = self._written_at is not None and self._clock() - self._written_at < PAUSE
            if is_early:
                return
            self._written_at = self._clock()
            taken, self._counts = self._counts, Counter()
        try:
            with self._database.writing() as db:
                for each, count in taken.items():
                    _add(db, each, count)
        except (SQLAlchemyError, OSError) as error:
            log.warning("tally_not_written", error=type(error).__name__)


def _add(db: Session, name: str, count: int) -> None:
    at = now()
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    row = {"name": name, "day": at.date(), "count": count, "last_at": at, "created_at": at}
    changed = {"count": Tally.count + count, "last_at": at}
    statement = dialect.insert(Tally).values(row)
    db.execute(statement.on_conflict_do_update(index_elements=["name", "day"], set_=changed))


def happened_since(db: Session, name: str, day: date) -> tuple[int, datetime | None]:
    """How often it happened from this day on, and when last."""
    query = select(func.coalesce(func.sum(Tally.count), 0), func.max(Tally.last_at))
    count, last = db.execute(query.where(Tally.name == name, Tally.day >= day)).one()
    return int(count), last
