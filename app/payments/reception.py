"""Where the gateway's messages are written down: those that come at the same time share one commit.

Whoever comes first writes for all that wait; meanwhile the next ones gather, and one of them writes for them. Each
learns what became of its own message only when that is on the disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy.exc import OperationalError

from app.kernel.actors import GATEWAY
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.payments.gateway import EventEnvelope
from app.payments.jobs import receive_events


@dataclass(eq=False)
class _Waiting:
    """A message until it is written down, or could not be."""

    envelope: EventEnvelope
    is_written: bool = False
    error: Exception | None = None


class Reception:
    """Keeps messages of many threads. Each call of `keep` returns when its message is safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._gathering = Lock()
        self._turn = Lock()

    def keep(self, envelope: EventEnvelope) -> None:
        """Store a message and the job that works it, unless it is known already.

        Raises:
            Exception: whatever kept it from being stored; the sender has to send it again.

        """
        mine = _Waiting(envelope)
        with self._gathering:
            self._waiting.append(mine)
        with self._turn:
            if not mine.is_written and mine.error is None:
                with self._gathering:
                    taken, self._waiting = self._waiting, []
                self._write_all(taken)
        if mine.error is not None:
            raise mine.error

    def _write_all(self, taken: Sequence[_Waiting]) -> None:
        """All in one transaction; if one of them cannot be written, each in its own."""
        error = self._written(taken)
        if error is None:
            return
        is_alone = len(taken) == 1 or isinstance(error, OperationalError)  # a database that is gone is gone for all
        for each in taken:
            each.error = error if is_alone else self._written([each])

    def _written(self, taken: Sequence[_Waiting]) -> Exception | None:
        try:
            with self._database.writing() as db:
                act_as(db, GATEWAY)
                receive_events(db, [each.envelope for each in taken])
        except Exception as error:  # noqa: BLE001 - it is raised where its message came in
            return error
        for each in taken:
            each.is_written = True
        return None
