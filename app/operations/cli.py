"""`flask rounds …`: the regular duties, and one of them done now. `flask retention …`: what is forgotten when."""

import sys

import click
from flask.cli import AppGroup

from app.kernel.clock import now
from app.kernel.organisation import the_organisation
from app.kernel.retention import Forgettings, count_forgettable
from app.kernel.rounds import Rounds, carry_out, last_runs
from app.web.application import this_application

rounds = AppGroup("rounds", help="The regular duties of this installation.")
retention = AppGroup("retention", help="What is forgotten when.")


@rounds.command("list")
def list_rounds() -> None:
    """Name every duty with its last run and when it is next due (UTC)."""
    work = this_application().work
    known = list(work.ports.get(Rounds))
    with work.database.reading() as db:
        runs, zone = last_runs(db, [each.name for each in known]), the_organisation(db).time_zone
    for each in known:
        run = runs.get(each.name)
        last = "never" if run is None else f"{run.began_at:%Y-%m-%d %H:%M}"
        ended = "" if run is None else "under way" if run.is_well is None else "well" if run.is_well else "NOT WELL"
        is_off = each.is_wanted is not None and not each.is_wanted(work)
        due = "switched off" if is_off else f"{each.next_due(now(), zone):%Y-%m-%d %H:%M}"
        click.echo(f"{each.name:<22} last {last:<17} {ended:<10} next {due}")


@rounds.command("run")
@click.argument("name")
def run_now(name: str) -> None:
    """Do one duty now, and say what was found; fails if not all is well."""
    work = this_application().work
    found = work.ports.get(Rounds).get(name)
    if found is None:
        raise click.ClickException(f"No duty is called {name}. See: flask rounds list")
    run = carry_out(work, found)
    if run is None:
        raise click.ClickException(f"{name} is under way elsewhere.")
    for fact, value in run.facts.items():
        click.echo(f"{fact}: {value}")
    click.echo("All is well." if run.is_well else "Not all is well.")
    if not run.is_well:
        sys.exit(1)


@retention.command("report")
def report() -> None:
    """Say what is forgotten after how many days, and how much of it the next round would forget. Changes nothing."""
    work = this_application().work
    for what in work.ports.get(Forgettings):
        deed = "deleted" if what.blank is None else "emptied"
        count = count_forgettable(work.database, what)
        click.echo(f"{what.name:<22} after {what.keep.days:>4} days {deed:<8} {count:>8} now  {what.label}")
