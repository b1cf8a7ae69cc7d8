"""One transaction a request: kept when the request succeeds, forgotten when it does not."""

import sqlite3

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError

from app.funds.models import Fund

pytestmark = pytest.mark.db


def codes(database):
    with database.reading() as db:
        return db.scalars(select(Fund.code)).all()


@pytest.mark.parametrize("status", [200, 201, 303])
def test_a_writing_request_that_succeeds_is_kept(visitor, database, status):
    assert visitor.post("/probe/write", data={"code": "EDU", "status": status}).status_code == status
    assert codes(database) == ["EDU"]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 503])
def test_a_writing_request_that_is_answered_with_no_is_forgotten(visitor, database, status):
    answer = visitor.post("/probe/write", data={"code": "EDU", "status": status, "flush": "1"})

    assert answer.status_code == status
    assert codes(database) == []


@pytest.mark.parametrize("kind", ["refused", "missing", "outside", "stale", "fault"])
def test_a_request_that_fails_is_forgotten(visitor, database, kind):
    assert visitor.post(f"/probe/fail/{kind}").status_code >= 400
    assert codes(database) == []


def test_looking_at_a_page_writes_nothing(visitor, database):
    assert visitor.get("/probe/write?code=EDU").status_code == 200
    assert codes(database) == []


def test_a_page_that_tries_to_write_while_it_is_looked_at_is_a_fault(visitor, database):
    assert visitor.get("/probe/write?code=EDU&flush=1").status_code == 500
    assert codes(database) == []


def test_a_flow_that_opens_its_own_transactions_gets_a_session_for_looking(visitor, database):
    assert visitor.post("/probe/apart?code=EDU").status_code == 200
    assert codes(database) == []


def test_what_somebody_else_wrote_an_instant_earlier_is_told_and_not_a_fault(visitor, database):
    answer = visitor.post("/probe/twice")

    assert answer.status_code == 409
    assert "Someone else was quicker" in answer.text
    assert codes(database) == []


def test_a_rule_of_the_database_that_we_break_is_a_fault_of_ours(visitor):
    assert visitor.post("/probe/contradict").status_code == 500


@pytest.mark.parametrize("key", [0, 1, 404, 2**31, 2**63 - 1, 2**63, 10**40])
def test_a_record_that_is_not_there_is_not_found_however_large_its_number(visitor, key):
    assert visitor.get(f"/probe/record/{key}").status_code == 404


def test_a_record_is_found_by_its_key(visitor, database, db):
    db.add(Fund(code="EDU", name="Education"))
    db.commit()

    assert visitor.get("/probe/record/1").text == "Education"


def test_a_database_that_goes_at_the_very_end_does_not_take_the_answer_with_it(visitor):
    def go(_connection):
        raise OperationalError("", None, sqlite3.OperationalError("gone"))

    event.listen(Engine, "rollback", go)
    try:
        answer = visitor.get("/probe/write?code=EDU")
    finally:
        event.remove(Engine, "rollback", go)
    assert answer.status_code == 200
    assert visitor.get("/probe/write?code=EDU").status_code == 200
