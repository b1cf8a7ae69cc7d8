"""Work that must not be lost: written with its cause, done once by one worker, tried again, and parked in the end."""

import sqlite3
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest
import time_machine
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError

from app.kernel import jobs
from app.kernel.clock import now
from app.kernel.errors import Outside
from app.kernel.jobs import LEASE, PAUSES, Job, JobStatus, enqueue, job, run_due, run_job, run_jobs

pytestmark = pytest.mark.db
done: list[int] = []
blocked, may_go_on = Event(), Event()


@job("test.count")
def count_it(work, *, number):
    done.append(number)


@job("test.fail")
def fail(work, *, number):
    raise Outside(f"Could not write to asha@example.org about {number}")


@job("test.block")
def block(work, *, number):
    blocked.set()
    may_go_on.wait(20)
    done.append(number)


@job("test.block_and_fail")
def block_and_fail(work, *, number):
    blocked.set()
    may_go_on.wait(20)
    raise Outside("late")


@job("test.long", lease=timedelta(hours=2))
def take_long(work, *, number):
    done.append(number)


@job("test.rule")
def break_a_rule(work, *, number):
    with work.database.writing() as db:
        db.add_all([Job(kind="test.count", unique_key="the same") for _ in range(2)])


@job("test.follow")
def have_more_done(work, *, number):
    with work.database.writing() as db:
        enqueue(db, count_it, number=number)


gone: list[int] = []


@job("test.gone")
def lose_the_database(work, *, number):
    """Have the next two transactions find no database."""
    gone.extend((1, 2))
    if number < 0:
        raise Outside("not this time")
    done.append(number)


@job("test.close")
def have_it_noted(work, *, key):
    """Leave a note under this unique key, when the end is noted."""
    return lambda db: db.add(Job(kind="test.count", unique_key=key, due_at=now() + timedelta(days=1)))


@pytest.fixture
def unreliable(monkeypatch):
    """A database that is gone as often as `gone` says, and somebody who does not wait long for it."""
    monkeypatch.setattr(jobs, "PATIENCE", (0.0, 0.0, 0.0))

    def begin(_connection):
        if gone:
            gone.pop()
            raise OperationalError("", None, sqlite3.OperationalError("gone"))

    event.listen(Engine, "begin", begin)
    yield
    event.remove(Engine, "begin", begin)
    gone.clear()


@pytest.fixture(autouse=True)
def nothing_done_yet():
    done.clear()
    blocked.clear()
    may_go_on.clear()


@pytest.fixture
def work(app):
    return app.work


def kept(database):
    with database.reading() as db:
        return db.scalars(select(Job).order_by(Job.id)).all()


def write_down(database, function, **options):
    with database.writing() as db:
        return enqueue(db, function, **options)


class Basket:
    """A carrier that keeps what it is given."""

    def __init__(self):
        self.ids, self.is_broken = [], False

    def send(self, *job_ids, delay=0):
        if self.is_broken:
            raise ConnectionError("the queue is down")
        self.ids += [(job_id, round(delay)) for job_id in job_ids]


@pytest.fixture
def basket(database):
    """The carrier of this test."""
    carrier = database.info["carrier"] = Basket()
    yield carrier
    del database.info["carrier"]


def test_a_job_exists_only_if_its_cause_is_committed(database, work, basket):
    with suppress(ZeroDivisionError), database.writing() as db:
        enqueue(db, count_it, number=1)
        raise ZeroDivisionError
    assert (kept(database), basket.ids) == ([], [])

    job_id = write_down(database, count_it, number=2)
    assert basket.ids == [(job_id, 0)]
    assert run_due(work) == 1
    assert done == [2]


def test_nothing_is_carried_before_the_commit(database, basket):
    with database.writing() as db:
        enqueue(db, count_it, number=1)
        with db.begin_nested():
            enqueue(db, count_it, number=2)
        assert basket.ids == []
    assert len(basket.ids) == 2


def test_a_savepoint_that_is_rolled_back_takes_its_own_jobs_and_no_others(database, work, basket):
    with database.writing() as db:
        enqueue(db, count_it, number=1)
        with suppress(ZeroDivisionError), db.begin_nested():
            enqueue(db, count_it, number=2)
            raise ZeroDivisionError
        enqueue(db, count_it, number=3)

    assert {job_id for job_id, _delay in basket.ids} >= {row.id for row in kept(database)}
    for job_id, _delay in basket.ids:
        run_job(work, job_id)
    assert done == [1, 3]


def test_a_queue_that_is_down_breaks_no_transaction(database, basket):
    basket.is_broken = True

    write_down(database, count_it, number=1)
    assert [row.status for row in kept(database)] == [JobStatus.WAITING]


