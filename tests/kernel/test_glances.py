"""A glance is as right as any other question, and outlives the connection it was asked over."""

from threading import Thread

import pytest
from sqlalchemy import bindparam, literal, select
from sqlalchemy.exc import DatabaseError

from app.funds.models import Fund
from app.kernel.glances import Glance
from tests.factories.funds import make_fund

pytestmark = pytest.mark.db


@pytest.fixture
def name_of(database):
    """A fund's key and name by its code."""
    return Glance(database, select(Fund.id, Fund.name).where(Fund.code == bindparam("code")))


def test_a_glance_sees_what_was_committed_the_moment_before(db, name_of):
    fund = make_fund(db, code="A1", name="Schools")
    assert name_of(code="A1") is None

    db.commit()
    assert tuple(name_of(code="A1")) == (fund.id, "Schools")

    fund.name = "Health"
    db.commit()
    assert name_of(code="A1")[1] == "Health"


def test_what_the_question_says_itself_need_not_be_given(database):
    assert tuple(Glance(database, select(literal(7), literal("ward")))()) == (7, "ward")


def test_a_glance_outlives_its_connection(database, db, name_of):
    make_fund(db, code="A1", name="Schools")
    db.commit()
    assert name_of(code="A1")

    with database.glances.connect() as connection:
        connection.connection.driver_connection.close()

    assert name_of(code="A1")[1] == "Schools"
    assert name_of(code="A1")[1] == "Schools"


def test_connections_are_let_go_of_with_the_others(database, name_of):
    name_of(code="A1")
    assert database.glances.pool.checkedin() >= 1  # those who glanced before us may have left theirs

    database.engine.dispose()

    assert database.glances.pool.checkedin() == 0


def test_a_question_that_the_database_does_not_understand_fails_as_it_does_elsewhere(database):
    with pytest.raises(DatabaseError):
        Glance(database, select(Fund.id).where(Fund.code.op("no such operator")(bindparam("code"))))(code="A1")


def test_many_may_glance_at_once(database, db, name_of):
    make_fund(db, code="A1", name="Schools")
    db.commit()
    seen = []

    threads = [Thread(target=lambda: seen.extend(name_of(code="A1")[1] for _ in range(50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["Schools"] * 400
