"""Who of us looks after a contact."""

import pytest
from sqlalchemy import select, update

from app.contacts.models import Contact
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from tests.factories.contacts import make_contact
from tests.factories.staff import make_staff

pytestmark = pytest.mark.db


@pytest.fixture
def contact_id(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = make_contact(db)
        db.flush()
        return contact.id


@pytest.fixture
def ram(database):
    return make_staff(database, "contacts.read", name="Ram Thapa").id


def of(database, contact_id):
    with database.reading() as db:
        contact = db.get_one(Contact, contact_id)
        return contact.owner_id, contact.version


def test_a_contact_is_given_to_somebody_and_to_nobody_again(sign_in, database, contact_id, ram):
    client, address = sign_in("contacts.read", "contacts.edit"), f"/contacts/{contact_id}"
    before = of(database, contact_id)[1]

    client.post(f"{address}/owner", data={"owner": ram})

    assert of(database, contact_id) == (ram, before + 1)
    page = client.get(address).text
    assert "Ram Thapa" in page
    assert f"{address}/owner" in page
    client.post(f"{address}/owner", data={"owner": ""})
    assert of(database, contact_id)[0] is None
    with database.reading() as db:
        deeds = db.scalars(select(AuditEntry).where(AuditEntry.action == "contact.owner_set")).all()
    assert len(deeds) == 2


def test_whoever_has_left_stays_until_somebody_else_is_chosen(sign_in, database, contact_id):
    gone = make_staff(database, "contacts.read", name="Maya Rai", is_active=False).id
    with database.writing() as db:
        db.execute(update(Contact).values(owner_id=gone))

    assert "Maya Rai (has left)" in sign_in("contacts.edit").get(f"/contacts/{contact_id}/owner").text


@pytest.mark.parametrize("owner", ["0", "x", "999999", "9" * 30])
def test_nobody_else_can_be_chosen(owner, sign_in, database, contact_id):
    answer = sign_in("contacts.edit").post(f"/contacts/{contact_id}/owner", data={"owner": owner})

    assert answer.status_code == 422
    assert of(database, contact_id)[0] is None


def test_who_may_only_read_does_not_give_contacts_away(sign_in, contact_id):
    client = sign_in("contacts.read")

    assert client.post(f"/contacts/{contact_id}/owner", data={"owner": ""}).status_code == 403
    assert "/owner" not in client.get(f"/contacts/{contact_id}").text
