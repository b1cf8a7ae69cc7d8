"""Large tables looked through in parts, so that no answer holds more in memory than one part of it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

SPAN = 50_000


def spans(db: Session, key: InstrumentedAttribute[Any], size: int = SPAN) -> Iterator[ColumnElement[bool]]:
    """Conditions that part the rows by a whole number that begins an index, `size` numbers each; none without rows."""
    first, last = db.execute(select(func.min(key), func.max(key))).one()
    if first is None:
        return
    for begin in range(int(first), int(last) + 1, size):
        yield key.between(begin, begin + size - 1)
