"""A worker of several processes: they share its work, end with it, and one that dies is replaced."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.factory import create_app
from app.kernel.actors import GATEWAY
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.payments.gateway import EventEnvelope
from app.payments.jobs import receive_events
from app.payments.models import EventStatus, GatewayEvent
from app.web.application import Application
from config import Config
from tests.faults.stacks import Ground
from tests.stack import ROOT, SECRET_KEY, Stack, eventually, processes_of_group

PROCESSES = 3
"""Two that work, and the one that brings what is due later."""
EVENT = EventEnvelope(
    reference="", kind="product.created", object_reference="prod_1", is_test=True, api_version="",
    happened_at=now(), payload={},
)  # fmt: skip


@pytest.fixture
def office(database: Ground) -> Iterator[Application]:
    """The product on a filled database, with the queue that it chooses by itself."""
    made = create_app(Config(SECRET_KEY=SECRET_KEY, DATABASE_URL=database.fresh(), LOG_LEVEL="ERROR"))
    yield made
    made.database.close()
    made.database.info["carrier"].huey.storage.close()


def receive(office: Application, name: str, many: int) -> None:
    """Messages come in; each is handed to the queue."""
    for number in range(many):
        with office.database.writing() as db:
            act_as(db, GATEWAY)
            receive_events(db, [replace(EVENT, reference=f"evt_{name}_{number}")])


def worked(office: Application) -> int:
    with office.database.reading() as db:
        return db.scalar(select(func.count()).where(GatewayEvent.status == EventStatus.IGNORED)) or 0


@contextmanager
def worker(office: Application, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flask worker` with two processes, in a group of its own, when all of them are there."""
    env = {**os.environ, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": office.database.url, "LOG_LEVEL": "ERROR"}
    words = Stack.flask("worker", "--processes", "2")
    with log.open("ab") as said:
        program = subprocess.Popen(words, cwd=ROOT, env=env, stdout=said, stderr=said, start_new_session=True)
    try:
        eventually(lambda: len(children_of(program)) == PROCESSES, "its processes")
        yield program
    finally:
        for pid in processes_of_group(program.pid):
            os.kill(pid, signal.SIGKILL)
        program.wait(10)


def children_of(program: subprocess.Popen[bytes]) -> list[int]:
    return [pid for pid in processes_of_group(program.pid) if pid != program.pid]


def test_processes_share_the_work_and_a_polite_end_leaves_nothing(office: Application, tmp_path: Path) -> None:
    receive(office, "before", 30)
    with worker(office, tmp_path / "log") as program:
        receive(office, "meanwhile", 30)
        eventually(lambda: worked(office) == 60, "the last message")
        program.send_signal(signal.SIGTERM)
        assert program.wait(40) == 0, (tmp_path / "log").read_text()
        assert children_of(program) == []
    assert (tmp_path / "log").read_text() == ""


def test_processes_end_with_a_worker_that_was_killed(office: Application, tmp_path: Path) -> None:
    with worker(office, tmp_path / "log") as program:
        program.kill()
        program.wait(10)
        eventually(lambda: processes_of_group(program.pid) == [], "the end of its processes")
    receive(office, "after", 3)
    with worker(office, tmp_path / "log"):
        eventually(lambda: worked(office) == 3, "the last message")


def test_a_process_that_dies_is_replaced_and_the_others_go_on(office: Application, tmp_path: Path) -> None:
    with worker(office, tmp_path / "log") as program:
        before = set(children_of(program))
        lost = max(before)
        os.kill(lost, signal.SIGKILL)
        receive(office, "meanwhile", 10)
        eventually(lambda: worked(office) == 10, "the last message")
        eventually(lambda: len(set(children_of(program)) - {lost}) == PROCESSES, "another process", patience=30)
