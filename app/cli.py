"""Commands that belong to no feature: the worker."""

from time import sleep

import click
import structlog
from huey.consumer import Consumer

from app.kernel.queue import GONE, HueyCarrier
from app.kernel.workers import usual_processes
from app.web.application import this_application

PAUSE = 2.0
"""Seconds between two looks whether the database is there."""
log = structlog.get_logger()


@click.command("worker")
@click.option("--processes", type=click.IntRange(1), help="How many processes work; by default one for each processor,"
              " four at most, and one on SQLite.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True, help="How many jobs run at once where"
              " one process works.")  # fmt: skip
def worker(processes: int | None, threads: int) -> None:
    """Carry out background jobs until it is stopped (SIGTERM lets it finish what it has begun).

    The regular duties (`flask rounds list`) are done by it too, each when it is due. It waits for a database, or a
    queue, that is not there yet.
    """
    database = this_application().database
    carrier = database.info.get("carrier")
    if not isinstance(carrier, HueyCarrier):
        raise click.ClickException("QUEUE_URL is none: this installation has no queue, so there is nothing to work on.")
    processes = processes or usual_processes(database.url)
    while (consumer := begin(carrier, threads=threads, processes=processes)) is None:
        sleep(PAUSE)
    consumer.run()


def begin(carrier: HueyCarrier, *, threads: int = 1, processes: int = 1) -> Consumer | None:
    """A worker that is ready, after what was left is on its way again; None while database or queue are gone."""
    try:
        carrier.each_minute()
        return carrier.consumer(threads=threads, processes=processes)
    except GONE as error:
        log.warning("worker_waits", error=type(error).__name__)
        return None
