"""The database refuses what is false, writers wait for their turn, and whoever only looks cannot change anything."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest
from sqlalchemy import column, func, select, table, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from app.funds.models import Appeal, Fund
from app.kernel import db as kernel_db
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.kernel.jobs import Job
from app.kernel.organisation import Organisation

pytestmark = pytest.mark.db
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def together(count, task):
    """Run the task in so many threads at once; what went wrong in them."""
    start, wrong = Barrier(count), []

    def run(number):
        start.wait()
        try:
            task(number)
        except Exception as error:  # noqa: BLE001 - the test shows it
            wrong.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_writers_that_read_first_wait_for_their_turn_and_lose_nothing(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(Job(kind="counted"))

    def add_one(_number):
        for _ in range(50):
            with database.writing() as db:
                counter = db.scalars(select(Job).with_for_update()).one()
                counter.attempts += 1

    assert together(8, add_one) == []
    with database.reading() as db:
        assert db.scalar(select(Job.attempts)) == 400


def test_readers_see_the_past_while_somebody_writes(database):
    with database.session(writes=True) as writer:
        writer.add(Job(kind="unseen"))
        writer.flush()
        with database.reading() as reader:
            assert reader.scalar(select(Job.id)) is None
        writer.commit()
    with database.reading() as reader:
        assert reader.scalar(select(Job.kind)) == "unseen"


def test_in_a_snapshot_nothing_changes_between_two_questions(database):
    with database.snapshot() as db:
        assert list(db.scalars(select(Job.kind))) == []
        with database.writing() as other:
            other.add(Job(kind="later"))
        assert list(db.scalars(select(Job.kind))) == []
    with database.snapshot() as db:
        assert list(db.scalars(select(Job.kind))) == ["later"]


@pytest.mark.parametrize("deed", ["add", "change", "delete"])
def test_a_session_for_looking_refuses_changes_aloud(database, deed):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(Fund(code="EDU", name="Education"))
    with database.reading() as db:
        fund = db.scalars(select(Fund)).one()
        if deed == "add":
            db.add(Fund(code="NEW", name="New"))
        elif deed == "change":
            fund.name = "Schools"
        else:
            db.delete(fund)
        with pytest.raises(RuntimeError, match="for looking only"):
            db.scalar(select(Fund.id))


def test_what_a_looking_session_set_to_the_same_again_does_not_matter(database):
    with database.reading() as db:
        organisation = db.scalars(select(Organisation)).one()
        organisation.currency = "EUR"

        assert db.scalar(select(Organisation.id)) == 1


def test_a_tie_to_nothing_is_refused(db):
    db.add(Appeal(campaign_id=404, code="A", name="A"))

    with pytest.raises(IntegrityError):
        db.flush()


def test_a_state_that_is_none_is_refused_by_the_database_itself(db):
    db.add(Job(kind="odd"))
    db.flush()

    with pytest.raises(IntegrityError, match="jobstatus"):
        db.execute(text("UPDATE job SET status = 'asleep'"))


def test_a_second_organisation_is_refused(db):
    db.add(Organisation(name="Another"))

    with pytest.raises(IntegrityError):
        db.flush()


def test_an_instant_without_a_zone_is_refused(db):
    db.add(Job(kind="when", due_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - naive on purpose

    with pytest.raises(StatementError, match="A naive instant"):
        db.flush()


def test_an_instant_comes_back_as_it_was_in_utc(database):
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    with database.writing() as db:
        db.add(Job(kind="when", due_at=NOON.astimezone(kathmandu).replace(microsecond=123456)))
    with database.reading() as db:
        found = db.scalar(select(Job.due_at))
        assert found == NOON.replace(microsecond=123456)
        assert found.utcoffset() == timedelta(0)
        assert db.scalar(select(Job.id).where(Job.due_at == found)) is not None
        assert db.scalar(select(Job.id).where(Job.due_at < NOON)) is None


def test_a_writing_block_that_fails_leaves_nothing(database):
    def fail():
        with database.writing() as db:
            db.add(Job(kind="gone"))
            db.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as db:
        assert db.scalar(select(Job.id)) is None


def test_values_of_a_statement_are_not_part_of_its_error(db):
    db.add(Fund(code="secret@example.org", name="x"))
    db.flush()
    db.add(Fund(code="other", name="Aasha Secret"))
    db.flush()

    with pytest.raises(IntegrityError) as failed:
        db.execute(update(Fund).where(Fund.name == "Aasha Secret").values(code="secret@example.org"))
    assert "Aasha" not in str(failed.value)


def test_the_folder_of_a_sqlite_file_is_made_when_it_is_first_opened(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'sahayog.db'}")
    assert list(tmp_path.iterdir()) == []

    with database.reading() as db:
        settings = [db.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "synchronous")]
    database.close()
    assert settings == ["wal", 1, 2]


def test_connections_that_died_while_they_were_idle_are_replaced_unheard(database, monkeypatch):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no connections that others can end")
    monkeypatch.setattr(kernel_db, "IDLE", 0.0)
    with database.reading() as one, database.reading() as two:
        killers = one.scalar(select(func.pg_backend_pid())), two.scalar(select(func.pg_backend_pid()))
    with database.writing() as third:
        others = select(func.pg_terminate_backend(column("pid"))).select_from(table("pg_stat_activity", column("pid")))
        mine = third.scalar(select(func.pg_backend_pid()))
        third.execute(others.where(column("pid").in_(killers), column("pid") != mine))
    for _each in range(3):
        with database.reading() as db:
            assert db.scalar(select(func.count()).select_from(Job)) == 0
