"""One database, as good as new before every test: a copy of the migrated one on SQLite, a tidied one on PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import Connection, Engine, Pool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from app.kernel.db import Database

FORGET = (
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); "
    "DISCARD TEMP; DISCARD SEQUENCES"
)
"""What DISCARD ALL does, but for the plans: those hold no state of a test."""
OURS = 16_384
"""The first number of what is not PostgreSQL's own (FirstNormalObjectId)."""
CATALOGUES = {
    **dict.fromkeys(("pg_class", "pg_type", "pg_proc", "pg_namespace", "pg_constraint", "pg_trigger"), "oid"),
    **dict.fromkeys(("pg_attrdef", "pg_extension", "pg_policy", "pg_rewrite", "pg_largeobject_metadata"), "oid"),
    **dict.fromkeys(("pg_default_acl", "pg_event_trigger", "pg_operator", "pg_cast", "pg_statistic_ext"), "oid"),
    "pg_attribute": "attrelid",
    "pg_index": "indexrelid",
    "pg_sequence": "seqrelid",
}
"""Where PostgreSQL keeps what there is, and by which number."""
SCHEMA = " UNION ALL ".join(
    f"SELECT '{name}', count(*), sum(xmin::text::bigint), max(xmin::text::bigint) FROM {name} WHERE {number} >= {OURS}"
    for name, number in CATALOGUES.items()
)
"""Differs after each change of the schema: a new row, and a new version of one, has a transaction of its own."""
SETTINGS = (
    "SELECT setrole, setconfig FROM pg_db_role_setting "
    "WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
SIZES = f"SELECT oid::regclass::text, pg_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND oid >= {OURS}"
NUMBERS = "SELECT seqrelid::regclass::text, seqstart, pg_sequence_last_value(seqrelid) FROM pg_sequence"
ELSE = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND pid <> ALL(%(pids)s) AND backend_type = 'client backend'"
)


class Template(Protocol):
    """The migrated database, kept aside; and others that took long to fill, by their names."""

    saved: set[str]

    def restore(self) -> None:
        """Put it back in place of the one a test has used."""

    def save(self, name: str) -> None:
        """Keep the one that is there now aside as well."""

    def restore_saved(self, name: str) -> None:
        """Put that one back."""


class SqliteTemplate:
    """A copy of the file."""

    def __init__(self, database: Database) -> None:
        self.saved: set[str] = set()
        self._database = database
        self._path = Path(database.url.removeprefix("sqlite:///"))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        self.save("template")

    def restore(self) -> None:
        """Put a new file there, without the journal and without the locks of the one before."""
        self.restore_saved("template")

    def save(self, name: str) -> None:
        """Copy the file, into which the journal went with the last connection."""
        self._database.engine.dispose()
        shutil.copy(self._path, self._path.with_suffix(f".{name}"))
        self.saved.add(name)

    def restore_saved(self, name: str) -> None:
        """The same with a file that was copied later."""
        self._database.engine.dispose()
        for extra in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + extra).unlink(missing_ok=True)
        shutil.copy(self._path.with_suffix(f".{name}"), self._path)


