"""Rows of any of our databases as plain values, and back: the same on SQLite and on PostgreSQL.

A column is of one of seven kinds. As JSON they are: integer, boolean and text as themselves; date and instant (UTC) in
ISO 8601; bytes in base64; json as the text the database keeps, so that not a sign of it changes.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    String,
    TableClause,
    Text,
    cast,
    column,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.types import TypeEngine

from app.backups.archive import TableAbout
from app.backups.errors import BackupError
from app.kernel.db import Instant

AT_ONCE = 1_000
"""Rows fetched together."""
FEW = 40
"""Rows fetched together where they hold bytes: pieces of files are a quarter of a megabyte each."""
_KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Boolean, "boolean"),
    (Integer, "integer"),
    (DateTime, "instant"),
    (Date, "date"),
    (LargeBinary, "bytes"),
    (JSON, "json"),
    (String, "text"),
)
_TYPES: dict[str, TypeEngine[Any]] = {
    "boolean": Boolean(),
    "integer": BigInteger(),
    "instant": Instant(),
    "date": Date(),
    "bytes": LargeBinary(),
    "json": Text(),
    "text": Text(),
}
_OUT: dict[str, Callable[[Any], Any]] = {
    "instant": lambda value: value.astimezone(UTC).isoformat(),
    "date": date.isoformat,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
_IN: dict[str, Callable[[Any], Any]] = {
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": base64.b64decode,
}


def describe(connection: Connection, names: Sequence[str], *, counted: bool = True) -> tuple[TableAbout, ...]:
    """These tables of a database, with their columns, kinds and numbers of rows.

    Raises:
        BackupError: a column is of a kind that a backup cannot hold.

    """
    seen = inspect(connection)
    found = []
    for name in names:
        columns = tuple(
            (each["name"], _kind_of(name, each)) for each in seen.get_columns(name) if "computed" not in each
        )
        rows = connection.scalar(select(func.count()).select_from(table(name))) if counted else 0
        found.append(TableAbout(name, columns, rows or 0))
    return tuple(found)


def _kind_of(name: str, described: Any) -> str:
    for kind, word in _KINDS:
        if isinstance(described["type"], kind):
            return word
    raise BackupError(f"{name}.{described['name']} is of a type that backups do not know: {described['type']!r}.")


def clause(about: TableAbout) -> TableClause:
    """The table for statements, with the types of its kinds: both databases understand their values."""
    return table(about.name, *(column(name, _TYPES[kind]) for name, kind in about.columns))


def read_rows(connection: Connection, about: TableAbout) -> Iterator[list[Any]]:
    """Every row as a list of JSON's own values, in the order of the primary key; a few at a time in memory."""
    source = clause(about)
    kinds = dict(about.columns)
    wanted = [cast(each, Text) if kinds[each.name] == "json" else each for each in source.c]
    order = [source.c[name] for name in inspect(connection).get_pk_constraint(about.name)["constrained_columns"]]
    converts = [(place, _OUT[kind]) for place, (_name, kind) in enumerate(about.columns) if kind in _OUT]
    few = connection.execution_options(yield_per=FEW if "bytes" in kinds.values() else AT_ONCE)
    for found in few.execute(select(*wanted).order_by(*order)):
        row = list(found)
        for place, convert in converts:
            if row[place] is not None:
                row[place] = convert(row[place])
        yield row


def converted(about: TableAbout, rows: Sequence[list[Any]]) -> list[list[Any]]:
    """Rows of a backup as Python's values, in place.

    Raises:
        ValueError: a value is not what its kind says.

    """
    converts = [(place, _IN[kind]) for place, (_name, kind) in enumerate(about.columns) if kind in _IN]
    for row in rows:
        for place, convert in converts:
            if row[place] is not None:
                row[place] = convert(row[place])
    return list(rows)
