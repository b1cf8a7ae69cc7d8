"""Putting rows into an empty schema although its rules guard it: foreign keys and triggers stand aside and come back.

The rules are checked when they come back, for every row. What is made here belongs to the caller's transaction.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, func, insert, inspect, select, table, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from app.backups.archive import TableAbout
from app.backups.errors import BackupError
from app.backups.rows import clause, converted, describe


class Target(ABC):
    """A database that rows are put into."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def check(self, tables: Sequence[TableAbout]) -> None:
        """See that this schema has exactly the columns of the backup.

        Raises:
            BackupError: it has others.

        """
        here = inspect(self.connection)
        names = [each.name for each in tables]
        missing = sorted(set(names) - set(here.get_table_names()))
        if missing:
            raise BackupError(f"This schema has no table {', '.join(missing)}, which the backup holds.")
        for ours, theirs in zip(describe(self.connection, names, counted=False), tables, strict=True):
            if dict(ours.columns) != dict(theirs.columns):
                raise BackupError(f"The table {ours.name} has other columns here than in the backup.")

    def load(self, about: TableAbout, rows: Sequence[list[Any]]) -> None:
        """Put these rows into their table.

        Raises:
            BackupError: the database refuses one; nothing is said of its values, which are people's.

        """
        try:
            self._insert(about, converted(about, rows))
        except (SQLAlchemyError, psycopg.Error, ValueError) as wrong:
            cause = getattr(wrong, "orig", wrong)
            if isinstance(cause, psycopg.OperationalError | sqlite3.OperationalError):
                raise BackupError(f"The database cannot be written: {type(cause).__name__}: {cause}.") from None
            rule = getattr(getattr(cause, "diag", None), "constraint_name", None) or type(cause).__name__
            raise BackupError(f"The database refuses a row of {about.name} ({rule}).") from None

    def count(self, tables: Sequence[TableAbout]) -> None:
        """See that every row has arrived.

        Raises:
            BackupError: there are more or less.

        """
        for each in tables:
            found = self.connection.scalar(select(func.count()).select_from(table(each.name)))
            if found != each.rows:
                raise BackupError(f"{each.name}: the backup holds {each.rows} rows, {found} arrived.")

    def _run(self, statement: str, **values: Any) -> Any:
        """A statement made of names that the database itself told us."""
        return self.connection.execute(text(statement), values)

    @abstractmethod
    @contextmanager
    def unguarded(self, tables: Sequence[TableAbout]) -> Iterator[None]:
        """Empty these tables, with foreign keys and triggers away; both are back and checked at the end."""

    @abstractmethod
    def _insert(self, about: TableAbout, rows: list[list[Any]]) -> None:
        """Put Python's values into a table."""


class SqliteTarget(Target):
    """A file that nobody else uses. Foreign keys were switched off before its transaction began."""

    @contextmanager
    def unguarded(self, tables: Sequence[TableAbout]) -> Iterator[None]:
        """Empty these tables, with triggers away; at the end foreign keys are checked and the search index is made."""
        triggers = self._run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _sql in triggers:
            self._run(f'DROP TRIGGER "{name}"')
        for each in tables:
            self._run(f'DELETE FROM "{each.name}"')  # noqa: S608 - a name of ours
        yield
        for index in self._run("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5(%'"):
            self._run(f'INSERT INTO "{index.name}"("{index.name}") VALUES (\'rebuild\')')  # noqa: S608 - a name of ours
        for _name, sql in triggers:
            self.connection.exec_driver_sql(sql)
        broken = sorted({row[0] for row in self._run("PRAGMA foreign_key_check")})
        if broken:
            raise BackupError(f"Rows of the backup point nowhere: {', '.join(broken)}.")

    def _insert(self, about: TableAbout, rows: list[list[Any]]) -> None:
        names = [name for name, _kind in about.columns]
        self.connection.execute(insert(clause(about)), [dict(zip(names, row, strict=True)) for row in rows])


class PostgresTarget(Target):
    """Everything is part of one transaction, the schema included."""

    @contextmanager
    def unguarded(self, tables: Sequence[TableAbout]) -> Iterator[None]:
        """Empty these tables, with foreign keys and triggers away; at the end they are back, and counters are set."""
        keys = self._run(_FOREIGN_KEYS).all()
        triggers = self._run(_TRIGGERS).all()
        for key in keys:
            self._run(f"ALTER TABLE {key.owner} DROP CONSTRAINT {key.name}")
        for owner in {trigger.owner for trigger in triggers}:
            self._run(f"ALTER TABLE {owner} DISABLE TRIGGER USER")
        self._run("TRUNCATE " + ", ".join(f'"{each.name}"' for each in tables))
        yield
        for trigger in triggers:
            self._run(f"ALTER TABLE {trigger.owner} {_STATES[trigger.state]} TRIGGER {trigger.name}")
        for key in keys:
            self._put_back(key.owner, key.name, key.rule)
        for owner, column, counter in self._run(_COUNTERS).all():
            self._run(
                f"SELECT setval('{counter}', coalesce(max({column}), 1), max({column}) IS NOT NULL) FROM {owner}"  # noqa: S608
            )

    def _put_back(self, owner: str, name: str, rule: str) -> None:
        try:
            self._run(f"ALTER TABLE {owner} ADD CONSTRAINT {name} {rule}")
        except IntegrityError:
            raise BackupError(f"Rows of the backup point nowhere: {owner} ({name}).") from None

    def _insert(self, about: TableAbout, rows: list[list[Any]]) -> None:
        names = ", ".join(f'"{name}"' for name, _kind in about.columns)
        driver: psycopg.Connection[Any] = self.connection.connection.driver_connection  # type: ignore[assignment]
        with driver.cursor() as cursor, cursor.copy(f'COPY "{about.name}" ({names}) FROM STDIN'.encode()) as copy:
            for row in rows:
                copy.write_row(row)


def target_of(connection: Connection) -> Target:
    """The way of loading that this database needs."""
    return PostgresTarget(connection) if connection.dialect.name == "postgresql" else SqliteTarget(connection)


_FOREIGN_KEYS = """
    SELECT quote_ident(conname) AS name, conrelid::regclass::text AS owner, pg_get_constraintdef(oid) AS rule
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conparentid = 0
"""
_TRIGGERS = """
    SELECT quote_ident(tgname) AS name, tgrelid::regclass::text AS owner, tgenabled::text AS state
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
"""
_STATES = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}
_COUNTERS = """
    SELECT attrelid::regclass::text, quote_ident(attname), pg_get_serial_sequence(attrelid::regclass::text, attname)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
      AND pg_get_serial_sequence(attrelid::regclass::text, attname) IS NOT NULL
"""
