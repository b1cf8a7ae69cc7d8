"""Commands that belong to no feature: the worker."""

import click

from app.kernel.queue import HueyCarrier
from app.web.application import this_application


@click.command("worker")
@click.option("--threads", default=2, show_default=True, help="How many jobs run at once.")
def worker(threads: int) -> None:
    """Carry out background jobs until it is stopped (SIGINT or SIGTERM)."""
    carrier = this_application().database.info["carrier"]
    assert isinstance(carrier, HueyCarrier)
    carrier.sweep()
    carrier.consumer(threads).run()
