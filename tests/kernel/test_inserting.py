"""Rows that are inserted at once: only new ones, however many, as a session would have stored them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.currencies.models import ExchangeRate
from app.kernel import inserting
from app.kernel.inserting import insert_each_unless_there, insert_unless_there
from app.kernel.jobs import Job, JobStatus

pytestmark = pytest.mark.db
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def row(kind, key):
    return {
        "kind": kind, "ids": {"name": 'Aasha ‘अ’ "%s" ?'}, "due_at": NOON, "unique_key": key,
        "status": JobStatus.WAITING, "attempts": 0, "created_at": NOON,
    }  # fmt: skip


def test_a_row_whose_key_is_there_already_is_not_inserted_and_harms_nothing(db):
    first = insert_unless_there(db, Job, row("a", "once"), key="unique_key")
    second = insert_unless_there(db, Job, row("b", "once"), key="unique_key")
    db.commit()

    assert (first is not None, second) == (True, None)
    assert db.scalars(select(Job.kind)).all() == ["a"]


def test_of_two_rows_with_the_same_key_one_is_inserted(db):
    found = insert_each_unless_there(db, Job, [row("a", "once"), row("b", "once"), row("c", "twice")], key="unique_key")

    assert len(found) == 2
    assert sorted(db.scalars(select(Job.unique_key))) == ["once", "twice"]


def test_rows_without_a_key_never_stand_in_each_others_way(db):
    ids = {insert_unless_there(db, Job, row("a", None), key="unique_key") for _ in range(3)}

    assert len(ids - {None}) == 3


def test_what_was_inserted_is_what_a_session_would_have_stored(db):
    far = NOON.astimezone().replace(microsecond=7) + timedelta(days=1)
    inserted = insert_unless_there(db, Job, {**row("a", "x"), "due_at": far}, key="unique_key")
    added = Job(kind="a", ids=row("a", "x")["ids"], due_at=far, unique_key="y")
    added.created_at = NOON
    db.add(added)
    db.commit()

    one, other = db.get_one(Job, inserted, populate_existing=True), db.get_one(Job, added.id, populate_existing=True)
    for name in ("kind", "ids", "due_at", "status", "attempts", "created_at", "lease_until", "done_at", "last_error"):
        assert getattr(one, name) == getattr(other, name), name
    as_stored = select(func.count()).where(Job.due_at == far, Job.status == JobStatus.WAITING)
    assert db.scalar(as_stored) == 2


def test_more_rows_than_one_statement_takes_are_inserted_all_the_same(db, monkeypatch):
    monkeypatch.setattr(inserting, "MOST", 7 * 3)
    rows = [row("a", str(number)) for number in range(10)]
    insert_each_unless_there(db, Job, rows[4:6], key="unique_key")

    assert len(insert_each_unless_there(db, Job, rows, key="unique_key")) == 8
    assert db.scalar(select(func.count()).select_from(Job)) == 10


def test_a_statement_of_the_greatest_length_is_taken_by_the_database(db):
    rows = [row("a", str(number)) for number in range(inserting.MOST // 7 + 1)]

    assert len(insert_each_unless_there(db, Job, rows, key="unique_key")) == len(rows)


def test_no_rows_are_no_work(db):
    assert insert_each_unless_there(db, Job, [], key="unique_key") == []


def test_a_row_that_leaves_out_what_has_to_be_named_is_refused(db):
    short = {name: value for name, value in row("a", "x").items() if name != "due_at"}

    with pytest.raises(TypeError, match="job needs due_at"):
        insert_unless_there(db, Job, short, key="unique_key")
    with pytest.raises(KeyError):
        insert_each_unless_there(db, Job, [row("a", "x"), short], key="unique_key")
    with pytest.raises(TypeError):
        insert_unless_there(db, ExchangeRate, {"currency": "USD"}, key="currency")
