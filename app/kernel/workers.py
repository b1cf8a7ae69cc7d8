"""How jobs are carried out side by side: in threads of one process, or in processes that end together."""

import gc
import multiprocessing
import os
from collections.abc import Callable
from threading import Thread
from typing import Any

from huey import Huey
from huey.consumer import Consumer, Environment, ProcessEnvironment

MOST = 4
"""Processes that a worker has by itself, however many processors there are: each takes memory and connections."""
LONGEST_WAIT = 1.0
"""Seconds between two looks into an idle queue, where the queue cannot call out by itself."""
SHUTDOWN = 30
"""Seconds that a worker told to stop gives the jobs in its hands."""
LOST = 70
"""The status of a process whose worker was killed (EX_SOFTWARE of sysexits.h): it gives up at once, as that did."""


def usual_processes(database_url: str) -> int:
    """One for each processor that we may use, up to `MOST`; one on SQLite, where one at a time may write."""
    return 1 if database_url.startswith("sqlite") else min(len(os.sched_getaffinity(0)), MOST)


class EndsTogether(ProcessEnvironment):  # type: ignore[misc]  # huey has no types
    """Processes that do not outlive a worker that was killed: else they would go on beside the one started next."""

    def init_child(self, process: Any) -> None:
        """Called in each process before its work."""
        super().init_child(process)
        Thread(target=_end_with_worker, name="end with the worker", daemon=True).start()


def _end_with_worker() -> None:
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os._exit(LOST)


class SideBySide(Consumer):  # type: ignore[misc]
    """A consumer of several processes."""

    def get_environment(self, worker_type: str) -> Environment:
        """Where its processes live."""
        assert worker_type == "process"
        return EndsTogether(self._graceful_sig, self._interrupt_sig)


def consumer_of(huey: Huey, *, threads: int, processes: int, let_go: Callable[[], None]) -> Consumer:
    """A worker of so many processes, or of one with so many threads.

    Its `run()` returns after SIGTERM, when the jobs in its hands are done. `let_go` closes connections that were opened
    before and that processes must not share.
    """
    usual = {
        "initial_delay": 0.05, "max_delay": LONGEST_WAIT, "graceful_signal": "TERM", "shutdown_timeout": SHUTDOWN,
    }  # fmt: skip
    if processes == 1:
        return Consumer(huey, workers=threads, worker_type="thread", **usual)
    let_go()
    gc.collect()
    gc.freeze()  # what was made until here is shared, and stays so while nobody touches it
    return SideBySide(huey, workers=processes, worker_type="process", **usual)