def test_a_key_is_good_for_one_job_also_after_it_is_done(database, work):
    assert write_down(database, count_it, unique_key="once", number=1) is not None
    assert write_down(database, count_it, unique_key="once", number=2) is None
    run_due(work)
    assert write_down(database, count_it, unique_key="once", number=3) is None
    assert (run_due(work), done) == (0, [1])


def test_work_that_was_done_with_other_work_is_called_off_unless_somebody_is_at_it(app, database):
    begun, left = (write_down(database, count_it, unique_key=key, number=1) for key in ("begun", "left"))
    with database.writing() as db:
        db.get_one(Job, begun).lease_until = now() + LEASE
    with database.writing() as db:
        jobs.call_off(db, ["begun", "left", "never written"])

    assert run_job(app.work, left) is False
    with database.reading() as db:
        assert (db.get_one(Job, left).status, db.get_one(Job, left).attempts) == (JobStatus.DONE, 0)
        assert db.get_one(Job, begun).status is JobStatus.WAITING


def test_two_who_use_a_key_at_the_same_instant_make_one_job_and_both_commit(database):
    both, results = Barrier(2), []

    def use_it(number):
        with database.writing() as db:
            if not database.url.startswith("sqlite"):  # where one writer waits for the other from the beginning
                db.scalar(select(Job.id))
                both.wait(20)
            results.append(enqueue(db, count_it, unique_key="once", number=number) is not None)
            enqueue(db, count_it, number=number)

    threads = [Thread(target=use_it, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]
    assert len(kept(database)) == 3


def test_a_job_waits_until_it_is_due(database, work, basket):
    job_id = write_down(database, count_it, due_at=now() + timedelta(hours=1), number=1)

    assert basket.ids == [(job_id, 3600)]
    assert not run_job(work, job_id)
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert run_job(work, job_id)
    assert done == [1]


def test_a_job_that_is_done_is_not_done_again(database, work):
    job_id = write_down(database, count_it, number=1)

    assert [run_job(work, job_id) for _ in range(3)] == [True, False, False]
    row = kept(database)[0]
    assert (row.status, row.attempts, row.lease_until, row.last_error) == (JobStatus.DONE, 1, None, None)
    assert row.done_at is not None


def test_a_job_that_is_not_there_is_passed_over(work):
    assert not run_job(work, 12345)


def test_what_follows_from_a_job_is_done_in_the_next_round(database, work):
    write_down(database, have_more_done, number=5)

    assert run_due(work) == 2
    assert done == [5]


def test_a_failure_waits_longer_each_time_and_is_parked_in_the_end(database, work, basket):
    job_id = write_down(database, fail, number=1)
    basket.ids.clear()
    moment, waited = now(), []
    for attempt in range(1, len(PAUSES) + 2):
        with time_machine.travel(moment, tick=False):
            assert not run_job(work, job_id)
        row = kept(database)[0]
        assert row.attempts == attempt
        waited.append((row.due_at - moment).total_seconds())
        moment = row.due_at

    assert tuple(waited[:-1]) == PAUSES == tuple(sorted(PAUSES))
    assert (row.status, row.lease_until) == (JobStatus.PARKED, None)
    assert basket.ids == [(job_id, pause) for pause in PAUSES]
    with time_machine.travel(moment + timedelta(days=30)):
        assert run_due(work) == 0


def test_the_error_tells_kind_and_place_and_nothing_of_people(database, work, caplog, capsys):
    job_id = write_down(database, fail, number=1)
    run_job(work, job_id)

    told = kept(database)[0].last_error
    assert told.startswith("Outside at fail:")
    assert "example.org" not in told + caplog.text + "".join(capsys.readouterr())


def test_a_job_of_a_kind_that_this_version_does_not_know_fails_like_any_other(database, work):
    with database.writing() as db:
        db.add(Job(kind="test.of_tomorrow"))

    assert run_due(work) == 0
    assert kept(database)[0].last_error.startswith("KeyError")


def test_a_parked_job_begins_anew_when_a_person_says_so(database, work, basket):
    with database.writing() as db:
        db.add(Job(kind="test.count", ids={"number": 1}, status=JobStatus.PARKED, attempts=8))
    basket.ids.clear()
    with database.writing() as db:
        jobs.retry(db, db.scalars(select(Job)).one())

    assert basket.ids == [(kept(database)[0].id, 0)]
    assert run_due(work) == 1
    assert kept(database)[0].attempts == 1


def test_a_done_job_is_not_begun_anew(database, work):
    write_down(database, count_it, number=1)
    run_due(work)
    with database.writing() as db:
        jobs.retry(db, db.scalars(select(Job)).one())

    assert (run_due(work), done) == (0, [1])


def in_a_thread(work, job_id):
    worker = Thread(target=run_job, args=(work, job_id))
    worker.start()
    assert blocked.wait(20)
    return worker


def test_a_job_in_the_hands_of_one_worker_is_not_given_to_another(database, work):
    job_id = write_down(database, block, number=1)
    worker = in_a_thread(work, job_id)
    assert not run_job(work, job_id)
    assert run_due(work) == 0
    with database.writing() as db:  # nor by a person who is impatient
        jobs.retry(db, db.get_one(Job, job_id))
    assert not run_job(work, job_id)

    may_go_on.set()
    worker.join()
    assert done == [1]
    assert kept(database)[0].status is JobStatus.DONE


def test_many_workers_who_get_the_same_id_do_it_once(database, work):
    for number in range(5):
        write_down(database, count_it, number=number)
    ids = [row.id for row in kept(database)]
    workers = [Thread(target=lambda: [run_job(work, job_id) for job_id in ids]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(done) == [0, 1, 2, 3, 4]
    assert {row.attempts for row in kept(database)} == {1}


def hold(database, job_id, until, attempts=1):
    """As if a worker had taken the job and then been killed."""
    with database.writing() as db:
        row = db.get_one(Job, job_id)
        row.lease_until, row.attempts = until, attempts


def test_a_job_whose_worker_was_killed_is_free_again_after_its_lease(database, work):
    job_id = write_down(database, count_it, number=1)
    hold(database, job_id, now() + LEASE)
    assert not run_job(work, job_id)

    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        assert run_due(work) == 1
    assert kept(database)[0].attempts == 2


def test_a_job_that_kills_every_worker_is_parked(database, work):
    job_id = write_down(database, count_it, number=1)
    hold(database, job_id, now() - timedelta(seconds=1), attempts=len(PAUSES) + 1)

    assert not run_job(work, job_id)
    row = kept(database)[0]
    assert (row.status, row.last_error) == (JobStatus.PARKED, jobs.ABANDONED)
    assert done == []


def test_a_kind_of_job_that_takes_long_belongs_to_its_worker_for_longer(database, work):
    began = now()
    with time_machine.travel(began, tick=False):
        run_job(work, write_down(database, take_long, number=1))
        claimed = jobs._noted(work.database, None, write_down(database, take_long, number=2))

    assert claimed.lease_until == began + timedelta(hours=2)


def test_a_worker_that_fails_after_its_lease_does_not_undo_what_another_did(database, work):
    job_id = write_down(database, block_and_fail, number=1)
    late = in_a_thread(work, job_id)
    with database.writing() as db:  # the lease has passed, another worker has done it
        row = db.get_one(Job, job_id)
        row.kind = "test.count"
        row.lease_until = now() - timedelta(seconds=1)
    assert run_job(work, job_id)

    may_go_on.set()
    late.join()
    row = kept(database)[0]
    assert (row.status, row.last_error, done) == (JobStatus.DONE, None, [1])


def test_two_kinds_do_not_share_a_name():
    with pytest.raises(ValueError, match=r"test\.count"):

        @job("test.count")
        def another(work):
            """Never called."""


def test_jobs_that_travel_together_are_done_in_turn_and_one_that_fails_keeps_none_of_them_up(database, work):
    ids = [
        write_down(database, count_it, number=1), write_down(database, fail, number=2),
        write_down(database, count_it, number=3),
    ]  # fmt: skip

    assert run_jobs(work, [*ids, ids[0]]) == 2
    assert [row.status for row in kept(database)] == [JobStatus.DONE, JobStatus.WAITING, JobStatus.DONE]


@pytest.mark.parametrize(("number", "last_error"), [(1, None), (-1, "Outside at lose_the_database:")])
def test_how_a_job_ended_is_noted_once_the_database_is_back(app, database, unreliable, number, last_error):
    with database.writing() as db:
        job_id = enqueue(db, lose_the_database, number=number)
    assert run_job(app.work, job_id) is (number > 0)
    with database.reading() as db:
        found = db.get_one(Job, job_id)
    assert (found.lease_until, gone) == (None, [])
    assert found.status is (JobStatus.DONE if number > 0 else JobStatus.WAITING)
    assert (found.last_error or "").startswith(last_error or "")


def test_what_a_job_wants_noted_is_noted_with_its_end_or_neither_is(database, work):
    first, twice, last = (write_down(database, have_it_noted, key=key) for key in ("one", "one", "two"))
    run_jobs(work, [first, twice, last])
    rows = {row.id: row for row in kept(database)}
    assert [rows[each].status for each in (first, twice, last)] == [JobStatus.DONE, JobStatus.WAITING, JobStatus.DONE]
    assert "IntegrityError" in rows[twice].last_error
    assert rows[twice].lease_until is None
    assert sorted(row.unique_key for row in rows.values() if row.unique_key) == ["one", "two"]


def test_a_job_that_breaks_a_rule_of_the_database_names_the_rule(app, database):
    with database.writing() as db:
        wanted = enqueue(db, break_a_rule, number=1)
    run_job(app.work, wanted)
    with database.reading() as db:
        assert "unique_key" in (db.get_one(Job, wanted).last_error or "")
