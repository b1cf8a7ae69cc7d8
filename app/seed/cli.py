"""`flask seed`: fill an empty database with a believable small charity, and a crowd around it if it shall be large."""

import sys
import time

import click
from flask.cli import with_appcontext

from app.kernel.errors import Refused
from app.seed.bulk.filling import Filled, Plan, Progress, fill
from app.seed.story import tell_story
from app.web.application import this_application

STEP = 5_000


@click.command("seed")
@click.option("--password", required=True, help="The password of the invented staff.")
@click.option("--contacts", type=click.IntRange(0, 20_000_000), default=0, help="So many contacts in all.")
@click.option("--gifts", type=click.IntRange(0, 100_000_000), default=0, help="So many gifts in all, over six years.")
@click.option("--random-seed", type=int, default=2010, help="Another number, another crowd.")
@with_appcontext
def seed(password: str, contacts: int, gifts: int, random_seed: int) -> None:
    """Fill an empty database with an invented charity, its donors and two years of gifts; by the million if asked."""
    try:
        if contacts or gifts:
            _tell(_with_bars(password, Plan(contacts, gifts, random_seed)))
        else:
            _story(password)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _story(password: str) -> None:
    began = time.perf_counter()
    with this_application().database.writing() as db:
        told = tell_story(db, password)
    click.echo(
        f"Made {told.contacts} contacts, {told.gifts} gifts and {told.forms} giving forms "
        f"in {time.perf_counter() - began:.1f} s."
    )


def _with_bars(password: str, plan: Plan) -> Filled:
    """The crowd, with a bar on the terminal for people and then one for gifts."""
    with (
        click.progressbar(length=plan.contacts, label="Contacts", update_min_steps=STEP, file=sys.stderr) as people,
        click.progressbar(length=plan.gifts, label="Gifts", update_min_steps=STEP, file=sys.stderr) as gifts,
    ):
        progress = Progress(people.update, gifts.update, lambda _statement: None)
        return fill(this_application().database, password, plan, progress)


def _tell(done: Filled) -> None:
    rate = done.contacts / max(done.contact_seconds, 0.001)
    click.echo(
        f"\nMade {done.contacts} contacts in {done.contact_seconds:.1f} s ({rate:.0f} a second) "
        f"and {done.gifts} gifts in {done.gift_seconds:.1f} s."
    )
