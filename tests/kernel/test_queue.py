"""Job ids travel through a real queue to a real worker, and come back when they were lost."""

import signal
import sqlite3
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import psycopg
import pytest
import redis
from huey.storage import PostgresStorage, SqliteStorage
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.cli import begin
from app.kernel.clock import now
from app.kernel.errors import Outside
from app.kernel.jobs import LEASE, Job, JobStatus, enqueue, job
from app.kernel.queue import HueyCarrier, make_huey

pytestmark = pytest.mark.db
PATIENCE = 20
done: list[int] = []
tried: list[int] = []


@job("test.carried")
def be_carried(work, *, number):
    done.append(number)


@job("test.carried_twice")
def succeed_at_the_second_try(work, *, number):
    tried.append(number)
    if len(tried) < 2:
        raise Outside("not yet")
    done.append(number)


@pytest.fixture
def queue_url(database_url, tmp_path):
    """A queue of the kind that the product would choose by itself, empty."""
    return f"sqlite:///{tmp_path / 'queue' / 'queue.db'}" if database_url.startswith("sqlite") else database_url


@pytest.fixture
def carrier(app, database, queue_url):
    """The product's carrier on a queue of its own."""
    done.clear()
    tried.clear()
    found = database.info["carrier"] = HueyCarrier(partial(make_huey, queue_url, database.url), app.work)
    yield found
    del database.info["carrier"]
    found.huey.storage.close()


