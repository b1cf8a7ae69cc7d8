"""`flask db …`: the database brought up to date, checked against the models, or given a new migration."""

import click
from alembic import command
from flask.cli import AppGroup

from app.kernel.schema import alembic_config
from app.web.application import this_application

db_commands = AppGroup("db", help="Migrate and check the database.")


def _with_connection(name: str, *arguments: str) -> None:
    config = alembic_config()
    with this_application().database.engine.connect() as connection:
        config.attributes["connection"] = connection
        getattr(command, name)(config, *arguments)
        connection.commit()


@db_commands.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database up to date."""
    _with_connection("upgrade", revision)


@db_commands.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to REVISION (`base` empties it)."""
    _with_connection("downgrade", revision)


@db_commands.command("check")
def check() -> None:
    """Fail when the migrations do not lead to what the models say."""
    _with_connection("check")


@db_commands.command("revision")
@click.argument("message")
def revision(message: str) -> None:
    """Write a new migration from what the models have that the database has not. Read it before you keep it."""
    config = alembic_config()
    with this_application().database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)
