"""Huey carries job ids to workers: on a SQLite file, on PostgreSQL or on Redis, whichever `QUEUE_URL` names."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
import redis
import structlog
from huey import Huey, RedisHuey, crontab
from huey.api import TaskWrapper
from huey.consumer import Consumer
from huey.storage import PostgresStorage, SqliteStorage
from sqlalchemy import bindparam, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.kernel.glances import Glance
from app.kernel.jobs import Job, JobStatus, Work, due_jobs, forget_after_rollback, run_jobs, send_after_commit
from app.kernel.workers import consumer_of

GONE = (OperationalError, psycopg.OperationalError, redis.ConnectionError)
"""What is raised where the database or the queue cannot be reached."""
log = structlog.get_logger()


def make_huey(queue_url: str, database_url: str) -> Huey:
    """The queue that the settings name; by default beside the database. Opens it, and makes it if need be.

    Raises:
        ValueError: an address of no kind we know.

    """
    url = queue_url or database_url
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        path = rest.removeprefix("/")
        own_file = path if queue_url else f"{path}.queue"
        if own_file not in {"", ".queue"}:
            Path(own_file).parent.mkdir(parents=True, exist_ok=True)
        filename = own_file or ":memory:"
        return Huey("sahayog", storage_class=QuickSqlite, filename=filename, strict_fifo=True, results=False)
    if scheme.startswith("postgresql"):
        connect = partial(_connect, f"postgresql://{rest}")
        return Huey("sahayog", storage_class=QuickPostgres, connection=connect, results=False)
    if scheme in {"redis", "rediss"}:
        return RedisHuey("sahayog", url=url, results=False)
    raise ValueError(f"QUEUE_URL: nothing is known of {scheme}://")


class QuickSqlite(SqliteStorage):  # type: ignore[misc]  # huey has no types
    """A queue that outlives our processes and does not wait for the disk: a power cut loses ids that are sent again."""

    def _create_connection(self) -> sqlite3.Connection:
        made: sqlite3.Connection = super()._create_connection()
        made.execute("PRAGMA synchronous=NORMAL")
        return made


class QuickPostgres(PostgresStorage):  # type: ignore[misc]
    """The same of PostgreSQL, over connections of `_connect`; ids are put in by one statement instead of four."""

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Put in one and call out to whoever waits."""
        put_in = (
            f"WITH put_in AS (INSERT INTO {self.table_task} (queue, data, priority) VALUES (%s, %s, %s))"  # noqa: S608
            " SELECT pg_notify(%s, '')"
        )
        with self.db() as cursor:
            cursor.execute(put_in, (self.name, data, priority or 0, self.channel))


def _connect(url: str) -> psycopg.Connection[Any]:
    """A connection that does not wait for the disk either."""
    made = psycopg.connect(url, autocommit=True)
    made.execute("SET synchronous_commit TO off")
    return made


class HueyCarrier:
    """Job ids travel through huey; nothing else does. The queue is opened when the first one travels."""

    def __init__(
        self, open_queue: Callable[[], Huey], work: Work, *, each_minute: Sequence[Callable[[Work], object]] = ()
    ) -> None:
        self._open_queue = open_queue
        self._work = work
        self._each_minute = each_minute
        self._closing = Lock()
        self._status = Glance(work.database, select(Job.status).where(Job.id == bindparam("job_id")))

    @cached_property
    def _opened(self) -> tuple[Huey, TaskWrapper]:
        """The queue, with its two tasks: carrying out a job, and what is done each minute."""
        huey = self._open_queue()
        huey.periodic_task(crontab(minute="*"), name="sweep_jobs")(self.each_minute)
        huey.on_shutdown(name="close")(self._close)  # each thread of a worker may have a connection of its own
        return huey, huey.task(name="run_job")(self._run)

    @property
    def huey(self) -> Huey:
        """The queue itself."""
        return self._opened[0]

    def _close(self) -> None:
        """One thread after the other: the library closes what another has closed at the same moment."""
        with self._closing:
            self.huey.storage.close()

    def _run(self, *job_ids: int) -> None:
        """Half of the messages of a busy day have been done with another when they come; these need no transaction."""
        run_jobs(self._work, [job_id for job_id in job_ids if self._is_waiting(job_id)])

    def _is_waiting(self, job_id: int) -> bool:
        found = self._status(job_id=job_id)
        return found is not None and found[0] == JobStatus.WAITING

    def send(self, *job_ids: int, delay: float = 0) -> None:
        """Hand over some ids together; a worker takes them at once, or after `delay` seconds."""
        carry = self._opened[1]
        if delay > 0:
            carry.schedule(job_ids, delay=delay)
        else:
            carry(*job_ids)

    def is_reachable(self) -> bool:
        """Whether ids can be handed over now."""
        try:
            self.huey.pending_count()
        except Exception as error:  # noqa: BLE001 - whatever a queue raises, it is out of order
            log.warning("queue_unreachable", error=type(error).__name__)
            return False
        return True

    def each_minute(self) -> None:
        """What workers do each minute: plan what is due by now, and sweep. No failure of one keeps the other."""
        for do in self._each_minute:
            try:
                do(self._work)
            except Exception as error:  # whatever it was, the next minute tries again
                log.warning("each_minute_failed", exc_info=error)
        self.sweep()

    def sweep(self) -> int:
        """Send again what is due, in nobody's hands and not on its way already; how many."""
        with self._work.database.reading() as db:
            found = due_jobs(db)
        if found:
            under_way = {job_id for task in self.huey.pending() for job_id in task.args}
            found = [job_id for job_id in found if job_id not in under_way]
        for job_id in found:
            self.send(job_id)
        return len(found)

    def consumer(self, *, threads: int = 1, processes: int = 1) -> Consumer:
        """A worker that is ready to `run()` (`app.kernel.workers`)."""
        return consumer_of(self.huey, threads=threads, processes=processes, let_go=self._work.database.close)


def watch_commits() -> None:
    """Hand jobs over after commits. Called once, when the product starts."""
    if not event.contains(Session, "after_commit", send_after_commit):
        event.listen(Session, "after_commit", send_after_commit)
        event.listen(Session, "after_rollback", forget_after_rollback)
