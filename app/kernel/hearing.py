"""When somebody was last heard of: what came from people themselves, told by every feature that knows of it.

The lower feature that goes by it so knows nothing of gifts or whatever else comes above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from app.kernel.clock import date_of, start_of_day
from app.kernel.db import Database


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Rows that show that people came to us: whose they are, when it was, and which of the rows count.

    `at` is a day, or an instant where `is_instant` says so. What we send, and what is merely opened, is none of these.
    """

    whose: SQLColumnExpression[int]
    at: SQLColumnExpression[Any]
    counts: Sequence[ColumnElement[bool]] = ()
    is_instant: bool = False

    def since(self, day: date, zone: str) -> Select[int]:
        """The keys of those who were heard of on this day of the time zone or later."""
        begins: date | datetime = start_of_day(day, zone) if self.is_instant else day
        return select(self.whose).where(self.at >= begins, *self.counts)


def listen(database: Database, sources: Sequence[Heard]) -> None:
    """Make these the rows that sessions of the database go by."""
    database.info["heard"] = sources


def heard(db: Session) -> Sequence[Heard]:
    """Every sort of row that people are heard by."""
    found: Sequence[Heard] = db.info.get("heard", ())
    return found


def last_heard(db: Session, key: int, zone: str) -> date | None:
    """The last day of the time zone on which somebody was heard of; None where they never were. One question."""
    sources = heard(db)
    if not sources:
        return None
    asked = [select(func.max(each.at)).where(each.whose == key, *each.counts).scalar_subquery() for each in sources]
    found = db.execute(select(*asked)).one()
    days = [
        date_of(at, zone) if each.is_instant else at for each, at in zip(sources, found, strict=True) if at is not None
    ]
    return max(days, default=None)
