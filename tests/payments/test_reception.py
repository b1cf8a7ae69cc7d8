"""Messages that come at the same time are written down together, and each sender hears of its own alone."""

import gc
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Event
from time import monotonic, sleep

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.exc import IntegrityError

from app.kernel.actors import GATEWAY
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.kernel.jobs import Job, JobStatus, Work
from app.payments.effects import Outcome
from app.payments.gateway import BadSignature, EventEnvelope, Gateway
from app.payments.jobs import FEW, receive_events
from app.payments.models import EventStatus
from app.payments.no_gateway import NoGateway
from app.payments.reception import NotWritten, Reception
from app.payments.services import gateway_events
from app.web.application import Application
from tests.payments.conftest import Look
from tests.payments.test_webhook import message, sign

pytestmark = pytest.mark.db
PATIENCE = 20.0


def envelope(name: str) -> EventEnvelope:
    return EventEnvelope(
        reference=f"evt_{name}", kind="product.created", object_reference=f"prod_{name}", is_test=True,
        api_version="2026-10-28.endive", happened_at=datetime(2026, 1, 1, tzinfo=UTC), payload={"id": f"evt_{name}"},
    )  # fmt: skip


class SlowReader(NoGateway):
    """A gateway that reads its first message when it is told to, so that others come meanwhile."""

    def __init__(self) -> None:
        self.may_read = Event()

    def read_event(self, body: bytes, signature: str) -> EventEnvelope:  # type: ignore[override]
        assert self.may_read.wait(PATIENCE)
        name = body.decode()
        if signature != "signed":
            raise BadSignature("signature")
        if name == "the end":
            raise SystemExit
        kind = None if name == "broken" else "product.created"
        return replace(envelope(name), kind=kind)  # type: ignore[arg-type]


@pytest.fixture
def reader(app: Application) -> Iterator[SlowReader]:
    before, made = app.ports.get(Gateway), SlowReader()
    app.ports.provide(Gateway, made)
    yield made
    app.ports.provide(Gateway, before)


@contextmanager
def commits_of(app: Application) -> Iterator[list[object]]:
    seen: list[object] = []
    note = seen.append
    sqlalchemy_event.listen(app.database.engine, "commit", note)
    yield seen
    sqlalchemy_event.remove(app.database.engine, "commit", note)


def came(reader: SlowReader, reception: Reception, *messages: tuple[str, str]) -> list[Future[None]]:
    """What became of messages, of which the first was being read when all the others came."""
    with ThreadPoolExecutor(len(messages)) as threads:
        first = threads.submit(reception.keep, messages[0][0].encode(), messages[0][1])
        until = monotonic() + PATIENCE
        while reception._waiting or not reception._is_somebody_writing:
            assert monotonic() < until
            sleep(0.005)
        others = [threads.submit(reception.keep, name.encode(), signature) for name, signature in messages[1:]]
        while len(reception._waiting) < len(others):
            assert monotonic() < until
            sleep(0.005)
        reader.may_read.set()
    return [first, *others]


def failures(found: list[Future[None]]) -> list[str]:
    return [type(each.exception()).__name__ if each.exception() else "" for each in found]


def test_messages_that_come_together_are_written_by_one_commit(
    app: Application, reader: SlowReader, look: Look
) -> None:
    with commits_of(app) as commits:
        found = came(reader, Reception(app.work), *((str(number), "signed") for number in range(8)))
    assert failures(found) == [""] * 8
    assert {event.reference for event in look.events()} == {f"evt_{number}" for number in range(8)}
    assert len(commits) == 1


def test_one_that_is_forged_is_refused_alone(app: Application, reader: SlowReader, look: Look) -> None:
    found = came(reader, Reception(app.work), ("a", "signed"), ("b", "forged"), ("c", "signed"))
    assert failures(found) == ["", "BadSignature", ""]
    assert {event.reference for event in look.events()} == {"evt_a", "evt_c"}


def test_one_that_is_forged_does_not_wait_for_the_disk(app: Application, reader: SlowReader, look: Look) -> None:
    refused = Event()
    reception = Reception(app.work)

    def wait_for_refusal(_connection: object) -> None:
        assert refused.wait(PATIENCE)

    def forge() -> None:
        try:
            reception.keep(b"b", "forged")
        finally:
            refused.set()

    sqlalchemy_event.listen(app.database.engine, "commit", wait_for_refusal)
    try:
        with ThreadPoolExecutor(2) as threads:
            good = threads.submit(reception.keep, b"a", "signed")
            until = monotonic() + PATIENCE
            while reception._waiting or not reception._is_somebody_writing:
                assert monotonic() < until
                sleep(0.005)
            bad = threads.submit(forge)
            while not reception._waiting:
                assert monotonic() < until
                sleep(0.005)
            reader.may_read.set()
    finally:
        sqlalchemy_event.remove(app.database.engine, "commit", wait_for_refusal)
    assert failures([good, bad]) == ["", "BadSignature"]
    assert [event.reference for event in look.events()] == ["evt_a"]


