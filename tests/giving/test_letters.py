"""Letters to donors: one for each occasion, in their language, whatever runs twice."""

import pytest
from sqlalchemy import select

from app.giving import jobs
from app.giving.models import Receipt, Tribute, TributeStatus
from app.giving.services.gifts import reverse_gift
from app.giving.services.receipts import receipt_in_force
from app.kernel.actors import GATEWAY, SYSTEM
from app.kernel.events import publish
from app.kernel.jobs import Job
from app.kernel.money import Money
from app.payments.events import PaymentFailed, PaymentSettled
from app.payments.models import Interval, Method, PaymentStatus
from tests.factories.contacts import make_contact
from tests.factories.giving import (
    french_organisation,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)
from tests.factories.payments import AT, make_mandate

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def organisation(db):
    french_organisation(db)


def test_a_donor_is_thanked_with_the_receipt_and_the_forms_own_words(db, posted):
    gift = make_online_gift(db)
    receipt = receipt_in_force(db, gift)

    mail = posted()[0]

    assert (mail.purpose, mail.to_address, mail.to_name) == (
        "gift.thanks",
        "jeanne.moreau@example.org",
        "Jeanne Moreau",
    )
    assert mail.language == "fr"
    assert mail.attachments == [["receipt", receipt.id]]
    assert f"/r/{receipt.token}" in mail.text
    assert f'href="http://localhost/r/{receipt.token}"' in mail.html
    assert "<strong>Merci</strong> de croire en eux." in mail.html
    assert "**Merci** de croire en eux." in mail.text
    assert "50,00" in mail.text
    assert "<style" not in mail.html, "the styles are inlined"


def test_a_job_that_runs_twice_posts_once(app, db, posted):
    gift = make_online_gift(db)
    gift_id, payment_id = gift.id, gift.payments[0].payment_id
    posted()

    jobs.acknowledge_gift(app.work, gift_id=gift_id)
    publish(db, PaymentSettled(payment_id), actor=GATEWAY)

    assert len(posted()) == 1


