"""What follows from a fact happens with it, in its transaction, or nothing happens."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from app.funds.models import Fund
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.events import publish, wire

pytestmark = pytest.mark.db


@dataclass(frozen=True)
class FundOpened:
    code: str


@dataclass(frozen=True)
class NothingHeard:
    pass


def open_twin(db, event, *, actor):
    db.add(Fund(code=f"{event.code}-2", name=f"Twin, for {actor.name}"))


def open_third(db, event, *, actor):
    db.flush()
    assert db.scalar(select(func.count()).select_from(Fund)) == 2
    db.add(Fund(code=f"{event.code}-3", name="Third"))


def refuse(db, event, *, actor):
    raise Refused("Not today")


@pytest.fixture
def wired(database):
    """A way to say what follows from what, in this test alone."""
    before = database.info["reactions"]
    yield lambda table: wire(database, table)
    wire(database, before)


def codes(database):
    with database.reading() as db:
        return set(db.scalars(select(Fund.code)))


def test_reactions_run_at_once_in_order_and_with_the_actor(database, wired):
    wired({FundOpened: [open_twin, open_third]})
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(Fund(code="EDU", name="Education"))
        publish(db, FundOpened("EDU"), actor=SYSTEM)

    assert codes(database) == {"EDU", "EDU-2", "EDU-3"}
    with database.reading() as db:
        assert db.scalar(select(Fund.name).where(Fund.code == "EDU-2")) == "Twin, for Sahayog"


def test_a_reaction_that_fails_takes_the_fact_and_the_other_reactions_with_it(database, wired):
    wired({FundOpened: [open_twin, refuse]})

    def open_fund():
        with database.writing() as db:
            act_as(db, SYSTEM)
            db.add(Fund(code="EDU", name="Education"))
            publish(db, FundOpened("EDU"), actor=SYSTEM)

    with pytest.raises(Refused, match="Not today"):
        open_fund()
    assert codes(database) == set()


def test_a_fact_that_nobody_waits_for_is_simply_said(db, wired):
    wired({FundOpened: [refuse]})

    publish(db, NothingHeard(), actor=SYSTEM)
