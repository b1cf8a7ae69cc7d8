"""The lights say what is so: well, worth a look, or broken, and why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Message
from app.kernel.rounds import RoundRun, Rounds, carry_out
from app.operations import queries
from app.operations.health import GRAVE, WATCH, Health, Light, look
from app.payments.models import EventStatus
from app.web.application import Application
from tests.factories.payments import make_event

pytestmark = pytest.mark.db
Done = Callable[..., None]


@pytest.fixture
def done(app: Application) -> Done:
    """Every round was done well a minute ago, but for what is told of some: `done(backup={"is_well": False})`."""

    def note(_ago: timedelta = timedelta(minutes=1), **told: dict[str, Any]) -> None:
        with app.database.writing() as db:
            for each in app.ports.get(Rounds):
                at = now() - _ago
                values: dict[str, Any] = {"began_at": at, "ended_at": at, "is_well": True}
                db.add(RoundRun(name=each.name, **{**values, **told.get(each.name.replace(".", "_"), {})}))

    return note


def light(health: Health, name: str) -> Light:
    return health[name].light


def add(database: Database, *records: Any) -> None:
    with database.writing() as db:
        db.add_all(records)


def test_all_is_well_when_every_duty_was_done_and_nothing_waits(app: Application, done: Done) -> None:
    done()
    health = look(app.work)
    assert (health.light, health.wrong) == (Light.WELL, [])


def test_a_new_installation_says_honestly_that_nothing_was_ever_done(app: Application) -> None:
    health = look(app.work)
    assert health.light is Light.BROKEN
    assert light(health, "worker") is Light.BROKEN
    assert {state.light for state in health.rounds} <= {Light.LOOK, Light.OFF}
    assert health["worker"].facts["seen"] is None


def test_a_duty_that_is_new_here_has_its_time_to_be_done_for_the_first_time(app: Application, done: Done) -> None:
    done()
    with app.database.writing() as db:
        db.query(RoundRun).filter_by(name="books.check").delete()
    assert light(look(app.work), "duties") is Light.WELL
    with app.database.writing() as db:
        first = db.query(RoundRun).order_by(RoundRun.id).first()
        assert first is not None
        first.began_at = now() - timedelta(days=3)
        db.add(RoundRun(name=first.name, began_at=now(), ended_at=now(), is_well=True))
    assert light(look(app.work), "duties") is Light.BROKEN


def test_without_a_sign_of_life_no_worker_is_at_work(app: Application, done: Done) -> None:
    done(timedelta(minutes=25))
    assert light(look(app.work), "worker") is Light.BROKEN
    assert light(look(app.work, is_worker=True), "worker") is Light.WELL


def test_the_books_out_of_balance_are_graver_than_a_missed_message(app: Application, done: Done) -> None:
    done(books_check={"is_well": False, "facts": {"findings": 1}})
    assert "books.check" in GRAVE
    assert light(look(app.work), "duties") is Light.BROKEN
    done(payments_sweep={"is_well": False, "facts": {"late": 1}})
    assert light(look(app.work), "duties") is Light.LOOK


def test_a_duty_that_is_late_is_worth_a_look_and_then_broken(app: Application, done: Done) -> None:
    late, later = now() - timedelta(hours=26), now() - timedelta(hours=50)
    done(retention={"began_at": late, "ended_at": late})
    assert light(look(app.work), "duties") is Light.LOOK
    with app.database.writing() as db:
        db.query(RoundRun).filter_by(name="retention").update({"began_at": later, "ended_at": later})
    assert light(look(app.work), "duties") is Light.BROKEN


def test_a_duty_that_failed_once_is_worth_a_look(app: Application, done: Done) -> None:
    done()
    done(timedelta(), retention={"is_well": False, "error": "OSError at forget:1"})
    health = look(app.work)
    assert light(health, "duties") is Light.LOOK
    (state,) = health["duties"].facts["wrong"]
    assert state.ended.error == "OSError at forget:1"


@pytest.mark.parametrize(
    ("age", "found"),
    [(timedelta(minutes=1), Light.WELL), (timedelta(minutes=30), Light.LOOK), (timedelta(hours=2), Light.BROKEN)],
)
def test_work_that_nobody_takes_shows(app: Application, done: Done, age: timedelta, found: Light) -> None:
    done()
    add(app.database, Job(kind="test.late", due_at=now() - age))
    assert light(look(app.work), "queue") is found


def test_work_that_is_in_hand_or_not_due_is_not_late_and_parked_work_needs_a_look(app: Application, done: Done) -> None:
    done()
    long_ago, soon = now() - timedelta(hours=2), now() + timedelta(minutes=1)
    add(app.database, Job(kind="test", due_at=long_ago, lease_until=soon), Job(kind="test", due_at=soon))
    assert light(look(app.work), "queue") is Light.WELL
    add(app.database, Job(kind="test", due_at=long_ago, status=JobStatus.PARKED))
    health = look(app.work)
    state = health["queue"].facts["state"]
    assert (light(health, "queue"), state.waiting, state.late, state.parked) == (Light.LOOK, 2, 0, 1)


def test_messages_that_wait_or_went_wrong_show_with_the_delay_of_the_last(app: Application, done: Done) -> None:
    done()
    with app.database.writing() as db:
        event = make_event(db, happened_at=now() - timedelta(seconds=30))
    health = look(app.work)
    assert light(health, "gateway") is Light.WELL
    assert 29 < health["gateway"].facts["state"].delay < 60
    with app.database.writing() as db:
        db.merge(event).created_at = now() - timedelta(minutes=20)
    assert light(look(app.work), "gateway") is Light.LOOK
    with app.database.writing() as db:
        db.merge(event).fail("Outside at x:1")
    state = look(app.work)["gateway"].facts["state"]
    assert (state.stuck, state.failed) == (0, 1)
    assert event.status is EventStatus.WAITING


def test_letters_that_cannot_leave_show(app: Application, done: Done) -> None:
    done()
    letter = Message(
        to_address="a@example.org", to_name="A", subject="s", text="t", html="h", language="en", purpose="test"
    )
    add(app.database, letter)
    assert light(look(app.work), "mail") is Light.WELL
    for age, found in ((timedelta(hours=2), Light.LOOK), (timedelta(days=2), Light.BROKEN)):
        with app.database.writing() as db:
            db.merge(letter).created_at = now() - age
        assert light(look(app.work), "mail") is found


def test_the_database_says_what_it_is_and_a_wrong_schema_shows(
    app: Application, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    done()
    state = look(app.work)["database"].facts["state"]
    assert state.kind in {"SQLite", "PostgreSQL"}
    assert state.is_current
    assert state.size > 0
    monkeypatch.setattr(queries, "revision_of", lambda _connection: "9999")
    assert light(look(app.work), "database") is Light.WELL
    monkeypatch.setattr(queries, "revision_of", lambda _connection: "0001")
    assert light(look(app.work), "database") is Light.BROKEN


def test_the_watch_writes_down_the_parts_that_are_not_well(app: Application, done: Done) -> None:
    done()
    add(app.database, Job(kind="test", status=JobStatus.PARKED))
    watch = app.ports.get(Rounds).get(WATCH)
    assert watch is not None
    run = carry_out(app.work, watch)
    assert run is not None
    assert (run.is_well, run.facts) == (False, {"queue": "look"})
    assert watch.wording is not None
    assert watch.wording(run.facts) == "Not well: Queue of tasks."
