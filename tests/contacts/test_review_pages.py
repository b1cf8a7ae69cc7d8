"""Differences wait on a page until a person decides."""

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, ContactKind, ContactReview, ReviewStatus
from app.contacts.services import DonorDetails, match_or_create
from app.kernel.actors import SYSTEM
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db


@pytest.fixture
def review(db):
    make_contact(db)
    donor = DonorDetails(
        kind=ContactKind.PERSON, given_name="Maya", family_name="Lefevre", email="maya.lefevre@example.org",
        phone="+33 7 00 00 00 01", source="form:school",
    )  # fmt: skip
    match_or_create(db, donor, actor=SYSTEM)
    found = db.scalars(select(ContactReview)).one()
    db.commit()
    return found


def test_what_waits_is_listed_and_counted_in_the_menu(sign_in, review):
    text = sign_in("contacts.read", "contacts.edit").get("/contacts/reviews/").get_data(as_text=True)

    assert "+33 7 00 00 00 01" in text
    assert "+33 6 12 34 56 78" in text


def test_a_difference_is_accepted_as_the_main_one(sign_in, database, review):
    staff = sign_in("contacts.read", "contacts.edit")

    answer = staff.post(f"/contacts/reviews/{review.id}/accept", data={"as_primary": "1"})

    with database.reading() as db:
        contact = db.get(Contact, review.contact_id)
        assert answer.location == f"/contacts/{contact.id}"
        assert contact.primary_phone.number == "+33700000001"
        assert len(contact.phones) == 2


def test_a_difference_is_dismissed_and_nothing_changes(sign_in, database, review):
    staff = sign_in("contacts.read", "contacts.edit")

    staff.post(f"/contacts/reviews/{review.id}/dismiss", data={"next": "/contacts/reviews/"})

    with database.reading() as db:
        assert db.get(ContactReview, review.id).status is ReviewStatus.DISMISSED
        assert len(db.get(Contact, review.contact_id).phones) == 1


def test_what_was_decided_is_not_decided_again(sign_in, review):
    staff = sign_in("contacts.read", "contacts.edit")
    staff.post(f"/contacts/reviews/{review.id}/dismiss")

    assert staff.post(f"/contacts/reviews/{review.id}/accept").status_code == 409


def test_nobody_is_sent_elsewhere_after_deciding(sign_in, review):
    staff = sign_in("contacts.read", "contacts.edit")

    answer = staff.post(f"/contacts/reviews/{review.id}/dismiss", data={"next": "https://evil.example/"})

    assert answer.location == f"/contacts/{review.contact_id}"


def test_readers_do_not_decide(sign_in, review):
    assert sign_in("contacts.read").post(f"/contacts/reviews/{review.id}/accept").status_code == 403


def test_a_difference_that_is_not_there_is_not_found(sign_in, review):
    assert sign_in("contacts.edit").post("/contacts/reviews/99999999999999999999/accept").status_code == 404
