"""`flask payments …`: is the account at the gateway set up, and was anything missed."""

import sys

import click
from flask.cli import AppGroup

from app.payments import sweeps
from app.payments.gateway import Gateway
from app.payments.stripe_gateway.messages import TOPICS
from app.web.application import this_application

payments = AppGroup("payments", help="Payments through the gateway.")


@payments.command("check")
def check() -> None:
    """Ask the gateway whether keys, webhook endpoint, its events and its version are as we need them."""
    findings = this_application().ports.get(Gateway).check()
    for finding in findings:
        click.echo(f"{'ok   ' if finding.is_good else 'WRONG'} {finding.text}")
    if not all(finding.is_good for finding in findings):
        sys.exit(1)


@payments.command("sweep")
@click.option(
    "--days",
    default=sweeps.DAYS,
    show_default=True,
    help=f"How far back to ask for events (of which {sweeps.MOST_DAYS} days are remembered) and payouts.",
)
def sweep(days: int) -> None:
    """Catch up with events that never reached us, and look up everything that is unfinished."""
    report = sweeps.sweep(this_application().work, days=max(1, days))
    click.echo(
        f"Looked at {report.looked_at}; {report.missed} events had been missed; {report.failed} failed; "
        f"{report.drifted} things had changed unheard."
    )
    if report.failed:
        sys.exit(1)


@payments.command("kinds")
def kinds() -> None:
    """List the kinds of events that the webhook endpoint has to be subscribed to, separated by commas."""
    click.echo(",".join(TOPICS))
