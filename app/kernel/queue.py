"""Huey carries job ids to workers: on a SQLite file, on PostgreSQL or on Redis, whichever `QUEUE_URL` names."""

from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel.jobs import Work, due_jobs, forget_after_rollback, run_job, send_after_commit


def make_huey(queue_url: str, database_url: str) -> Huey:
    """The queue that the settings name; by default beside the database.

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
        return SqliteHuey("sahayog", filename=own_file or ":memory:", strict_fifo=True)
    if scheme.startswith("postgresql"):
        return PostgresHuey("sahayog", dsn=f"postgresql://{rest}")
    if scheme in {"redis", "rediss"}:
        return RedisHuey("sahayog", url=url)
    raise ValueError(f"QUEUE_URL: nothing is known of {scheme}://")


class HueyCarrier:
    """Job ids travel through huey; nothing else does."""

    def __init__(self, huey: Huey, work: Work) -> None:
        self.huey = huey
        self._work = work
        self._carry = huey.task(name="run_job")(self._run)
        huey.periodic_task(crontab(minute="*"), name="sweep_jobs")(self.sweep)

    def _run(self, job_id: int) -> None:
        run_job(self._work, job_id)

    def send(self, job_id: int, *, delay: float = 0) -> None:
        """Hand over one id; a worker takes it at once, or after `delay` seconds."""
        if delay > 0:
            self._carry.schedule((job_id,), delay=delay)
        else:
            self._carry(job_id)

    def sweep(self) -> int:
        """Send again everything that is due and not done; how many."""
        with self._work.database.reading() as db:
            found = due_jobs(db)
        for job_id in found:
            self.send(job_id)
        return len(found)

    def consumer(self, threads: int) -> Consumer:
        """A worker of this process. Its `run()` returns after SIGINT or SIGTERM."""
        return Consumer(self.huey, workers=threads, worker_type="thread", periodic=True, initial_delay=0.05)


def watch_commits() -> None:
    """Hand jobs over after commits. Called once, when the product starts."""

    def committed(db: Session) -> None:
        send_after_commit(db)

    def rolled_back(db: Session, _transaction: Any = None) -> None:
        forget_after_rollback(db)

    if not getattr(watch_commits, "is_done", False):
        event.listen(Session, "after_commit", committed)
        event.listen(Session, "after_rollback", rolled_back)
        watch_commits.is_done = True  # type: ignore[attr-defined]
