"""Whom letters about gifts go to at the moment they are written, and which never leave."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from app.contacts.models import ContactReview, HoldReason, ReviewField, ReviewStatus
from app.contacts.services import AddressDetails, EmailDetails, accept_review, dismiss_review
from app.giving import jobs
from app.giving.letters import mailbox_of, reader_of
from app.giving.models import DonorKind, Receipt, RecurringGift
from app.giving.receipt_content import ReceiptContent
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.mail import Message, send_message
from app.operations.queries import mail_state
from app.payments.models import Interval
from tests.factories.contacts import make_contact
from tests.factories.giving import french_organisation, make_offline_gift, make_online_gift, make_submission

pytestmark = pytest.mark.db
OLD, NEW = "old@example.org", "new@example.org"


@pytest.fixture(autouse=True)
def organisation(db):
    french_organisation(db)


@pytest.fixture
def thanked(app, database):
    """Thank for a gift as the job does; the letters there are then."""

    def tell(db, gift):
        key = gift.id
        db.commit()
        jobs.acknowledge_gift(app.work, gift_id=key)
        with database.reading() as reading:
            return reading.scalars(select(Message)).all()

    return tell


def two_addresses():
    return (EmailDetails(address=OLD, is_primary=True), EmailDetails(address=NEW))


def test_a_main_address_on_hold_is_not_used(db, thanked):
    contact = make_contact(db, emails=two_addresses())
    contact.emails[0].hold_reason, contact.emails[0].hold_since = HoldReason.BOUNCED, today()

    [letter] = thanked(db, make_offline_gift(db, contact=contact))

    assert letter.to_address == NEW


def test_where_no_address_may_be_used_nothing_is_sent(db, thanked):
    contact = make_contact(db)
    contact.emails[0].valid_until = today() - timedelta(days=1)

    assert thanked(db, make_offline_gift(db, contact=contact)) == []


def test_who_refuses_e_mails_gets_none_about_a_cheque(db, thanked):
    assert thanked(db, make_offline_gift(db, contact=make_contact(db, no_email=True))) == []


def test_who_wants_no_contact_is_thanked_all_the_same(db, thanked):
    assert len(thanked(db, make_offline_gift(db, contact=make_contact(db, do_not_contact=True)))) == 1


def test_who_gives_on_a_form_is_answered_there_whatever_they_refuse(db, thanked):
    gift = make_online_gift(db)
    gift.contact.no_email = True

    [letter] = thanked(db, gift)

    assert letter.to_address == "jeanne.moreau@example.org"


def test_an_address_that_bounced_since_is_not_used_again(db, thanked):
    gift = make_online_gift(db)
    gift.contact.emails[0].hold_reason, gift.contact.emails[0].hold_since = HoldReason.BOUNCED, today()

    assert thanked(db, gift) == []


TYPED = "jeanne.moreau@example.org"


def written_to(db, gift):
    """Where letters about a gift go, and with them those about a recurring one; None for nowhere."""
    db.flush()
    reader = reader_of(db, gift.contact, gift.submission_id)
    return reader.address if reader else None


def test_an_address_that_staff_removed_is_not_written_to_again_though_it_was_typed_with_the_gift(db, thanked):
    gift = make_online_gift(db, make_submission(db, interval=Interval.MONTH))
    contact, recurring = gift.contact, db.scalars(select(RecurringGift)).one()
    assert (written_to(db, gift), written_to(db, recurring)) == (TYPED, TYPED)

    contact.emails[0].address, contact.emails[0].folded = NEW, NEW  # what was typed is overwritten by hand
    assert (written_to(db, gift), written_to(db, recurring)) == (NEW, NEW)
    contact.emails.clear()

    assert (written_to(db, gift), mailbox_of(db, contact, gift.submission_id)) == (None, "")
    assert thanked(db, gift) == []


def of_the_firm(db, address):
    """A gift of a company that is found by its number, whoever fills in the form."""
    answers = {"company": "Atelier Himal", "legal_form": "SARL", "siren": "732829320", "email": address}
    return make_online_gift(db, make_submission(db, donor_kind=DonorKind.COMPANY, answers=answers))


def test_an_address_that_waits_for_a_person_gets_the_thanks_for_what_it_gave(db, thanked):
    of_the_firm(db, OLD)
    gift = of_the_firm(db, NEW)
    contact = gift.contact
    db.flush()
    assert [each.address for each in contact.emails] == [OLD]

    assert NEW in {letter.to_address for letter in thanked(db, gift)}


def test_an_address_that_was_left_as_it_was_gets_what_it_asked_for_and_one_that_was_taken_over_and_removed_does_not(db):
    of_the_firm(db, OLD)
    for address, decide, then in (
        ("left@example.org", dismiss_review, "left@example.org"),
        ("taken@example.org", partial(accept_review, as_primary=False), OLD),
    ):
        gift = of_the_firm(db, address)
        db.flush()
        review = db.scalars(select(ContactReview).where(ContactReview.status == ReviewStatus.OPEN)).one()
        assert review.field is ReviewField.EMAIL
        decide(db, review, actor=SYSTEM)
        assert written_to(db, gift) == address
        gift.contact.emails[:] = gift.contact.emails[:1]
        assert written_to(db, gift) == then


def test_an_address_that_was_removed_and_comes_again_waits_like_any_other(db):
    """The company types anew what staff removed: this gift is answered there, and a person looks at the address."""
    first = of_the_firm(db, OLD)
    first.contact.emails.clear()
    assert written_to(db, first) is None

    again = of_the_firm(db, OLD)

    assert again.contact is first.contact
    assert written_to(db, again) == OLD


def test_a_letter_begins_as_somebody_wrote_it_by_hand(db, thanked):
    [letter] = thanked(db, make_offline_gift(db, contact=make_contact(db, salutation="Très chère Maya")))

    assert "Très chère Maya,\n" in letter.text
    assert "Très chère Maya," in letter.html


def test_a_death_stops_letters_that_were_written_and_have_not_left(app, database, db, thanked):
    gift = make_offline_gift(db)
    gift_id = gift.id
    [letter] = thanked(db, gift)
    with database.writing() as other:
        act_as(other, SYSTEM)
        other.get_one(type(gift), gift_id).contact.is_deceased = True

    send_message(app.work, message_id=letter.id)
    send_message(app.work, message_id=letter.id)

    with database.reading() as other:
        kept = other.get_one(Message, letter.id)
        assert kept.stopped_at is not None
        assert kept.text == letter.text, "what was written stays"
        assert mail_state(other) == (0, None), "it waits for nothing"


def test_a_receipt_carries_the_address_of_its_day_and_keeps_it(db):
    day = today()
    season = day.month * 100 + day.day
    places = (
        AddressDetails(street="12 rue des Lilas", postcode="75011", city="Paris", country="FR", is_primary=True),
        AddressDetails(
            street="Les Pins", postcode="13260", city="Cassis", country="FR", season_from=season, season_until=season
        ),
    )
    contact = make_contact(db, addresses=places)
    gift = make_offline_gift(db, contact=contact)
    contact.addresses[1].hold_reason, contact.addresses[1].hold_since = HoldReason.RETURNED, day
    second = make_offline_gift(db, contact=contact)

    issued = [
        ReceiptContent.from_json(db.scalars(select(Receipt).where(Receipt.gift_id == each.id)).one().content)
        for each in (gift, second)
    ]

    assert [each.donor.address_lines for each in issued] == [
        ("Les Pins", "13260 CASSIS"),
        ("12 rue des Lilas", "75011 PARIS"),
    ]
