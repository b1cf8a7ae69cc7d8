"""Commands that belong to no feature: the worker."""

import click

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.queue import HueyCarrier
from app.payments.jobs import plan_sweep
from app.web.application import this_application


@click.command("worker")
@click.option("--threads", default=2, show_default=True, help="How many jobs run at once.")
def worker(threads: int) -> None:
    """Carry out background jobs until it is stopped (SIGTERM lets it finish what it has begun).

    From its first start on the gateway is asked once a day for what never arrived.
    """
    carrier = this_application().database.info.get("carrier")
    if not isinstance(carrier, HueyCarrier):
        raise click.ClickException("QUEUE_URL is none: this installation has no queue, so there is nothing to work on.")
    with this_application().database.writing() as db:
        act_as(db, SYSTEM)
        plan_sweep(db)
    carrier.sweep()
    carrier.consumer(threads).run()
