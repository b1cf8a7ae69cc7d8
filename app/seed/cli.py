"""`flask seed`: fill an empty database with a believable small charity."""

import time

import click

from app.kernel.errors import Refused
from app.seed.story import tell_story
from app.web.application import this_application


@click.command("seed")
@click.option("--password", required=True, help="The password of the invented staff.")
def seed(password: str) -> None:
    """Fill an empty database with an invented charity, its donors and two years of gifts."""
    began = time.perf_counter()
    try:
        with this_application().database.writing() as db:
            told = tell_story(db, password)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(
        f"Made {told.contacts} contacts, {told.gifts} gifts and {told.forms} giving forms "
        f"in {time.perf_counter() - began:.1f} s."
    )
