"""Commands that belong to no feature: the worker."""

import click

from app.kernel.queue import HueyCarrier
from app.web.application import this_application


@click.command("worker")
@click.option("--threads", default=2, show_default=True, help="How many jobs run at once.")
def worker(threads: int) -> None:
    """Carry out background jobs until it is stopped (SIGTERM lets it finish what it has begun).

    The regular duties (`flask rounds list`) are done by it too, each when it is due.
    """
    carrier = this_application().database.info.get("carrier")
    if not isinstance(carrier, HueyCarrier):
        raise click.ClickException("QUEUE_URL is none: this installation has no queue, so there is nothing to work on.")
    carrier.each_minute()
    carrier.consumer(threads).run()
