"""Who moves to another address is written to there by the payment service too."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.contacts.models import ContactReview, ReviewField
from app.contacts.queries.contacts import contact_to_change
from app.contacts.services.attaching import propose
from app.contacts.services.details import EmailDetails, details_of
from app.contacts.services.records import edit_contact
from app.contacts.services.reviews import accept_review
from app.giving import changing
from app.giving.models import EndReason, RecurringGift, RecurringStatus
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry
from app.kernel.jobs import Job, JobStatus, run_due
from app.kernel.mail import Renderer
from app.portal.letters import Desk
from app.portal.links import PortalLinks
from app.portal.services.new_email import ask_for_email, confirm_email
from tests.factories.payments import make_checkout
from tests.giving.recurring_world import by_hand, every

pytestmark = pytest.mark.db
NEW = "jeanne.nouvelle@example.org"


def contact_of(db, gift):
    return contact_to_change(db, db.get_one(RecurringGift, gift.id).contact_id)


def move(gift, address=NEW):
    """Staff make another address the main one; the one of before stays."""
    with by_hand(gift.app) as db:
        contact = contact_of(db, gift)
        before = details_of(contact)
        kept = [replace(each, is_primary=False) for each in before.emails if each.address != address]
        emails = (*kept, EmailDetails(address=address, is_primary=True))
        edit_contact(db, contact, replace(before, emails=emails), actor=SYSTEM)


def theirs(gift):
    """The address the gateway writes to."""
    (customer,) = gift.world.stored("customer")
    return customer["email"]


def jobs(gift):
    return every(gift.app, Job, Job.kind == "giving.tell_address")


def test_an_address_that_staff_change_is_told_once_and_noted(start):
    gift = start(1000)
    assert theirs(gift) != NEW
    move(gift)
    run_due(gift.app.work)

    assert theirs(gift) == NEW
    move(gift)  # nothing is new
    assert [job.status for job in jobs(gift)] == [JobStatus.DONE]
    (noted,) = every(gift.app, AuditEntry, AuditEntry.action == "contact.address_told")
    assert NEW not in str(noted.changes)
    assert NEW not in str([job.ids for job in jobs(gift)])


def test_an_address_that_the_donor_confirms_is_told(start):
    gift = start(1000)
    desk = Desk(gift.app.ports.get(Renderer), gift.app.ports.get(PortalLinks))
    with by_hand(gift.app) as db:
        record = ask_for_email(db, contact_of(db, gift), NEW, desk=desk, actor=SYSTEM)
        token, donor_id = desk.links.email_token(record.nonce), record.contact_id
    run_due(gift.app.work)
    assert theirs(gift) != NEW
    with by_hand(gift.app) as db:
        assert confirm_email(db, token, donor_id, desk=desk, actor=SYSTEM) is True
    run_due(gift.app.work)

    assert theirs(gift) == NEW


def test_an_address_that_staff_accept_as_the_main_one_is_told(start):
    gift = start(1000)
    with by_hand(gift.app) as db:
        contact = contact_of(db, gift)
        propose(db, contact, ReviewField.EMAIL, {"value": NEW}, "test")
    with by_hand(gift.app) as db:
        review = db.scalars(select(ContactReview)).one()
        accept_review(db, review, as_primary=True, actor=SYSTEM)
    run_due(gift.app.work)

    assert theirs(gift) == NEW


def test_a_gateway_that_does_not_answer_is_told_later_and_an_answer_that_is_lost_changes_nothing(start):
    gift = start(1000)
    gift.world.knobs(error_rate_500=1.0)
    move(gift)
    run_due(gift.app.work)
    (job,) = jobs(gift)
    assert (job.status, job.attempts) == (JobStatus.WAITING, 1)
    assert theirs(gift) != NEW

    gift.world.knobs(error_rate_500=0.0)
    with by_hand(gift.app) as db:
        db.get_one(Job, job.id).due_at = job.created_at
    run_due(gift.app.work)
    assert theirs(gift) == NEW


def test_a_customer_whom_the_gateway_forgot_keeps_no_word_from_the_others(start):
    gift = start(1000)
    with by_hand(gift.app) as db:
        checkout = make_checkout(db, interval=gift.now.interval)
        checkout.customer_reference = "cus_000"
        older = RecurringGift(
            contact_id=gift.now.contact_id, amount_minor=500, currency="EUR", interval=gift.now.interval,
            started_on=gift.now.started_on, checkout_id=checkout.id, form_id=gift.now.form_id,
            subscription_reference="sub_000",
        )  # fmt: skip
        db.add(older)
        older.status = RecurringStatus.ACTIVE
    move(gift)
    run_due(gift.app.work)

    assert theirs(gift) == NEW
    assert [job.status for job in jobs(gift)] == [JobStatus.DONE]
    (noted,) = every(gift.app, AuditEntry, AuditEntry.action == "contact.address_told")
    assert noted.changes["customers"] == 1


def test_an_address_that_the_gateway_refuses_is_tried_again_and_no_error_names_it(start):
    gift = start(1000)
    move(gift)
    with by_hand(gift.app) as db:
        next(each for each in contact_of(db, gift).emails if each.is_primary).address = "jeanne.nouvelle"
    run_due(gift.app.work)

    (job,) = jobs(gift)
    assert (job.status, job.attempts) == (JobStatus.WAITING, 1)
    assert "GatewayRefused" in job.last_error
    assert "jeanne" not in job.last_error
    assert every(gift.app, AuditEntry, AuditEntry.action == "contact.address_told") == []


def test_back_at_the_first_address_the_gateway_hears_of_it_again(start):
    gift = start(1000)
    first = theirs(gift)
    for address in (NEW, first, NEW):
        move(gift, address)
        run_due(gift.app.work)
        assert theirs(gift) == address


def test_nobody_is_told_of_a_donor_whose_gift_has_ended_or_who_only_got_a_further_address(start):
    gift = start(1000)
    with by_hand(gift.app) as db:
        contact = contact_of(db, gift)
        before = details_of(contact)
        further = (*before.emails, EmailDetails(address="work@example.org"))
        edit_contact(db, contact, replace(before, emails=further), actor=SYSTEM)
    assert jobs(gift) == []

    changing.end(gift.app.work, gift.id, EndReason.HARDSHIP, "", actor=SYSTEM)
    move(gift)
    assert jobs(gift) == []
