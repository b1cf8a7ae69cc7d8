"""Donors are told of money that goes back to them: once for each refund, when it has left us, with their receipt."""

import os

import pytest
from sqlalchemy import select

from app.contacts.models import HoldReason
from app.giving import jobs
from app.giving.models import Receipt, ReceiptChoice
from app.giving.queries.stories import messages_about, messages_with
from app.giving.services.receipts import receipt_in_force
from app.giving.services.yearly_receipts import issue_year_of
from app.kernel.actors import GATEWAY, SYSTEM
from app.kernel.clock import now, today
from app.kernel.mail import Message, send_message
from app.kernel.money import Money
from app.payments.gateway import RefundState
from app.payments.models import Refund, RefundStatus
from app.payments.services.returns import apply_refund, refuse_refund
from tests.factories.giving import (
    dispute_gift,
    french_organisation,
    make_offline_gift,
    make_online_gift,
    make_submission,
)
from tests.factories.payments import make_refund

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def organisation(db):
    french_organisation(db)


def give(db, **changes):
    return make_online_gift(db, make_submission(db, language="en", **changes))


def told(db, gift, minor, status=RefundStatus.SUCCEEDED, name=None):
    """The gateway's word of a refund, as of one that somebody made at its dashboard; its name."""
    name = name or f"re_{os.urandom(6).hex()}"
    payment = gift.payments[0].payment
    code = "closed_account" if status is RefundStatus.FAILED else None
    state = RefundState(
        reference=name, payment_reference=payment.reference, charge_reference=payment.charge_reference, token=None,
        amount=Money(minor, "EUR"), status=status, failure_code=code,
    )  # fmt: skip
    apply_refund(db, payment, state, actor=GATEWAY)
    return name


def purposes(mails):
    return [mail.purpose for mail in mails]


def test_a_donor_is_told_of_a_part_given_back_with_the_receipt_for_the_rest_in_one_mail(db, posted):
    gift = give(db)
    old = receipt_in_force(db, gift)
    posted()
    told(db, gift, 2000)

    mails = posted()

    db.refresh(old)
    new = db.scalars(select(Receipt).where(Receipt.replaces_id == old.id)).one()
    assert purposes(mails) == ["gift.thanks", "refund.made"], "the receipt is not told of a second time"
    mail = mails[-1]
    assert mail.subject == "We have given back €20.00 of your gift"
    assert "five to ten working days" in mail.text
    assert "Your gift: €50.00" in mail.text
    assert "For: " in mail.text
    assert f"no. {old.code} is no longer valid. No. {new.code}, for €30.00, takes its place" in mail.text
    assert f"attached to this mail.\nhttp://localhost/r/{new.token}\n" in mail.text
    assert mail.attachments == [["receipt", new.id]]
    assert new.sent_at is not None
    assert [each.id for each in messages_about(db, [gift.id], [])] == [each.id for each in mails]
    assert [each.id for each in messages_with(db, new)] == [mail.id]


def test_a_donor_whose_whole_gift_went_back_is_told_that_the_receipt_is_void(db, posted):
    gift = give(db)
    code = receipt_in_force(db, gift).code
    posted()
    told(db, gift, 5000)

    mails = posted()

    assert purposes(mails) == ["gift.thanks", "refund.made"]
    assert mails[-1].subject == "We have given back your gift of €50.00"
    assert f"no. {code} of " in mails[-1].text
    assert "is no longer valid" in mails[-1].text
    assert mails[-1].attachments == []


def test_word_of_a_refund_that_comes_twice_is_told_once_and_each_refund_by_itself(app, db, posted):
    gift = give(db)
    posted()
    name = told(db, gift, 1000)
    posted()
    told(db, gift, 1000, name=name)
    key = db.scalars(select(Refund.id)).one()
    db.commit()
    jobs.tell_of_refund(app.work, refund_id=key)
    assert purposes(posted()) == ["gift.thanks", "refund.made"]

    told(db, gift, 500)

    assert purposes(posted()) == ["gift.thanks", "refund.made", "refund.made"]


