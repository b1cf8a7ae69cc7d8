"""Tasks: written down, done once however many tick them, put off, and none of anybody else's business."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import StaffUser
from app.contacts.models import Task, TaskStatus
from app.contacts.queries import tasks as queries
from app.contacts.rules.tasks import Due, Snooze, how_soon, put_off
from app.contacts.services.tasks import (
    TaskDetails,
    complete_task,
    delete_task,
    edit_task,
    record_task,
    reopen_task,
    snooze_task,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from tests.factories.contacts import make_contact
from tests.factories.staff import make_staff
from tests.factories.tasks import make_task

pytestmark = pytest.mark.db
FRIDAY = date(2026, 3, 6)


@pytest.fixture
def asha(database):
    return make_staff(database, "contacts.read", name="Asha")


@pytest.fixture
def ram(database):
    return make_staff(database, "contacts.read", name="Ram")


@pytest.fixture
def leader(database):
    return make_staff(database, "contacts.read", "tasks.others", name="Lead")


def details(owner, **parts):
    return TaskDetails(**{"subject": "Call", "due_on": FRIDAY, "owner": owner, **parts})


@pytest.mark.parametrize(
    ("due_on", "soon"),
    [
        (date(2026, 3, 5), Due.OVERDUE), (FRIDAY, Due.TODAY), (date(2026, 3, 7), Due.THIS_WEEK),
        (date(2026, 3, 8), Due.THIS_WEEK), (date(2026, 3, 9), Due.LATER), (date(2200, 1, 1), Due.LATER),
    ],
)  # fmt: skip
def test_a_week_ends_on_sunday(due_on, soon):
    assert how_soon(due_on, FRIDAY) is soon


def test_what_is_put_off_waits_for_tomorrow_or_monday():
    sunday = date(2026, 3, 8)

    assert put_off(Snooze.TOMORROW, FRIDAY) == date(2026, 3, 7)
    assert put_off(Snooze.NEXT_WEEK, FRIDAY) == date(2026, 3, 9)
    assert put_off(Snooze.NEXT_WEEK, sunday) == date(2026, 3, 9)


def test_a_task_is_written_down_for_oneself(db, asha):
    contact = make_contact(db)

    task = record_task(db, contact, details(asha), actor=asha.as_actor())
    db.flush()

    assert (task.owner_id, task.contact_id, task.status, task.version) == (asha.id, contact.id, TaskStatus.OPEN, 1)


def test_tasks_for_others_are_given_by_those_who_lead_them(db, asha, ram, leader):
    with pytest.raises(Refused, match="for yourself only"):
        record_task(db, None, details(ram), actor=asha.as_actor())

    assert record_task(db, None, details(ram), actor=leader.as_actor()).owner is ram


def test_nobody_is_given_a_task_who_cannot_see_it(db, database, leader):
    gone = make_staff(database, "contacts.read", is_active=False)
    blind = make_staff(database, "gifts.read")

    for owner in (gone, blind):
        with pytest.raises(Refused, match="cannot see contacts"):
            record_task(db, None, details(owner), actor=leader.as_actor())


@pytest.mark.parametrize("wrong", [{"subject": ""}, {"due_on": date(9999, 12, 31)}, {"due_on": date(1, 1, 1)}])
def test_what_says_nothing_or_is_due_in_no_time_of_ours_is_refused(db, asha, wrong):
    with pytest.raises(Refused):
        record_task(db, None, details(asha, **wrong), actor=asha.as_actor())

    assert db.scalar(select(func.count(Task.id))) == 0


def test_others_tasks_are_not_there_for_whoever_has_no_say_in_them(db, asha, ram):
    task, actor = make_task(db, ram), asha.as_actor()

    deeds = (
        lambda: complete_task(db, task, actor=actor),
        lambda: reopen_task(db, task, actor=actor),
        lambda: snooze_task(db, task, Snooze.TOMORROW, actor=actor),
        lambda: edit_task(db, task, details(asha), actor=actor),
        lambda: delete_task(db, task, actor=actor),
    )
    for deed in deeds:
        with pytest.raises(NotFound):
            deed()


def test_a_task_is_done_once_and_stays_the_deed_of_whoever_was_first(db, asha, leader):
    task = make_task(db, asha)
    complete_task(db, task, actor=asha.as_actor())
    first = (task.done_at, task.done_by_id)

    complete_task(db, task, actor=leader.as_actor())
    db.commit()

    assert (task.done_at, task.done_by_id) == first == (task.done_at, asha.id)
    assert db.scalar(select(func.count(AuditEntry.id)).where(AuditEntry.action == "task.done")) == 1


def test_what_is_done_is_taken_up_again(db, asha):
    task = make_task(db, asha)
    complete_task(db, task, actor=asha.as_actor())
    db.flush()

    reopen_task(db, task, actor=asha.as_actor())
    reopen_task(db, task, actor=asha.as_actor())
    db.flush()

    assert (task.status, task.done_at, task.done_by_id) == (TaskStatus.OPEN, None, None)


def test_what_is_done_is_not_put_off(db, asha):
    task = make_task(db, asha, days=-3)
    snooze_task(db, task, Snooze.TOMORROW, actor=asha.as_actor())
    assert task.due_on == today() + timedelta(days=1)

    complete_task(db, task, actor=asha.as_actor())
    with pytest.raises(Refused, match="done already"):
        snooze_task(db, task, Snooze.TOMORROW, actor=asha.as_actor())


def test_a_task_of_somebody_who_left_can_be_changed_and_handed_on(db, database, asha, leader):
    gone = make_staff(database, "contacts.read")
    task = make_task(db, gone)
    db.get_one(StaffUser, gone.id).is_active = False
    db.flush()
    assert queries.count_waiting(db, 0, FRIDAY).left_behind == 1

    edit_task(db, task, replace(details(task.owner), subject="Call again"), actor=leader.as_actor())
    assert task.subject == "Call again"
    edit_task(db, task, details(asha), actor=leader.as_actor())
    db.flush()
    assert queries.count_waiting(db, 0, FRIDAY).left_behind == 0


def test_tasks_may_be_given_to_active_people_who_see_contacts(db, database, asha, ram):
    make_staff(database, "contacts.read", name="Gone", is_active=False)
    make_staff(database, "gifts.read", name="Blind")

    assert [user.name for user in queries.who_may_own(db)] == ["Asha", "Ram"]


def test_two_people_tick_one_task_at_the_same_moment(database, asha, leader):
    with database.writing() as db:
        act_as(db, SYSTEM)
        key = make_task(db, asha).id
    together, faults = Barrier(2), []

    def tick(actor):
        together.wait(5)
        try:
            with database.writing() as db:
                act_as(db, actor)
                complete_task(db, queries.task_to_change(db, key), actor=actor)
        except (SQLAlchemyError, Refused, NotFound) as fault:
            faults.append(fault)

    threads = [Thread(target=tick, args=(user.as_actor(),)) for user in (asha, leader)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    with database.reading() as db:
        done = select(func.count(AuditEntry.id)).where(AuditEntry.action == "task.done")
        assert faults == []
        assert db.get_one(Task, key).is_done
        assert db.scalar(done) == 1
