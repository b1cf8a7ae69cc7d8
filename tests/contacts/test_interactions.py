"""Interactions: what took place with a contact, by whom of us, and never in the future."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.contacts.models import Direction, Interaction, InteractionKind
from app.contacts.queries import tasks as queries
from app.contacts.services.interactions import (
    InteractionDetails,
    delete_interaction,
    edit_interaction,
    record_interaction,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry
from app.kernel.clock import now
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact
from tests.factories.staff import make_staff
from tests.factories.tasks import make_interaction

pytestmark = pytest.mark.db


@pytest.fixture
def asha(database):
    return make_staff(database, "contacts.read", "contacts.edit", name="Asha")


def details(staff_user, **parts):
    told = {"kind": InteractionKind.CALL, "happened_at": now(), "subject": "The school", "staff_user": staff_user}
    return InteractionDetails(**{**told, **parts})


def test_an_interaction_is_kept_with_who_of_us_it_was(db, asha):
    contact = make_contact(db)

    kept = record_interaction(db, contact, details(asha, direction=Direction.INCOMING), actor=asha.as_actor())
    db.flush()

    assert (kept.contact_id, kept.staff_user_id, kept.direction) == (contact.id, asha.id, Direction.INCOMING)
    assert queries.interactions_with(db, contact.id, 5) == [kept]


@pytest.mark.parametrize("kind", [InteractionKind.MEETING, InteractionKind.VISIT, InteractionKind.OTHER])
def test_nobody_begins_a_meeting(db, asha, kind):
    told = details(asha, kind=kind, direction=Direction.OUTGOING)

    assert record_interaction(db, make_contact(db), told, actor=SYSTEM).direction is None


def test_what_lies_ahead_is_a_task(db, asha):
    contact = make_contact(db)

    record_interaction(db, contact, details(asha, happened_at=now() + timedelta(hours=23)), actor=SYSTEM)
    with pytest.raises(Refused, match="in the future"):
        record_interaction(db, contact, details(asha, happened_at=now() + timedelta(hours=25)), actor=SYSTEM)


@pytest.mark.parametrize("wrong", [{"subject": ""}, {"happened_at": datetime(1899, 12, 31, tzinfo=UTC)}])
def test_what_says_nothing_or_was_in_no_time_of_ours_is_refused(db, asha, wrong):
    with pytest.raises(Refused):
        record_interaction(db, make_contact(db), details(asha, **wrong), actor=SYSTEM)


def test_whoever_has_left_stays_with_what_they_did_and_does_nothing_more(db, database, asha):
    gone = make_staff(database, "contacts.read", is_active=False)
    with pytest.raises(Refused, match="has left"):
        record_interaction(db, make_contact(db), details(gone), actor=SYSTEM)

    kept = make_interaction(db, make_contact(db), asha)
    kept.staff_user.is_active = False
    edit_interaction(db, kept, details(kept.staff_user, subject="The well"), actor=SYSTEM)

    assert kept.subject == "The well"


def test_a_deleted_interaction_is_gone_and_the_trail_keeps_what_it_said(db, asha):
    contact = make_contact(db)
    kept = make_interaction(db, contact, asha, subject="Tea")

    delete_interaction(db, kept, actor=asha.as_actor())
    db.commit()

    told = select(AuditEntry.changes).where(AuditEntry.action == "deleted", AuditEntry.record_type == "interaction")
    assert db.scalar(select(func.count(Interaction.id))) == 0
    assert db.scalars(told).one()["subject"] == ["Tea", None]