def test_nothing_is_told_before_the_money_has_left_and_the_receipt_only_once(db, posted):
    gift = give(db)
    posted()
    name = told(db, gift, 2000, RefundStatus.PENDING)
    assert purposes(posted()) == ["gift.thanks", "receipt.sent"]

    told(db, gift, 2000, name=name)

    mails = posted()
    assert purposes(mails) == ["gift.thanks", "receipt.sent", "refund.made"]
    assert "takes its place" in mails[-1].text
    assert "attached" not in mails[-1].text
    assert mails[-1].attachments == [], "the donor has it already"


def test_a_donor_without_a_receipt_reads_nothing_of_one(db, posted):
    gift = give(db, answers={"receipt_choice": "none"})
    posted()
    told(db, gift, 5000)

    assert "receipt" not in posted()[-1].text.split("--")[0]


def test_the_new_receipt_of_a_year_goes_with_word_of_a_gift_that_went_back_whole(db, posted):
    gift = give(db, answers={"receipt_choice": "yearly"})
    kept = {"received_on": gift.received_on, "receipt_choice": ReceiptChoice.YEARLY, "is_thanked": False}
    make_offline_gift(db, contact=gift.contact, amount=Money(700, "EUR"), **kept)
    (old,) = issue_year_of(db, gift.contact, gift.received_on.year, actor=SYSTEM)
    old.mark_sent(now())
    posted()
    told(db, gift, 5000)

    mails = posted()

    new = db.scalars(select(Receipt).where(Receipt.replaces_id == old.id)).one()
    assert purposes(mails) == ["gift.thanks", "refund.made"]
    assert mails[-1].attachments == [["receipt", new.id]]
    assert "for €7.00, takes its place" in mails[-1].text


def test_nobody_is_told_of_a_refund_that_was_refused_from_the_start(db, posted):
    gift = give(db)
    posted()
    refuse_refund(db, make_refund(db, gift.payments[0].payment), "charge_disputed", actor=GATEWAY)

    assert purposes(posted()) == ["gift.thanks"]


def test_whoever_was_told_of_a_refund_is_told_that_it_did_not_arrive(db, posted):
    gift = give(db)
    posted()
    name = told(db, gift, 2000)
    for mail in posted():
        db.get_one(Message, mail.id).mark_sent(now())
    told(db, gift, 2000, RefundStatus.FAILED, name)

    mail = next(mail for mail in posted() if mail.purpose == "refund.failed")

    assert mail.subject == "The €20.00 that we gave back did not reach you"
    assert "please answer this mail" in mail.text
    assert "Goes back" not in mail.text + mail.html


def test_whoever_was_not_told_of_a_refund_is_not_told_that_it_failed(db, posted):
    gift = give(db)
    posted()
    name = told(db, gift, 2000, RefundStatus.PENDING)
    told(db, gift, 2000, RefundStatus.FAILED, name)

    assert "refund.failed" not in purposes(posted())


def test_a_letter_about_a_refund_that_fails_before_it_has_left_never_leaves(app, db, posted):
    gift = give(db)
    posted()
    name = told(db, gift, 2000)
    key = posted()[-1].id
    told(db, gift, 2000, RefundStatus.FAILED, name)
    assert "refund.failed" not in purposes(posted())
    db.commit()

    send_message(app.work, message_id=key)

    assert db.get_one(Message, key).stopped_at is not None


def test_money_that_a_bank_takes_back_is_no_refund_of_ours(db, posted):
    gift = give(db)
    posted()
    dispute_gift(db, gift)

    assert "refund.made" not in purposes(posted())


@pytest.mark.parametrize("case", ["dead", "nowhere"])
def test_nobody_is_told_of_a_refund_where_no_letter_may_go(db, posted, case):
    gift = give(db)
    posted()
    if case == "dead":
        gift.contact.is_deceased = True
    else:
        gift.contact.emails[0].hold_reason, gift.contact.emails[0].hold_since = HoldReason.BOUNCED, today()
    told(db, gift, 2000)

    assert purposes(posted()) == ["gift.thanks"]
