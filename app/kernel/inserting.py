"""Rows inserted at once, but for those that are there: one statement, worded here.

SQLAlchemy words such a statement anew each time and looks at each value twice, which takes longer than the database
does. The columns' types are asked all the same, so that what is stored is what a session would have stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.orm import Session

from app.kernel.db import Record

MOST = 30_000
"""Most values of one statement: SQLite takes 32,766 of them, PostgreSQL 65,535."""
Translate = Callable[[Any], Any] | None
"""How a value goes to the driver; None: as it is."""


@dataclass(frozen=True)
class _Insertion:
    """The statement but for its rows, and what is done to the values of each."""

    head: str
    row: str
    tail: str
    translations: Sequence[tuple[str, Translate]]

    @property
    def at_once(self) -> int:
        """Most rows of one statement."""
        return MOST // len(self.translations)

    def carry_out(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
        """The ids of the rows that were new."""
        values = tuple(
            translate(row[name]) if translate is not None else row[name]
            for row in rows
            for name, translate in self.translations
        )
        words = f"{self.head}{', '.join([self.row] * len(rows))}{self.tail}"
        return list(connection.exec_driver_sql(words, values).scalars())


def insert_each_unless_there(
    db: Session, model: type[Record], rows: Sequence[dict[str, Any]], *, key: str | tuple[str, ...]
) -> list[int]:
    """Insert rows at once, but for those whose `key` (unique columns) another has; the new ones' ids, in any order.

    Also right when two transactions insert the same at one moment: the second waits for the first to end. Each row
    names the same columns, and every one that has no default in the database.

    Raises:
        KeyError: a row leaves out what the first one names.
        TypeError: a column is left out that has to be named.

    """
    if not rows:
        return []
    connection = db.connection()
    insertion = _known(connection, model, tuple(rows[0]), (key,) if isinstance(key, str) else key)
    step, found = insertion.at_once, list[int]()
    for first in range(0, len(rows), step):
        found += insertion.carry_out(connection, rows[first : first + step])
    return found


def insert_unless_there(db: Session, model: type[Record], values: dict[str, Any], *, key: str) -> int | None:
    """The same for one row: its id, or None when another has the same `key`."""
    found = insert_each_unless_there(db, model, [values], key=key)
    return found[0] if found else None


def _known(connection: Connection, model: type[Record], names: tuple[str, ...], key: tuple[str, ...]) -> _Insertion:
    """Worded once for each connection of the pool, which keeps it as long as it lives."""
    known: dict[Any, _Insertion] = connection.info.setdefault("insertions", {})
    which = (model, names, key)
    if which not in known:
        known[which] = _worded(connection, model, names, key)
    return known[which]


def _worded(connection: Connection, model: type[Record], names: tuple[str, ...], key: tuple[str, ...]) -> _Insertion:
    table: Any = model.__table__
    _refuse_gaps(table, names)
    dialect = connection.dialect
    quote, place = dialect.identifier_preparer.quote, "?" if dialect.paramstyle == "qmark" else "%s"
    columns = [table.c[name] for name in names]
    return _Insertion(
        head=f"INSERT INTO {quote(table.name)} ({', '.join(quote(column.name) for column in columns)}) VALUES ",  # noqa: S608
        row=f"({', '.join([place] * len(columns))})",
        tail=f" ON CONFLICT ({', '.join(quote(table.c[each].name) for each in key)}) DO NOTHING RETURNING id",
        translations=[(name, _translation(column, connection)) for name, column in zip(names, columns, strict=True)],
    )


def _refuse_gaps(table: Table, names: Sequence[str]) -> None:
    """Defaults of ours are not filled in here, so each column is named that needs one."""
    needed = {c.name for c in table.columns if not c.primary_key and c.server_default is None and not c.nullable}
    needed |= {c.name for c in table.columns if c.default is not None and not c.primary_key}
    if missing := needed - set(names):
        raise TypeError(f"{table.name} needs {', '.join(sorted(missing))}")


def _translation(column: Column[Any], connection: Connection) -> Translate:
    found: Translate = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return found
