"""`flask backup …` and `flask restore`: one encrypted file with everything the database holds, and the way back."""

import os
import sys
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext
from pyrage.x25519 import Identity

from app.backups.archive import About
from app.backups.errors import BackupError
from app.backups.keeping import BackupPlan, backups_in, take_and_rotate
from app.backups.proving import prove
from app.backups.restoring import name_of, restore, verify
from app.backups.sealing import is_locked, new_key, parse_identities
from app.backups.taking import Begun, Progress, Taken, take
from app.web.application import this_application

LONG = 20_000
"""Rows from which on it is said how far a command is."""
FILE = click.Path(path_type=Path, dir_okay=False)
KEY = click.option(
    "--key", "key_file", type=FILE, required=True, help="The file with your private key, as age-keygen writes it."
)


class Told(AppGroup):
    """Commands whose refusals are told in one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run, and end with what was refused."""
        try:
            return super().invoke(ctx)
        except BackupError as refusal:
            raise click.ClickException(str(refusal)) from refusal


@click.group("backup", cls=Told, invoke_without_command=True, help="Encrypted copies of everything the database holds.")
@click.pass_context
@with_appcontext
def backup(ctx: click.Context) -> None:
    """Without a further word: take one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(take_now, file=None)


@backup.command("take")
@click.argument("file", type=FILE, required=False)
def take_now(file: Path | None) -> None:
    """Take a backup while the product runs: into FILE, or into BACKUP_FOLDER with the old ones thinned out."""
    plan = this_application().ports.get(BackupPlan)
    database = this_application().database
    if file is not None:
        _say_taken(take(database, file, plan.recipients, begun=_shown("Writing")), 0)
        return
    _say_taken(*take_and_rotate(database, plan, begun=_shown("Writing")))


@backup.command("list")
def list_all() -> None:
    """Name the backups in BACKUP_FOLDER, newest first, with their size."""
    folder = this_application().ports.get(BackupPlan).folder
    if folder is None:
        raise BackupError("BACKUP_FOLDER is not set.")
    for path in backups_in(folder):
        click.echo(f"{path.name}  {_size(path.stat().st_size)}")


@backup.command("verify")
@click.argument("file", type=FILE)
@KEY
def verify_file(file: Path, key_file: Path) -> None:
    """Open a backup and read all of it: whether it is whole, and what is in it."""
    _say_about(verify(file, _identities(key_file), begun=_shown("Reading")))
    click.echo("It is whole.")


@backup.command("key")
@click.argument("file", type=FILE)
@click.option("--passphrase", prompt=True, hide_input=True, confirmation_prompt=True, help="Locks the file.")
def make_key(file: Path, passphrase: str) -> None:
    """Make a key pair on a computer of yours: the private key into FILE, locked with a passphrase."""
    public, private = new_key(passphrase)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(private)
    except OSError as wrong:
        raise BackupError(f"{file} cannot be written: {wrong.strerror}.") from None
    click.echo(f"{file} opens your backups: keep two copies of it, none of them on the server.")
    click.echo(f"BACKUP_RECIPIENT={public}")


@click.command("restore")
@click.argument("file", type=FILE)
@KEY
@click.option("--replace", is_flag=True, help="Also when the database is not empty: everything in it is deleted.")
@with_appcontext
def restore_file(file: Path, key_file: Path, replace: bool) -> None:  # noqa: FBT001 - click's way
    """Put a backup into an empty database, bring it up to date and prove it. Stop web and workers first."""
    work = this_application().work
    try:
        identities = _identities(key_file)
        if replace:
            _confirm(name_of(work.database))
        _say_about(restore(work.database, file, identities, replace=replace, begun=_shown("Checking", "Loading")))
    except BackupError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo("Restored. Every row is there. What it proves to be:")
    all_well = True
    for name, is_well, words in prove(work):
        click.echo(f"  {'ok ' if is_well else 'BAD'}  {name}: {words}")
        all_well = all_well and is_well
    if not all_well:
        sys.exit(1)


def _confirm(name: str) -> None:
    click.echo(f"Everything in {name} will be deleted, and the backup put in its place.", err=True)
    if click.prompt(f"Type {name} to go on", err=True) != name:
        raise BackupError("Nothing was done.")


def _identities(key_file: Path) -> list[Identity]:
    try:
        content = key_file.read_bytes()
    except OSError as wrong:
        raise BackupError(f"{key_file} cannot be read: {wrong.strerror}.") from None
    words = click.prompt(f"Passphrase of {key_file.name}", hide_input=True, err=True) if is_locked(content) else None
    return parse_identities(content, words)


def _shown(*doing: str) -> Begun:
    """Say every tenth of a long way how far it is; `doing` are the words for each way in turn."""
    words = iter(doing)

    def begin(about: About) -> Progress:
        done, tenths, now = 0, 0, next(words)

        def tell(rows: int) -> None:
            nonlocal done, tenths
            done += rows
            if about.rows >= LONG and done * 10 // about.rows > tenths:
                tenths = done * 10 // about.rows
                click.echo(f"{now}: {tenths * 10} % of {about.rows:,} rows", err=True)

        return tell

    return begin


def _say_taken(taken: Taken, deleted: int) -> None:
    click.echo(f"{taken.path}: {taken.about.rows:,} rows, {_size(taken.size)}.")
    if deleted:
        click.echo(f"Older backups deleted: {deleted}.")


def _say_about(about: About) -> None:
    click.echo(
        f"Taken {about.taken_at:%Y-%m-%d %H:%M} UTC by Sahayog {about.product}, schema {about.revision}, "
        f"from {about.kind}: {about.rows:,} rows in {len(about.tables)} tables."
    )


def _size(many: int) -> str:
    return f"{many / 1_000_000:,.1f} MB"