@pytest.fixture
def worker(carrier):
    """A consumer at work in threads of this process."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    consumer = carrier.consumer(threads=2)
    consumer.start()
    for number, handler in handlers.items():
        signal.signal(number, handler)
    yield consumer
    consumer.stop(graceful=True)
    carrier.huey.storage.close()


def eventually(look):
    until = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def states(database):
    with database.reading() as db:
        return db.scalars(select(Job.status).order_by(Job.id)).all()


def ids(carrier):
    return [job_id for task in carrier.huey.pending() for job_id in task.args]


def test_a_job_written_in_a_transaction_is_done_by_a_worker_soon_after(database, worker):
    for number in range(5):
        with database.writing() as db:
            enqueue(db, be_carried, number=number)

    eventually(lambda: states(database) == [JobStatus.DONE] * 5)
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_a_job_that_fails_comes_back_by_itself_after_its_pause(database, worker, monkeypatch):
    monkeypatch.setattr("app.kernel.jobs.PAUSES", (1, 1))
    with database.writing() as db:
        enqueue(db, succeed_at_the_second_try, number=7)

    eventually(lambda: states(database) == [JobStatus.DONE])
    assert (tried, done) == ([7, 7], [7])


def test_a_job_that_is_due_later_is_not_done_before(database, worker):
    with database.writing() as db:
        enqueue(db, be_carried, due_at=now() + timedelta(hours=1), number=1)
        enqueue(db, be_carried, due_at=now() + timedelta(seconds=1), number=2)

    eventually(lambda: states(database) == [JobStatus.WAITING, JobStatus.DONE])
    assert done == [2]


def test_the_sweep_sends_again_what_was_lost_and_only_that(database, carrier):
    with database.writing() as db:
        first = enqueue(db, be_carried, number=1)
        enqueue(db, be_carried, due_at=now() + timedelta(hours=1), number=2)
        held = enqueue(db, be_carried, number=3)
    carrier.huey.storage.flush_queue()
    carrier.huey.storage.flush_schedule()
    with database.writing() as db:
        db.get_one(Job, held).lease_until = now() + LEASE

    assert carrier.sweep() == 1
    assert ids(carrier) == [first]


def test_sweeping_again_and_again_does_not_fill_the_queue(database, carrier):
    with database.writing() as db:
        wanted = [enqueue(db, be_carried, number=number) for number in range(3)]

    assert [carrier.sweep() for _ in range(3)] == [0, 0, 0]
    assert ids(carrier) == wanted


def test_what_was_lost_with_the_queue_is_done_after_a_sweep(database, carrier, worker):
    with database.writing() as db:
        db.add(Job(kind="test.carried", ids={"number": 9}))
    assert done == []

    carrier.sweep()
    eventually(lambda: states(database) == [JobStatus.DONE])


def test_threads_of_a_web_server_send_at_the_same_time(carrier):
    start, wrong = Barrier(8), []

    def send(number):
        start.wait()
        try:
            for index in range(20):
                carrier.send(number * 100 + index)
        except Exception as error:  # noqa: BLE001 - the test shows it
            wrong.append(error)

    threads = [Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert sorted(ids(carrier)) == sorted(number * 100 + index for number in range(8) for index in range(20))


def test_nothing_but_ids_is_in_the_queue(database, carrier):
    with database.writing() as db:
        enqueue(db, be_carried, number=424242)

    assert not any(b"424242" in item for item in carrier.huey.storage.enqueued_items())


def test_a_worker_leaves_no_results_behind(carrier, database, worker):
    with database.writing() as db:
        enqueue(db, be_carried, number=1)
    eventually(lambda: done == [1])

    assert carrier.huey.storage.result_store_size() == 0


def test_making_the_carrier_opens_nothing(app, tmp_path):
    HueyCarrier(partial(make_huey, f"sqlite:///{tmp_path / 'q.db'}", ""), app.work)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("as_well", ["", "sqlite:///{folder}/own.db"])
def test_a_queue_of_sqlite_is_beside_the_database_or_where_it_is_told(tmp_path, as_well):
    huey = make_huey(as_well.format(folder=tmp_path), f"sqlite:///{tmp_path}/sahayog.db")
    huey.storage.close()

    assert isinstance(huey.storage, SqliteStorage)
    assert [path.name for path in tmp_path.iterdir()] == ["own.db" if as_well else "sahayog.db.queue"]


def test_by_itself_the_queue_is_of_the_databases_kind(database_url):
    huey = make_huey("", database_url)
    huey.storage.close()

    assert isinstance(huey.storage, SqliteStorage if database_url.startswith("sqlite") else PostgresStorage)


def test_a_queue_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="amqp"):
        make_huey("amqp://rabbit", "sqlite:///x.db")


def test_a_worker_waits_for_a_database_or_a_queue_that_is_not_there_yet(app, database, queue_url):
    answers = iter([OperationalError("", None, Exception()), psycopg.OperationalError(), redis.ConnectionError()])

    def open_queue():
        if (gone := next(answers, None)) is not None:
            raise gone
        return make_huey(queue_url, database.url)

    carrier = HueyCarrier(open_queue, app.work)
    with database.writing() as db:
        enqueue(db, be_carried, number=1)
    assert [begin(carrier, threads=1) for _ in range(3)] == [None, None, None]
    assert begin(carrier, threads=1) is not None
    carrier.huey.storage.close()


def test_a_queue_that_is_full_loses_nothing(app, database, tmp_path):
    if not database.url.startswith("sqlite"):
        pytest.skip("a queue in a file")
    carrier = database.info["carrier"] = HueyCarrier(
        lambda: make_huey(f"sqlite:///{tmp_path / 'queue.db'}", database.url), app.work
    )
    queue = carrier.huey.storage.conn
    queue.execute("CREATE TABLE filler (content)")
    pages = queue.execute("PRAGMA page_count").fetchone()[0]
    queue.execute(f"PRAGMA max_page_count={pages}")
    with suppress(sqlite3.OperationalError):
        while True:
            queue.execute("INSERT INTO filler VALUES (randomblob(10))")
    for number in range(40):
        with database.writing() as db:
            enqueue(db, be_carried, number=number)
    assert len(ids(carrier)) < 40
    queue.execute("PRAGMA max_page_count=100000")
    carrier.sweep()
    assert sorted(ids(carrier)) == sorted(set(ids(carrier)))
    assert len(ids(carrier)) == 40
    del database.info["carrier"]
    carrier.huey.storage.close()
