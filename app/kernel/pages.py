"""Long lists are read by key, never by offset: a page begins after the last row of the one before."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, false, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.errors import NotFound

SIZE = 50
MOST_COUNTED = 10_000
"""Beyond that a list is only said to have more: counting a million rows for each page would cost more than the page."""


@dataclass(frozen=True)
class Sort:
    """One column of the order. The last one of an order must be unique. Columns must never be NULL."""

    column: InstrumentedAttribute[Any]
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """Some rows of a list, with the cursors that lead on and back (None at the ends)."""

    rows: Sequence[Any]
    next_cursor: str | None
    previous_cursor: str | None
    total: int | None = None


def paginate(  # noqa: PLR0913 - a list's parts are many, each with a name
    db: Session, query: Select[Any], order: Sequence[Sort], *, cursor: str | None = None, size: int = SIZE,
    total: int | SQLColumnExpression[int] | None = None,
) -> Page:  # fmt: skip
    """The page of `query` (of records) that `cursor` names; the first without one.

    A total that is still to be counted is counted in the same question.

    Raises:
        NotFound: the cursor is not one we made.

    """
    backwards, keys = _read(cursor, order)
    wanted = query
    if keys is not None:
        wanted = wanted.where(_beyond(order, keys, backwards=backwards))
    for sort in order:
        falls = sort.descending != backwards
        wanted = wanted.order_by(sort.column.desc() if falls else sort.column.asc())
    if isinstance(total, SQLColumnExpression):
        found = list(db.execute(wanted.add_columns(total).limit(size + 1)).unique())
        rows, total = [row[0] for row in found], found[0][1] if found else db.scalar(select(total))
    else:
        rows = list(db.scalars(wanted.limit(size + 1)).unique())
    has_more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, has_more) if backwards else (has_more, keys is not None)
    return Page(
        rows,
        _write("n", order, rows[-1]) if rows and has_next else None,
        _write("p", order, rows[0]) if rows and has_previous else None,
        total,
    )


def count(db: Session, query: Select[Any], most: int | None = MOST_COUNTED) -> int:
    """How many rows the query has; `most` + 1 says that there are more than are counted. None counts them all."""
    some = query.order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
    some = some if most is None else some.limit(most + 1)
    return db.scalar(select(func.count()).select_from(some.subquery())) or 0


def _beyond(order: Sequence[Sort], keys: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    """Rows after (or before) these keys: (a > x) or (a = x and b > y) …, for mixed directions too."""
    alternatives: list[ColumnElement[bool]] = [false()]
    for index, sort in enumerate(order):
        same = [each.column == key for each, key in zip(order[:index], keys, strict=False)]
        falls = sort.descending != backwards
        step = sort.column < keys[index] if falls else sort.column > keys[index]
        alternatives.append(and_(*same, step))
    first, reached = order[0], keys[0]
    is_bounded = first.column <= reached if first.descending != backwards else first.column >= reached
    return and_(is_bounded, or_(*alternatives))  # the bound is what an index can begin at


def _write(direction: str, order: Sequence[Sort], row: Any) -> str:
    keys = [getattr(row, sort.column.key) for sort in order]
    plain = [key.isoformat() if isinstance(key, date | datetime) else key for key in keys]
    text = json.dumps([direction, *plain], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str | None, order: Sequence[Sort]) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        direction, *keys = json.loads(text)
        backwards = {"n": False, "p": True}[direction]
        return backwards, [_typed(key, sort) for key, sort in zip(keys, order, strict=True)]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as bad:
        raise NotFound from bad


def _typed(key: Any, sort: Sort) -> Any:
    """The key as its column's own type; anything else is not a cursor of ours."""
    kind = sort.column.type.python_type
    if kind is datetime:
        instant = datetime.fromisoformat(key)
        if instant.tzinfo is None:
            raise ValueError(key)
        return instant.astimezone(UTC)
    if kind is date:
        return date.fromisoformat(key)
    if issubclass(kind, Enum):
        return kind(key)
    if type(key) is not kind or "\x00" in str(key) or (kind is int and abs(key) >= 2**63):
        raise ValueError(key)
    str(key).encode()  # half a character is no text that a database takes
    return key
