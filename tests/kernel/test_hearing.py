"""The last day on which somebody was heard of, by whatever rows say so."""

from datetime import UTC, date, datetime

import pytest

from app.accounts.models import StaffUser
from app.contacts.models import Direction, InteractionKind
from app.kernel.clock import date_of
from app.kernel.hearing import heard, last_heard
from tests.factories.contacts import make_contact
from tests.factories.giving import make_offline_gift
from tests.factories.tasks import make_interaction

pytestmark = pytest.mark.db
LATE = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
"""Already the second of June in Paris."""


@pytest.fixture
def maya(db):
    return make_contact(db)


@pytest.fixture
def staff(db):
    made = StaffUser(email="asha@example.org", name="Asha", password_hash="x")
    db.add(made)
    return made


def test_whoever_never_came_was_never_heard_of(db, maya):
    assert last_heard(db, maya.id, "Europe/Paris") is None


def test_without_anybody_who_listens_nobody_is_heard_of(db, maya):
    make_offline_gift(db, maya)
    db.info["heard"] = ()

    assert last_heard(db, maya.id, "Europe/Paris") is None


def test_days_and_instants_are_compared_as_days_of_the_organisation(db, maya, staff):
    make_offline_gift(db, maya, received_on=date(2026, 6, 1))
    call = {"kind": InteractionKind.CALL, "direction": Direction.INCOMING}
    make_interaction(db, maya, staff, happened_at=LATE, **call)

    assert last_heard(db, maya.id, "Europe/Paris") == date_of(LATE) == date(2026, 6, 2)
    assert last_heard(db, maya.id, "UTC") == date(2026, 6, 1)
    (instants,) = [each for each in heard(db) if each.is_instant]
    assert list(db.scalars(instants.since(date(2026, 6, 2), "Europe/Paris"))) == [maya.id]
    assert list(db.scalars(instants.since(date(2026, 6, 2), "UTC"))) == []
