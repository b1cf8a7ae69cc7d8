"""Commands of giving: proof that the books add up, donors' figures verified, receipts that waited."""

import click
from flask.cli import AppGroup

from app.giving.books import check
from app.giving.models import Gift
from app.giving.queries.receipts import waiting_gifts
from app.giving.services import receipts, thanks
from app.giving.services.totals import repair_totals, wrong_totals
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.web.application import this_application

TOGETHER = 25
"""Receipts a transaction: enough to share its cost, few enough that nobody waits for it."""
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
