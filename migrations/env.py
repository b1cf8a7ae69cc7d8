"""How migrations run: on the database of the settings, or on a connection that a test hands over."""

from typing import Any

from alembic import context
from sqlalchemy import JSON, Connection

from app.kernel.db import Database, Instant
from app.models import Base
from config import Config
from migrations.comparing import include


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
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(Config.from_env().DATABASE_URL)
    with database.engine.connect() as opened:
        run(opened)
    database.close()
