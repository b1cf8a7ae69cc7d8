"""`flask rates …`: take in a file of the European Central Bank, look up a rate."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from app.currencies import importing
from app.currencies.ecb_files import LARGEST, read_file
from app.currencies.models import RateImport
from app.currencies.queries import quote_on
from app.currencies.rules import OLDEST
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.web.application import this_application

rates = AppGroup("rates", help="Exchange rates.")


@rates.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Take in a FILE of the European Central Bank (eurofxref: CSV, ZIP or XML). The same file twice changes nothing."""
    work = this_application().work
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    try:
        with work.database.writing() as db:
            act_as(db, SYSTEM)
            key = importing.begin_import(db, read_file(content, today()), file.name, actor=SYSTEM).id
    except Refused as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    importing.go_on(work, import_id=key)
    with work.database.reading() as db:
        made = db.get_one(RateImport, key)
    click.echo(f"{made.total} rates from {made.first_day} to {made.last_day}: {made.added} are new.")
    if made.skipped:
        click.echo(f"Left out, as nothing is given in them here: {', '.join(made.skipped)}.")
    for currency, day, here, there in made.differences:
        click.echo(f"{currency} of {day} stays {here}; the file says {there}.")
    if made.differing > len(made.differences):
        click.echo(f"So do {made.differing - len(made.differences)} more.")


@rates.command("of")
@click.argument("currency")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def rate_of(currency: str, day: datetime) -> None:
    """Say what one euro bought of CURRENCY on DAY."""
    with this_application().database.reading() as db:
        quote = quote_on(db, currency.upper(), day.date())
    if quote is None:
        raise click.ClickException(f"No rate of that day, nor of the {OLDEST.days} days before it.")
    click.echo(f"{quote.units_per_euro} ({quote.day or 'always'}{', ' if quote.source else ''}{quote.source})")
