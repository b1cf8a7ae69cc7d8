"""Letters about a contact that were written and have not left when the contact dies."""

import pytest

from app.contacts.models import Contact
from app.contacts.showing.timeline import emails
from app.kernel.mail import Letter, Message, post, send_message
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db


def test_a_letter_stops_when_its_reader_dies_and_the_timeline_says_so(app, database, db):
    contact_id = make_contact(db).id
    letter = Letter(
        to_address="maya.lefevre@example.org", to_name="Maya Lefèvre", subject="Namaste", text="Namaste", html="",
        language="fr", purpose="news", about_type="contact", about_id=contact_id,
    )  # fmt: skip
    message_id = post(db, letter).id
    db.commit()
    db.get_one(Contact, contact_id).is_deceased = True
    db.commit()

    send_message(app.work, message_id=message_id)

    with database.reading() as reading:
        assert reading.get_one(Message, message_id).stopped_at is not None
        assert [item.title for item in emails(reading, contact_id, 5)] == ["E-mail stopped before it left"]
