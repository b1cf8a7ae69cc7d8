"""Writing down what took place with a contact, from their page or after a task."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import StaffUser
from app.contacts.models import Direction, Interaction, InteractionKind
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from tests.factories.contacts import make_contact
from tests.factories.tasks import make_interaction, make_task

pytestmark = pytest.mark.db


@pytest.fixture
def staff(sign_in):
    return sign_in("contacts.read", "contacts.edit")


@pytest.fixture
def contact(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_contact(db)


@pytest.fixture
def me(staff, database):
    with database.reading() as db:
        return db.scalars(select(StaffUser).order_by(StaffUser.id.desc()).limit(1)).one()


@pytest.fixture
def client_and_me(staff, me):
    return staff, me


@pytest.fixture
def kept(database, contact, me):
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_interaction(db, contact, db.get_one(StaffUser, me.id), subject="Tea")


def stored(database):
    with database.reading() as db:
        return db.scalars(select(Interaction)).all()


def typed(me, **parts):
    told = {"kind": "call", "direction": "incoming", "happened_at": "2026-03-01T10:30", "subject": "The school"}
    return {**told, "staff_user": str(me.id), **parts}


def test_a_contacts_page_has_the_form(staff, contact, me):
    text = staff.get(f"/contacts/{contact.id}").get_data(as_text=True)

    assert f'action="/contacts/{contact.id}/interactions/new"' in text


def test_what_took_place_stands_on_the_timeline_in_the_organisations_time(staff, contact, me, database):
    answer = staff.post(f"/contacts/{contact.id}/interactions/new", data=typed(me, notes="They liked it."))

    (interaction,) = stored(database)
    text = staff.get(answer.location).get_data(as_text=True)
    assert answer.location == f"/contacts/{contact.id}#timeline"
    assert interaction.happened_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert (interaction.kind, interaction.direction) == (InteractionKind.CALL, Direction.INCOMING)
    assert "Call: The school" in text
    assert "They liked it." in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"subject": ""}, "This field is required"), ({"subject": "x" * 1_000_000}, "longer than 200"),
        ({"happened_at": "2026-02-30T10:00"}, "Not a valid datetime"),
        ({"happened_at": "\x00"}, "Not a valid datetime"),
        ({"happened_at": "9999-12-31T23:59"}, "Check the year"),
        ({"happened_at": "0001-01-01T00:00"}, "Check the year"),
        ({"happened_at": f"{now() + timedelta(days=3):%Y-%m-%dT%H:%M}"}, "in the future"),
        ({"kind": "seance"}, "Not a valid choice"), ({"direction": "up"}, "Not a valid choice"),
        ({"staff_user": "999999"}, "Not a valid choice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_word_and_nothing_is_kept(client_and_me, contact, database, wrong, words):
    staff, me = client_and_me
    answer = staff.post(f"/contacts/{contact.id}/interactions/new", data=typed(me, **wrong))

    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert stored(database) == []


def test_a_task_hands_over_its_words(staff, contact, me, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        key = make_task(db, db.get_one(StaffUser, me.id), contact, subject="Ask about the well").id
    staff.post(f"/tasks/{key}/done")

    text = staff.get(f"/contacts/{contact.id}/interactions/new?task={key}").get_data(as_text=True)

    assert "Ask about the well" in text


@pytest.mark.parametrize("task", ["999999", "x", "99999999999999999999"])
def test_a_task_that_is_not_there_hands_over_nothing(staff, contact, task):
    assert staff.get(f"/contacts/{contact.id}/interactions/new?task={task}").status_code == 200


def test_an_interaction_is_edited(staff, me, kept, database):
    staff.post(f"/interactions/{kept.id}/edit", data=typed(me, version="1"))

    (interaction,) = stored(database)
    assert (interaction.subject, interaction.version) == ("The school", 2)


def test_whoever_edits_second_sees_what_changed_and_loses_nothing_typed(staff, me, kept, database):
    staff.post(f"/interactions/{kept.id}/edit", data=typed(me, version="1", subject="Coffee"))

    answer = staff.post(f"/interactions/{kept.id}/edit", data=typed(me, version="1", notes="Mine"))
    text = answer.get_data(as_text=True)

    assert answer.status_code == 409
    assert "Coffee" in text
    assert "Mine" in text
    assert stored(database)[0].notes == ""


def test_an_interaction_is_deleted_after_asking(staff, kept, database):
    assert "Tea" in staff.get(f"/interactions/{kept.id}/delete").get_data(as_text=True)

    staff.post(f"/interactions/{kept.id}/delete")

    assert stored(database) == []


def test_readers_write_nothing_down(sign_in, contact, kept):
    reader = sign_in("contacts.read")

    assert "/interactions/new" not in reader.get(f"/contacts/{contact.id}").get_data(as_text=True)
    assert reader.post(f"/contacts/{contact.id}/interactions/new").status_code == 403
    assert reader.post(f"/interactions/{kept.id}/delete").status_code == 403


def test_what_is_not_there_is_not_found(staff):
    for address in ("/interactions/99999999999999999999/edit", "/contacts/0/interactions/new", "/tasks/0/edit"):
        assert staff.get(address).status_code == 404
        assert staff.post(address).status_code == 404
