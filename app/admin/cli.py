"""`flask keys …`: the keys of encrypted columns."""

import base64
import os

import click
from flask.cli import AppGroup

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as, note
from app.kernel.clock import now
from app.kernel.db import Base
from app.kernel.organisation import the_organisation
from app.kernel.rotation import rotate
from app.kernel.secrets import KEY_BYTES, SealedError, keyring_of
from app.web.application import this_application

keys = AppGroup("keys", help="Keys of encrypted columns.")


@keys.command("new")
@click.argument("name", default="")
def new(name: str) -> None:
    """Print a fresh key, called NAME or after today, as ENCRYPTION_KEYS wants it. Nothing is kept."""
    key = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    click.echo(f"{name or f'{now():%Y-%m-%d}'}:{key}")


@keys.command("rotate")
def rotate_keys() -> None:
    """Write every encrypted value anew with the first of the ENCRYPTION_KEYS, while the product runs.

    It may be stopped and run again: it goes on with what is left.
    """
    database = this_application().database
    newest = keyring_of(database.engine.dialect).newest
    try:
        done = rotate(
            database, Base.metadata, told=lambda column, rows: click.echo(f"{column}: {rows} rows …", err=True)
        )
    except SealedError as closed:
        raise click.ClickException(f"{closed}. Put that key back and run this again.") from closed
    with database.writing() as db:
        act_as(db, SYSTEM)
        note(db, SYSTEM, "keys.rotated", the_organisation(db), rows=sum(done.values()), key=newest)
    for column, rows in done.items():
        click.echo(f"{column}: {rows} rows written with the key {newest}.")
    click.echo(f"Everything is written with the key {newest}. No other key is needed, but for older backups.")