class PostgresTemplate:
    """A database that others are created from, and what a test has changed is taken back by.

    Rows and sequences are put back one by one, which is ten times as fast as a new database and leaves the product's
    idle connections as they are. After a change of the schema the database is created anew. Whoever else is still
    connected to the used one is thrown out.
    """

    def __init__(self, database: Database, server_url: str) -> None:
        self.saved: set[str] = set()
        self._database = database
        self._name = str(make_url(database.url).database)
        self.template = f"{self._name}_template"
        self._server: Engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
        database.engine.dispose()
        self._run(f'DROP DATABASE IF EXISTS "{self.template}"')
        self._run(f'CREATE DATABASE "{self.template}" TEMPLATE "{self._name}"')
        with self._inside() as db:
            self._tidies = db.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar()
            sizes = db.exec_driver_sql(SIZES).all()
            self._rows = {table: _copy_out(db, table) for table, size in sizes if size}
            self._contents = " UNION ALL ".join(
                f"SELECT '{table}', md5(string_agg(each::text, '|' ORDER BY each::text)) FROM {table} AS each"
                for table in self._rows
            )
            self._before = _looked(db, self._contents)

    @contextmanager
    def _inside(self) -> Iterator[Connection]:
        """One of the product's own connections: whoever wants the database to themselves finds nobody else there."""
        with self._database.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)

    def restore(self) -> None:
        """Put back what has changed, or everything after a change of the schema."""
        if not (self._tidies and self._tidied()):
            self.recreate()

    def recreate(self) -> None:
        """Create the database anew from the template."""
        self._copy(self.template, self._name)

    def save(self, name: str) -> None:
        """Make a copy under another name, which goes with the others."""
        self._copy(self._name, self._name_of(name))
        self.saved.add(name)

    def restore_saved(self, name: str) -> None:
        """Create the database anew from that copy."""
        self._copy(self._name_of(name), self._name)

    def _name_of(self, saved: str) -> str:
        return f"{self._name}_{saved}"

    def _copy(self, source: str, target: str) -> None:
        self._database.engine.dispose()
        self._run(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY FILE_COPY')

    def _tidied(self) -> bool:
        """Whether it could be done without a new database."""
        kept = _idle(self._database)
        try:
            with self._inside() as db:
                db.exec_driver_sql(ELSE, {"pids": kept})
                found = _looked(db, self._contents)
                if found["schema"] != self._before["schema"]:
                    return False
                # What is append-only may be emptied by us, and in any order.
                db.exec_driver_sql("SET session_replication_role = replica")
                self._put_back(db, found)
                db.exec_driver_sql("RESET session_replication_role")
        except (DBAPIError, psycopg.Error):  # the server was gone for a moment
            return False
        return True

    def _put_back(self, db: Connection, found: dict[str, Any]) -> None:
        """Empty the tables that have rows, fill those that had some, and let numbers begin where they began."""
        before = self._before
        changed = {table for table in self._rows if found["contents"][table] != before["contents"][table]}
        if dirty := changed | {table for table, size in found["sizes"].items() if size and table not in self._rows}:
            db.exec_driver_sql("; ".join(f"DELETE FROM {table}" for table in sorted(dirty)))
            db.exec_driver_sql(f"VACUUM (SKIP_DATABASE_STATS) {', '.join(sorted(dirty))}")  # what is left has no pages
        for table in changed:
            _copy_in(db, table, self._rows[table])
        numbers = {name: kept for name, kept in before["numbers"].items() if found["numbers"][name] != kept}
        if numbers:
            begin = (
                f"setval('{name}', {last or start}, {last is not None})" for name, (start, last) in numbers.items()
            )
            db.exec_driver_sql(f"SELECT {', '.join(begin)}")

    def close(self) -> None:
        """Leave the server as it was."""
        self._database.engine.dispose()
        for name in (self.template, self._name, *map(self._name_of, self.saved)):
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._server.dispose()


def _looked(db: Connection, contents: str) -> dict[str, Any]:
    """How the database looks: its schema, the contents of the tables that had rows, how large tables are, numbers."""
    return {
        "schema": (db.exec_driver_sql(SCHEMA).all(), db.exec_driver_sql(SETTINGS).all()),
        "contents": dict(db.exec_driver_sql(contents).all()),
        "sizes": dict(db.exec_driver_sql(SIZES).all()),
        "numbers": {name: (start, last) for name, start, last in db.exec_driver_sql(NUMBERS)},
    }


def _copy_out(db: Connection, table: str) -> bytes:
    with db.connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as rows:
        return b"".join(bytes(each) for each in rows)


def _copy_in(db: Connection, table: str, rows: bytes) -> None:
    with db.connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.write(rows)


def _idle(database: Database) -> list[int]:
    """Let idle connections forget what a test has told them; which they are (process numbers of the server).

    When a test has left one in use, none stays.
    """
    pools = (database.engine.pool, database.glances.pool)
    try:
        if not any(pool.checkedout() for pool in pools):
            return [pid for pool in pools for pid in _forgetful(pool)]
    except psycopg.Error:  # somebody has thrown them out
        pass
    database.engine.dispose()
    return []


def _forgetful(pool: Pool) -> list[int]:
    taken = []
    try:
        for _ in range(pool.checkedin()):
            taken.append(pool.connect())
            taken[-1].driver_connection.execute(FORGET)
            taken[-1].driver_connection.commit()
        return [each.driver_connection.info.backend_pid for each in taken]
    finally:
        for each in taken:
            each.close()


def new_postgres_database(server_url: str) -> str:
    """The address of a new, empty database on a server: nothing that is there already is touched."""
    url = make_url(server_url)
    name = f"{url.database}_under_test"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    server.dispose()
    return url.set(database=name).render_as_string(hide_password=False)
