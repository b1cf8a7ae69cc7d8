"""`flask keys …`: the keys of encrypted columns. `flask audit …`: the trail sealed and verified."""

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
from app.kernel.sealing import new_key, seal_all
from app.kernel.secrets import KEY_BYTES, SealedError, keyring_of
from app.kernel.verifying import verify
from app.web.application import this_application

keys = AppGroup("keys", help="Keys of encrypted columns.")
trail = AppGroup("audit", help="The audit trail: sealed into a chain, and verified.")


@keys.command("new")
@click.argument("name", default="")
def new(name: str) -> None:
    """Print a fresh key, called NAME or after today, as ENCRYPTION_KEYS wants it. Nothing is kept."""
    key = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    click.echo(f"{name or f'{now():%Y-%m-%d}'}:{key}")


@keys.command("rotate")
def rotate_keys() -> None:
    """Write every encrypted value anew with the first of the ENCRYPTION_KEYS, while the product runs.

    It may be stopped and run again: it goes on with what is left. The audit trail gets a fresh key for its next
    seals; those that stand stay as they are.
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
        if any(done.values()):
            new_key(db)
        note(db, SYSTEM, "keys.rotated", the_organisation(db), rows=sum(done.values()), key=newest)
    for column, rows in done.items():
        click.echo(f"{column}: {rows} rows written with the key {newest}.")
    click.echo(f"Everything is written with the key {newest}. No other key is needed, but for older backups.")


@trail.command("seal")
def seal() -> None:
    """Seal what is not yet, as the product does by itself every ten minutes."""
    sealed = seal_all(this_application().database)
    if sealed.is_waiting:
        raise click.ClickException("Somebody has been writing for a while and has not ended. Try again later.")
    click.echo(f"{sealed.entries} entries sealed with {sealed.seals} seals.")
    click.echo(f"Head: {sealed.head or 'none yet'}")


@trail.command("verify")
@click.option("--expect", default="", metavar="HEAD", help="A head that was noted earlier: it must still be there.")
def verify_trail(expect: str) -> None:
    """Read the whole trail. Fails when anything in it was changed, taken away, put in or cut off, and says where.

    Note the head that is printed where this database cannot reach (a mail, a sheet of paper): with --expect it
    shows later on whether the end of the trail was cut off.
    """
    verdict = verify(this_application().database, expect=expect.strip().lower())
    for flaw in verdict.flaws:
        click.echo(f"WRONG: {flaw}", err=True)
    if verdict.flaw_count > len(verdict.flaws):
        click.echo(f"WRONG: and {verdict.flaw_count - len(verdict.flaws)} more", err=True)
    click.echo(
        f"{verdict.entries} entries read under {verdict.seals} seals, {verdict.unsealed} wait for the next seal."
    )
    click.echo(f"Head: {verdict.head or 'none yet'}")
    if not verdict.is_well:
        raise click.ClickException("The audit trail is not as it was written.")
    click.echo("All is well.")
