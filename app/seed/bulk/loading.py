"""Many rows into tables at once: COPY on PostgreSQL, one prepared INSERT on SQLite; indexes are built afterwards.

While rows stream in, the tables' indexes, triggers and foreign keys are set aside, and put back as they were read from
the database itself: a foreign key so checks every row when it returns, an index is sorted once. All in the caller's
transaction: if anything fails, everything is as before.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from app.contacts.models.search_index import POSTGRESQL_ANEW, SQLITE_ANEW

Row = tuple[object, ...]
Packed = bytes | Sequence[Row]
MEMORY = "512MB"
SORTING = 400_000
"""Kilobytes that SQLite may hold in memory meanwhile."""


@dataclass(frozen=True)
class Shape:
    """Which columns of a table the rows bring, and those that are the same in every row (words or numbers of ours)."""

    table: str
    columns: tuple[str, ...]
    fixed: dict[str, str | int | bool] = field(default_factory=dict)
    instants: frozenset[str] = frozenset()


class Loading:
    """Takes rows for tables until its block ends."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection
        self.is_postgresql = connection.dialect.name == "postgresql"

    def put(self, shape: Shape, rows: Sequence[Row]) -> None:
        """Add rows, whose values are numbers, words without tabs, line ends or backslashes, and truths; never None."""
        self.put_packed(shape, packed(shape, rows, is_postgresql=self.is_postgresql))

    def put_packed(self, shape: Shape, rows: Packed) -> None:
        """Add rows that are packed for this database."""
        if isinstance(rows, bytes):
            self._copy(shape, rows)
        elif rows:
            self._insert(shape, rows)

    def _copy(self, shape: Shape, lines: bytes) -> None:
        with self._driver.cursor() as cursor, cursor.copy(f"COPY {shape.table} ({_names(shape)}) FROM STDIN") as copy:
            copy.write(lines)

    def _insert(self, shape: Shape, rows: Sequence[Row]) -> None:
        words = [f"'{value}'" if isinstance(value, str) else str(int(value)) for value in shape.fixed.values()]
        values = ", ".join([*("?" for _ in shape.columns), *words])
        self._driver.executemany(f"INSERT INTO {shape.table} ({_names(shape)}) VALUES ({values})", rows)  # noqa: S608


def packed(shape: Shape, rows: Sequence[Row], *, is_postgresql: bool) -> Packed:
    """Rows as a database takes them: as the lines of a COPY, or as they are."""
    if not is_postgresql or not rows:
        return rows
    line = "\t".join("%s+00" if name in shape.instants else "%s" for name in shape.columns)
    line = "\t".join([line, *(str(value).replace("%", "%%") for value in shape.fixed.values())]) + "\n"
    return "".join([line % row for row in rows]).encode()


def _names(shape: Shape) -> str:
    return ", ".join((*shape.columns, *shape.fixed))


@contextmanager
def loading(
    connection: Connection, tables: Sequence[str], say: Callable[[str], None], *, is_search_brought: bool = False
) -> Iterator[Loading]:
    """Rows for these tables may be put in until the block ends; `say` hears what is built then, and of which table.

    What the search stands on is made anew from the contacts, unless the rows of that are brought as well.
    """
    make_room = _postgresql_apart if connection.dialect.name == "postgresql" else _sqlite_apart
    before = {name: _largest(connection, name) for name in tables}
    back = make_room(connection, tables)
    yield Loading(connection)
    if "contact" in tables and not is_search_brought:
        back = [*(SQLITE_ANEW if connection.dialect.name == "sqlite" else POSTGRESQL_ANEW), *back]
    for statement in back:
        say(statement)
        is_plain = connection.dialect.name == "sqlite"
        connection.exec_driver_sql(statement if is_plain else statement.replace("%", "%%"))
    if connection.dialect.name == "postgresql":
        for name in tables:
            if _largest(connection, name) > before[name]:
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence(:name, 'id'), max(id)) FROM {name}"),  # noqa: S608
                    {"name": name},
                )


def _largest(connection: Connection, table: str) -> int:
    return connection.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table}")) or 0  # noqa: S608 - a table of ours


def largest_key(connection: Connection, table: str) -> int:
    """The greatest key of a table of ours; 0 while it is empty."""
    return _largest(connection, table)


def _sqlite_apart(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Drop indexes and triggers of the tables; the statements that bring them back, the trigrams' index among them.

    An index over all rows that are unique stays: a foreign key may point to it, and SQLite looks at those meanwhile.
    """
    connection.exec_driver_sql(f"PRAGMA cache_size = -{SORTING}")
    back: list[str] = []
    found = connection.execute(
        text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''")
    ).all()
    for kind, name, table, statement in found:
        is_pointed_at = statement.startswith("CREATE UNIQUE INDEX") and " WHERE " not in statement
        if table in tables and not is_pointed_at:
            connection.exec_driver_sql(f'DROP {kind} "{name}"')
            back.append(statement)
    return sorted(back, key=lambda statement: statement.startswith("CREATE TRIGGER"))


def _postgresql_apart(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Drop foreign keys and those indexes that no constraint needs; the statements that bring them back."""
    connection.execute(text("SELECT set_config('maintenance_work_mem', :much, true)"), {"much": MEMORY})
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked would hold the tables
    named = {"tables": list(tables)}
    back: list[str] = []
    indexes = connection.execute(text(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "JOIN pg_class t ON t.oid = i.indrelid LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid "
        "WHERE t.relname = ANY(:tables) AND t.relnamespace = current_schema()::regnamespace AND c.oid IS NULL"
    ), named).all()  # fmt: skip
    for name, statement in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
        back.append(statement)
    keys = connection.execute(text(
        "SELECT t.relname, quote_ident(c.conname), pg_get_constraintdef(c.oid) FROM pg_constraint c "
        "JOIN pg_class t ON t.oid = c.conrelid WHERE c.contype = 'f' AND t.relname = ANY(:tables) "
        "AND t.relnamespace = current_schema()::regnamespace"
    ), named).all()  # fmt: skip
    # Rows lie in the order of the keys they point to: two indexes side by side take half the time of hashing.
    back.append("SET LOCAL enable_hashjoin = off")
    for table, name, rule in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        back.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule}")
    back.append("SET LOCAL enable_hashjoin TO DEFAULT")
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        back.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return back
