"""A migration takes several tables in one moment, and makes nobody wait in a circle."""

import threading

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from migrations import locking

pytestmark = pytest.mark.db


def held(database):
    """Tables that somebody holds for himself."""
    query = "SELECT relname FROM pg_locks JOIN pg_class ON pg_class.oid = relation WHERE mode = 'AccessExclusiveLock'"
    with database.engine.connect() as connection:
        return set(connection.execute(text(query)).scalars())


def test_the_tables_are_taken_when_nobody_uses_any_of_them_and_not_before(database, monkeypatch):
    if database.engine.dialect.name != "postgresql":
        return
    tried = threading.Event()
    monkeypatch.setattr(locking.time, "sleep", lambda _seconds: tried.set() or threading.Event().wait(0.01))

    def migrate():
        with database.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
            locking.hold("gift", "fund", "contact")
            taken.append(held(database))

    taken = []
    migration = threading.Thread(target=migrate)
    with database.engine.begin() as reader:
        reader.execute(text("SELECT count(*) FROM gift"))
        migration.start()
        assert tried.wait(30)
        reader.execute(text("SELECT count(*) FROM fund"))  # nobody is in the way of whoever was there first
        assert taken == []
    migration.join(30)

    assert taken[0] >= {"gift", "fund", "contact"}


def test_a_table_that_is_never_free_ends_the_migration(database, monkeypatch):
    if database.engine.dialect.name != "postgresql":
        return
    monkeypatch.setattr(locking, "PATIENCE", 0.2)
    with database.engine.begin() as reader:
        reader.execute(text("SELECT count(*) FROM gift"))
        with (
            database.engine.begin() as connection,
            Operations.context(MigrationContext.configure(connection)),
            pytest.raises(OperationalError),
        ):
            locking.hold("gift", "fund")


def test_on_sqlite_there_is_nothing_to_take(database):
    if database.engine.dialect.name == "sqlite":
        with database.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
            locking.hold("gift", "fund")
