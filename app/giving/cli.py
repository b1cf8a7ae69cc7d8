"""Commands of giving: proof that the books add up, donors' figures verified, receipts that waited."""

from time import monotonic, sleep

import click
from flask.cli import AppGroup

from app.giving.books import check
from app.giving.models import Gift, ReceiptRun
from app.giving.queries.receipts import waiting_gifts
from app.giving.services import receipt_runs, receipts, thanks
from app.giving.services.totals import repair_totals, wrong_totals
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.web.application import this_application

TOGETHER = 25
"""Receipts a transaction: enough to share its cost, few enough that nobody waits for it."""
REPORTED, WAIT = 5.0, 0.2
"""Seconds after which a run says how far it is, and for which it lets a worker go on."""
books = AppGroup("books", help="Prove that the books add up.")
totals = AppGroup("totals", help="Verify donors' figures.")
receipt_commands = AppGroup("receipts", help="Issue the receipts that waited.")


@books.command("check")
def check_books() -> None:
    """Name everything that does not add up; fails if there is any."""
    with this_application().database.snapshot() as db:
        findings = check(db)
    for finding in findings:
        click.echo(finding)
    if findings:
        raise click.ClickException(f"{len(findings)} findings.")
    click.echo("The books are in balance.")


@totals.command("verify")
@click.option("--repair", is_flag=True, help="Recompute what is wrong.")
def verify(*, repair: bool) -> None:
    """Compare donors' figures with their gifts; fails if any differ and are not repaired."""
    database = this_application().database
    with database.snapshot() as db:
        wrong = wrong_totals(db)
    for contact_id, year, currency in wrong:
        click.echo(f"Contact {contact_id}, {year}, {currency}")
    if wrong and not repair:
        raise click.ClickException(f"{len(wrong)} figures are wrong.")
    with database.writing() as db:
        act_as(db, SYSTEM)
        repaired = repair_totals(db)
    click.echo(f"{repaired} repaired." if repaired else "Every figure is right.")


@receipt_commands.command("issue-waiting")
def issue_waiting() -> None:
    """Issue and send the receipts that nothing holds back any more, the oldest gifts first."""
    database = this_application().database
    with database.reading() as db:
        found = list(db.scalars(waiting_gifts(db).with_only_columns(Gift.id).order_by(Gift.received_on, Gift.id)))
    issued = 0
    for first in range(0, len(found), TOGETHER):
        with database.writing() as db:
            act_as(db, SYSTEM)
            made = receipts.issue_waiting(db, found[first : first + TOGETHER], actor=SYSTEM)
            thanks.send_each_later(db, made)
        issued += len(made)
        click.echo(f"{min(first + TOGETHER, len(found))} of {len(found)} gifts looked at.", err=True)
    click.echo(f"{issued} receipts issued.")


@receipt_commands.command("yearly")
@click.argument("year", type=click.IntRange(1900, 2998))
def yearly(year: int) -> None:
    """Issue and send the receipts of a calendar YEAR that is over, or go on where that was left."""
    work = this_application().work
    try:
        with work.database.writing() as db:
            act_as(db, SYSTEM)
            run_id = receipt_runs.begin_run(db, year, actor=SYSTEM).id
    except Refused as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    while (run := _newest(work.database, run_id)).is_under_way:
        click.echo(f"{run.done} of {run.total} donors looked at.", err=True)
        if not receipt_runs.go_on(work, run_id, monotonic() + REPORTED):
            sleep(WAIT)  # it has ended, or a worker is at it
    click.echo(f"{run.issued} receipts issued, {run.left_out} left out.")


def _newest(database: Database, run_id: int) -> ReceiptRun:
    with database.reading() as db:
        return db.get_one(ReceiptRun, run_id)