def test_a_direct_debit_is_announced_and_thanked_for_when_it_comes(db, posted):
    gift = make_online_gift(db, method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    make_mandate(db, gift.payments[0].payment)
    (told,) = posted()
    assert told.purpose == "gift.on_its_way"
    assert "MANDATE26" in told.text

    payment = gift.payments[0].payment
    db.add(payment)
    payment.settle(AT)
    publish(db, PaymentSettled(payment.id), actor=GATEWAY)

    assert [mail.purpose for mail in posted()] == ["gift.on_its_way", "gift.thanks"]


def test_a_payment_that_failed_is_told_with_a_way_to_try_again(db, posted):
    gift = make_online_gift(db, method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    payment = gift.payments[0].payment
    payment.fail("insufficient_funds")
    publish(db, PaymentFailed(payment.id), actor=GATEWAY)

    mails = posted()

    assert [mail.purpose for mail in mails] == ["gift.failed"], "nothing is announced that has failed already"
    assert "http://localhost/give/school-" in mails[0].text


def test_each_charge_of_a_regular_donor_is_thanked_for(db, posted):
    make_online_gift(db, make_submission(db, interval=Interval.MONTH, amount=Money(1000, "EUR"), language="en"))

    mail = posted()[0]

    assert mail.subject == "Thank you for your regular gift of €10.00"
    assert "€10.00 a month" in mail.text


def test_somebody_named_in_a_tribute_is_told_once_and_never_the_amount(db, posted):
    tribute = {
        "kind": "memory", "honoree": "Pema", "notify_name": "Nima", "notify_email": "nima@example.org",
        "message": "With love",
    }  # fmt: skip
    make_online_gift(db, make_submission(db, language="en", answers={"tribute": tribute}))

    mails = posted()

    told = next(mail for mail in mails if mail.purpose == "gift.tribute")
    assert told.to_address == "nima@example.org"
    assert "Jeanne Moreau has made a gift in memory of Pema." in told.text
    assert "With love" in told.text
    assert "50" not in told.text.split("--")[0]
    assert db.scalars(select(Tribute.status)).one() is TributeStatus.NOTIFIED


def test_a_donor_who_stays_unnamed_is_not_named_in_the_tribute(db, posted):
    tribute = {"kind": "honour", "honoree": "Pema", "notify_email": "nima@example.org"}
    make_online_gift(db, make_submission(db, language="en", is_anonymous=True, answers={"tribute": tribute}))

    told = next(mail for mail in posted() if mail.purpose == "gift.tribute")

    assert "Somebody who wishes to stay unnamed" in told.text
    assert "Moreau" not in told.text


def test_what_a_donor_typed_is_never_markup(db, posted):
    answers = {"given_name": "<b>Eve</b>", "family_name": "<script>"}
    make_online_gift(db, make_submission(db, answers=answers))

    html = posted()[0].html

    assert "<script>" not in html
    assert "<b>Eve" not in html


def test_a_line_break_in_a_name_does_not_hold_the_mail_back(db, posted):
    tribute = {
        "kind": "memory",
        "honoree": "Pe\nma",
        "notify_name": "Ta\r\nBcc: x@example.org",
        "notify_email": "t@e.org",
    }
    make_online_gift(db, make_submission(db, answers={"tribute": tribute}))

    told = next(mail for mail in posted() if mail.purpose == "gift.tribute")

    assert told.to_name == "Ta Bcc: x@example.org"
    assert "\n" not in told.subject


def test_without_an_address_the_mail_asks_for_it(db, posted):
    answers = {"street": "", "postcode": "", "city": "", "country": ""}
    make_online_gift(db, make_submission(db, language="en", answers=answers))

    mail = posted()[0]

    assert mail.attachments == []
    assert "We still need your postal address" in mail.text


def test_in_test_mode_the_mail_says_so_and_the_receipt_is_a_specimen(db, posted):
    make_online_gift(db, make_submission(db, language="en", is_test=True))

    mail = posted()[0]

    assert "Test mode: no real money moved." in mail.text
    assert "specimen" in mail.text


def test_an_offline_gift_is_thanked_for_only_if_wanted(db, posted):
    make_offline_gift(db, is_thanked=False)
    assert posted() == []

    make_offline_gift(db, make_contact(db, given_name="Nima"))
    assert [mail.purpose for mail in posted()] == ["gift.thanks"]


def test_nobody_writes_to_the_dead_or_to_nowhere(db, posted):
    make_offline_gift(db, make_contact(db, email=""))
    make_offline_gift(db, make_contact(db, given_name="Nima", is_deceased=True))

    assert posted() == []


def test_a_donor_who_holds_a_receipt_is_sent_the_corrected_one(db, posted):
    gift = make_online_gift(db, make_submission(db, language="en"))
    old = receipt_in_force(db, gift)
    posted()
    db.refresh(old)
    refund_gift(db, gift, 2000)

    mail = posted()[-1]

    new = db.scalars(select(Receipt).where(Receipt.replaces_id == old.id)).one()
    assert (mail.purpose, mail.attachments) == ("receipt.sent", [["receipt", new.id]])
    assert f"replaces no. {old.code}" in mail.text


def test_a_donor_who_holds_a_receipt_is_told_that_it_is_void_without_the_staffs_words(db, posted):
    gift = make_offline_gift(db, make_contact(db, language="en"))
    posted()
    db.refresh(receipt_in_force(db, gift))
    reverse_gift(db, gift, "This man is impossible", actor=SYSTEM)

    mail = posted()[-1]

    assert mail.purpose == "receipt.void"
    assert "no longer valid" in mail.text
    assert "impossible" not in mail.text
    assert "entry made in error" in mail.text


def test_the_attachment_is_the_stored_receipt_and_a_copy_is_marked(app, db, posted):
    receipt = receipt_in_force(db, make_online_gift(db))
    posted()

    original, copy = jobs.original_receipt(app.work, receipt.id), jobs.copy_of_receipt(app.work, receipt.id)

    assert original.filename == f"recu-{receipt.code}.pdf"
    assert original.content.startswith(b"%PDF")
    assert original.content != copy.content


def test_jobs_carry_no_personal_data(db):
    make_online_gift(db)
    db.commit()

    assert all(set(job.ids) <= {"gift_id", "message_id", "receipt_id"} for job in db.scalars(select(Job)))
