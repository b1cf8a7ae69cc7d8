"""The schema of a database: its revision, the revisions these programs know, and the way from one to the next."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def alembic_config() -> AlembicConfig:
    """Alembic's settings: where the migrations are."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def revision_of(connection: Connection) -> str | None:
    """The revision of this database; None before its first migration."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def known_revisions() -> list[str]:
    """Every revision these programs know, oldest first: the last one is theirs."""
    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return [script.revision for script in scripts][::-1]


def is_behind(revision: str | None) -> bool:
    """Whether a database still lacks migrations of these programs. One from the future does not: it serves the old."""
    return revision is None or revision in known_revisions()[:-1]


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring a database forward. Within a transaction of the caller's, everything is part of it."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
