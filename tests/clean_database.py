"""One database, as good as new before every test: a copy of the migrated one, on SQLite and on PostgreSQL."""

import shutil
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, create_engine, make_url

from app.kernel.db import Database


class Template(Protocol):
    """The migrated database, kept aside."""

    def restore(self) -> None:
        """Put it back in place of the one a test has used."""


class SqliteTemplate:
    """A copy of the file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = Path(database.url.removeprefix("sqlite:///"))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        database.engine.dispose()
        shutil.copy(self._path, self._path.with_suffix(".template"))

    def restore(self) -> None:
        """Put the file back, without the journal of the one before."""
        self._database.engine.dispose()
        for extra in ("-wal", "-shm"):
            self._path.with_name(self._path.name + extra).unlink(missing_ok=True)
        shutil.copy(self._path.with_suffix(".template"), self._path)


class PostgresTemplate:
    """A database that others are created from. Whoever is still connected to the used one is thrown out."""

    def __init__(self, database: Database, server_url: str) -> None:
        self._database = database
        self._name = str(make_url(database.url).database)
        self._template = f"{self._name}_template"
        self._server: Engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
        database.engine.dispose()
        self._run(f'DROP DATABASE IF EXISTS "{self._template}"')
        self._run(f'CREATE DATABASE "{self._template}" TEMPLATE "{self._name}"')

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)

    def restore(self) -> None:
        """Create the database anew from the template."""
        self._database.engine.dispose()
        self._run(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._template}" STRATEGY FILE_COPY')

    def close(self) -> None:
        """Leave the server as it was."""
        self._database.engine.dispose()
        for name in (self._template, self._name):
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._server.dispose()


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
