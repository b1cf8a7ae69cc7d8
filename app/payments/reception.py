"""Where the gateway's messages are read and written down: those that come at the same time share one commit.

Whoever comes first does it for all that wait, while the next ones gather; then one of these does it for them. All
others sleep meanwhile, since threads that contend for the interpreter take longer together than one after another.
Each learns what became of its own message only when that is on the disk.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import sleep

from sqlalchemy.exc import OperationalError

from app.kernel.actors import GATEWAY
from app.kernel.audit import act_as
from app.kernel.jobs import Work
from app.payments.gateway import EventEnvelope, Gateway
from app.payments.jobs import receive_events

GATHERING = 0.0003
"""Seconds that others are given to come, while messages come at the same time at all."""


class NotWritten(Exception):
    """The thread that wrote for several was made an end of before it could."""


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class _Waiting:
    """A message until it has ended: written down, or refused."""

    body: bytes
    signature: str
    asleep: Lock = field(default_factory=_held)
    envelope: EventEnvelope | None = None
    has_ended: bool = False
    error: Exception | None = None

    def end(self, error: Exception | None = None) -> None:
        """It is written down, or could not be."""
        self.has_ended, self.error = True, error


class Reception:
    """Keeps messages of many threads. Each call of `keep` returns when its message is safe."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: list[_Waiting] = []
        self._guard = Lock()
        self._is_somebody_writing = self._were_many = False

    def keep(self, body: bytes, signature: str) -> None:
        """Store a message and have it worked, unless it is known already.

        Raises:
            BadSignature: it is not the gateway's, or none that concerns us.
            Exception: whatever kept it from being stored; the sender has to send it again.

        """
        mine = _Waiting(body, signature)
        with self._guard:
            self._waiting.append(mine)
            must_sleep, self._is_somebody_writing = self._is_somebody_writing, True
        if must_sleep:
            mine.asleep.acquire()
        if not mine.has_ended:  # so it is this thread's turn
            self._end_all()
        error, mine.error = mine.error, None
        try:
            if error is not None:
                raise error
        finally:  # what is raised remembers this frame: if the frame remembered it too, the body would stay for long
            del error

    def _end_all(self) -> None:
        """See to all that wait by now; then wake them, and one of the next to do the same."""
        taken: list[_Waiting] = []
        try:
            has_more = self._takes_more(taken)
            if self._were_many:
                sleep(GATHERING)
            while has_more:
                self._read([each for each in taken if each.envelope is None and not each.has_ended])
                has_more = self._takes_more(taken)  # those that came meanwhile
            self._were_many = len(taken) > 1
            self._let_go(taken, lambda each: each.has_ended)  # who is refused need not wait for the disk
            self._write(taken)
        finally:
            for each in taken:
                if not each.has_ended:
                    each.end(NotWritten())
            self._let_go(taken, lambda _each: True)
            self._call_next()

    def _takes_more(self, taken: list[_Waiting]) -> bool:
        with self._guard:
            has_more = bool(self._waiting)
            taken += self._waiting
            self._waiting.clear()
        return has_more

    def _let_go(self, taken: list[_Waiting], which: Callable[[_Waiting], bool]) -> None:
        for each in [each for each in taken if which(each)]:
            taken.remove(each)
            each.asleep.release()

    def _call_next(self) -> None:
        with self._guard:
            self._is_somebody_writing = bool(self._waiting)
            if self._waiting:
                self._waiting[0].asleep.release()

    def _read(self, arrived: Sequence[_Waiting]) -> None:
        gateway = self._work.ports.get(Gateway)
        for each in arrived:
            try:
                each.envelope = gateway.read_event(each.body, each.signature)
            except Exception as error:  # noqa: BLE001 - it is raised where its message came in
                each.end(error)

    def _write(self, good: Sequence[_Waiting]) -> None:
        """All in one transaction; if one of them cannot be written, each in its own."""
        refusal = self._written(good)
        is_for_all = len(good) == 1 or isinstance(refusal, OperationalError)  # as when the database is gone
        for each in good:
            each.end(refusal if refusal is None or is_for_all else self._written([each]))

    def _written(self, good: Sequence[_Waiting]) -> Exception | None:
        envelopes = [each.envelope for each in good if each.envelope is not None]
        if not envelopes:
            return None
        try:
            with self._work.database.writing() as db:
                act_as(db, GATEWAY)
                receive_events(db, envelopes)
        except Exception as error:  # noqa: BLE001 - it is raised where its message came in
            return error
        return None
