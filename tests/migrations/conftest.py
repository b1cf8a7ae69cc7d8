"""Databases of the kind the suite runs on: empty ones, and ones as a migration left them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from app.kernel.db import Database
from app.kernel.schema import known_revisions, upgrade

EVERY = 4
"""From one migration that is kept to the next. Whoever wants one in between has fewer than these to make."""


class Files:
    """Databases of SQLite, each a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        """Its address."""
        return f"sqlite:///{self.folder / name}.db"

    def make(self, name: str, like: str | None) -> None:
        """Empty, or like another that nobody has open."""
        self.drop(name)
        if like is not None:
            shutil.copy(self.folder / f"{like}.db", self.folder / f"{name}.db")

    def drop(self, name: str) -> None:
        """Gone, with its journal."""
        for each in self.folder.glob(f"{name}.db*"):
            each.unlink()


class Server:
    """Databases on a server of PostgreSQL."""

    def __init__(self, url: str) -> None:
        # No connection is kept: other tests throw out whoever is in the database they make anew.
        self.engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def url(self, name: str) -> str:
        """Its address."""
        return self.engine.url.set(database=name).render_as_string(hide_password=False)

    def make(self, name: str, like: str | None) -> None:
        """Empty, or like another that nobody has open."""
        self.drop(name)
        self._run(f"CREATE DATABASE {name} TEMPLATE {like or 'template1'} STRATEGY FILE_COPY")

    def drop(self, name: str) -> None:
        """Gone, whoever still has it open."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))


class Stairs:
    """Every few migrations what they made is kept aside, so that not every test begins with the first of them."""

    def __init__(self, place: Files | Server) -> None:
        self.place = place
        self.kept: list[str] = []

    @contextmanager
    def standing(self, revision: str | None) -> Iterator[Database]:
        """A database as this migration left it, or an empty one."""
        self.place.make("migrating", self._stair_below(revision) if revision else None)
        database = Database(self.place.url("migrating"))
        try:
            if revision:
                _upgrade(database, revision)
            yield database
        finally:
            database.close()
            self.place.drop("migrating")

    def _stair_below(self, revision: str) -> str | None:
        """The name of what is kept of the last migration up to this one; made now if nobody wanted it before."""
        last = known_revisions().index(revision) // EVERY * EVERY
        for stair in range(len(self.kept) * EVERY, last + 1, EVERY):
            name, reached = f"migrated_{stair}", known_revisions()[stair]
            self.place.make(name, self.kept[-1] if self.kept else None)
            database = Database(self.place.url(name))
            _upgrade(database, reached)
            database.close()
            self.kept.append(name)
        return self.kept[last // EVERY]

    def clear(self) -> None:
        """Leave nothing behind."""
        for name in self.kept:
            self.place.drop(name)


def _upgrade(database: Database, revision: str) -> None:
    with database.engine.connect() as connection:
        upgrade(connection, revision)


@pytest.fixture(scope="session")
def stairs(database_url, tmp_path_factory):
    """What migrations have made so far."""
    is_sqlite = database_url.startswith("sqlite")
    made = Stairs(Files(tmp_path_factory.mktemp("stairs")) if is_sqlite else Server(database_url))
    yield made
    made.clear()


@pytest.fixture
def fresh(stairs):
    """An empty database."""
    with stairs.standing(None) as database:
        yield database
