"""How migrations run: on the database of the settings, or on a connection that a test hands over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import JSON, Connection, event

from app.kernel.db import Database, Instant
from app.models import Base
from config import Config
from migrations.comparing import include

PATIENCE = "SET LOCAL lock_timeout = '5s'"
"""How long a migration waits for a table on PostgreSQL. Everybody else queues behind whoever waits for one."""


class ForeignKeyBrokenError(Exception):
    """A migration left rows that point nowhere."""


def render(kind: str, thing: Any, context: Any) -> str | bool:
    """Write our own column types as plain ones, so that old migrations do not depend on today's code."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run(connection: Connection) -> None:
    """Migrate over one connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=include,
        render_item=render,
        transaction_per_migration=True,
    )
    with impatient(connection), without_foreign_keys(connection), context.begin_transaction():
        context.run_migrations()


@contextmanager
def impatient(connection: Connection) -> Iterator[None]:
    """On PostgreSQL a migration gives up, changing nothing, rather than keep donors waiting behind it."""
    if connection.dialect.name != "postgresql":
        yield
        return

    def begun(one: Connection) -> None:
        one.exec_driver_sql(PATIENCE)

    if connection.in_transaction():
        begun(connection)
    event.listen(connection, "begin", begun)
    try:
        yield
    finally:
        event.remove(connection, "begin", begun)


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which rows that point to it forbid: they are looked at afterwards.

    Raises:
        ForeignKeyBrokenError: a migration left rows that point nowhere.

    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")  # without effect within a transaction, so before it begins
    try:
        yield
        broken = driver.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            tables = sorted({row[0] for row in broken})
            raise ForeignKeyBrokenError(f"Rows point nowhere in: {', '.join(tables)}. Restore your backup.")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(Config.from_env().DATABASE_URL)
    with database.engine.connect() as opened:
        run(opened)
    database.close()