def test_nothing_of_what_was_refused_stays_in_memory(app: Application) -> None:
    def living() -> int:
        return sum(type(each).__name__ == "_Waiting" for each in gc.get_objects())

    reception = app.ports.get(Reception)
    gc.collect()
    gc.disable()
    try:
        before = living()
        for _ in range(20):
            with pytest.raises(BadSignature):
                reception.keep(b"x" * 1000, "t=1,v1=00")
        assert living() == before
    finally:
        gc.enable()


def test_a_database_that_is_gone_is_asked_once_for_all(app: Application, reader: SlowReader, tmp_path: Path) -> None:
    gone = Database(f"sqlite:///{tmp_path}")
    asked: list[int] = []
    sqlalchemy_event.listen(gone.engine, "do_connect", lambda *_given: asked.append(1))
    found = came(reader, Reception(Work(gone, app.ports)), ("a", "signed"), ("b", "signed"), ("c", "signed"))
    assert failures(found) == ["OperationalError"] * 3
    assert len(asked) == 1
    gone.close()


def test_two_processes_with_the_same_messages_the_other_way_round_never_wait_for_each_other(
    app: Application, look: Look
) -> None:
    start = Barrier(2)

    def keep(turn: int, names: list[str]) -> None:
        start.wait(PATIENCE)
        with app.database.writing() as db:
            act_as(db, GATEWAY)
            gateway_events.store_events(db, [envelope(f"{turn}_{name}") for name in names])

    names = [f"{number:02}" for number in range(40)]
    with ThreadPoolExecutor(2) as threads:
        for turn in range(15):
            both = [threads.submit(keep, turn, order) for order in (names, names[::-1])]
            assert failures(both) == ["", ""]
    assert len(look.events()) == 15 * len(names)


def test_one_that_the_database_refuses_harms_none_of_the_others(
    app: Application, reader: SlowReader, look: Look
) -> None:
    found = came(reader, Reception(app.work), ("a", "signed"), ("broken", "signed"), ("c", "signed"))
    assert failures(found) == ["", IntegrityError.__name__, ""]
    assert {event.reference for event in look.events()} == {"evt_a", "evt_c"}


def test_when_the_writing_thread_ends_nobody_is_told_that_all_is_well_and_the_next_are_kept(
    app: Application, reader: SlowReader, look: Look
) -> None:
    reception = Reception(app.work)
    found = came(reader, reception, ("a", "signed"), ("the end", "signed"), ("c", "signed"))
    assert failures(found) == ["SystemExit", NotWritten.__name__, NotWritten.__name__]
    assert look.events() == []
    reception.keep(b"d", "signed")
    assert [event.reference for event in look.events()] == ["evt_d"]


def test_many_at_the_same_time_are_each_kept_once_and_worked_once(
    app: Application, look: Look, run_jobs: Callable[[], int]
) -> None:
    reception = app.ports.get(Reception)
    messages = [signed(number % 40) for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda each: reception.keep(*each), messages))
    assert sorted(event.reference for event in look.events()) == sorted(f"evt_{number}" for number in range(40))
    run_jobs()
    assert {(event.status, event.attempts) for event in look.events()} == {(EventStatus.IGNORED, 1)}


def signed(number: int) -> tuple[bytes, str]:
    """A message of the gateway with its signature."""
    body = json.dumps(message(id=f"evt_{number}")).encode()
    return body, sign(body)


def received(app: Application, count: int) -> list[int]:
    with app.database.writing() as db:
        act_as(db, GATEWAY)
        return receive_events(db, [envelope(str(number)) for number in range(count)])


def test_a_few_events_have_their_jobs_at_once(app: Application, look: Look) -> None:
    received(app, FEW)
    assert [job.kind for job in look.all(Job)] == ["payments.work_event"] * FEW


def test_many_events_get_their_jobs_from_one_job(app: Application, look: Look, run_jobs: Callable[[], int]) -> None:
    received(app, FEW + 1)
    assert [(job.kind, job.request_id) for job in look.all(Job)] == [("payments.spread_events", None)]
    run_jobs()
    assert {job.status for job in look.all(Job)} == {JobStatus.DONE}
    assert {event.status for event in look.events()} == {EventStatus.IGNORED}


def test_an_event_that_was_done_with_another_gets_no_job(
    app: Application, look: Look, run_jobs: Callable[[], int]
) -> None:
    first, *others = received(app, FEW + 2)
    with app.database.writing() as db:
        gateway_events.note_worked(db, first, Outcome("nothing_new"))
    run_jobs()
    worked = {job.ids["event_id"] for job in look.all(Job) if job.kind == "payments.work_event"}
    assert worked == set(others)


def test_the_same_events_again_make_no_work(app: Application, look: Look) -> None:
    received(app, FEW + 1)
    assert received(app, FEW + 1) == []
    assert len(look.all(Job)) == 1
