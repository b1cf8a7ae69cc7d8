"""Donors are told of each direct debit beforehand, once, and the mandate behind it is known and followed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.giving import changing
from app.giving.debit_duties import announce_debits
from app.giving.jobs import announce_debit
from app.giving.models import DebitNotice, RecurringGift
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import today
from app.kernel.jobs import Job, JobStatus, run_due
from app.kernel.mail import Message
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.gateway import Gateway
from app.payments.models import Interval, Mandate, MandateStatus, Method, Payment, PaymentStatus
from tests.factories.giving import french_organisation, make_online_gift, make_submission
from tests.factories.payments import make_mandate
from tests.giving.recurring_world import by_hand, every
from tests.sandbox_world import CARD, SEPA

pytestmark = pytest.mark.db
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 1, frozenset())


def mails(app, purpose):
    return every(app, Message, Message.purpose == purpose)


def come_near(app, gift, days=10):
    """The next charge is so many days off, as it is on most days of a month."""
    with by_hand(app) as db:
        db.get_one(RecurringGift, gift.id).next_on = today() + timedelta(days=days)


def tell(app):
    findings = announce_debits(app.work)
    run_due(app.work)
    return findings


def test_the_first_debit_is_announced_at_once_with_all_that_the_rulebook_asks_for(app, start):
    gift = start(1000, card=SEPA)

    (mandate,) = every(app, Mandate)
    (letter,) = mails(app, "gift.on_its_way")
    assert (mandate.status, mandate.last_four, mandate.checkout_id) == (
        MandateStatus.ACTIVE,
        "2606",
        gift.now.checkout_id,
    )
    for part in ("10,00", mandate.number, "FR72ZZZ123456", "2606"):
        assert part in letter.text
        assert part in letter.html
    assert letter.language == "fr"
    (payment,) = every(app, Payment)
    assert payment.mandate_reference == mandate.reference


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("each", "and about the tax receipt that you asked for."),
        ("yearly", "one tax receipt for all your gifts of the year will reach you early next year."),
        ("none", "You chose to have no tax receipt."),
    ],
)
def test_the_first_debit_of_a_monthly_gift_is_called_so_with_what_its_donor_chose_of_receipts(
    app, db, run_jobs, choice, words
):
    french_organisation(db)
    answers = {"receipt_choice": choice}
    asked = make_submission(db, language="en", interval=Interval.MONTH, answers=answers)
    first = make_online_gift(db, asked, method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    make_mandate(db, first.payments[0].payment)
    db.commit()
    run_jobs()

    (mail,) = mails(app, "gift.on_its_way")

    for said in (mail.text, mail.html):
        assert "the first debit of your monthly gift" in " ".join(said.split())
        assert "debited once" not in said
        assert words in " ".join(said.split())


def test_a_single_debit_is_called_single(app, db, run_jobs):
    french_organisation(db)
    gift = make_online_gift(
        db, make_submission(db, language="en"), method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING
    )
    make_mandate(db, gift.payments[0].payment)
    db.commit()
    run_jobs()

    assert "debited once" in mails(app, "gift.on_its_way")[0].text


def test_a_coming_debit_is_announced_once_some_days_ahead(app, start):
    gift = start(1000, card=SEPA)
    assert tell(app).facts["announced"] == 0  # a month is longer than two weeks
    come_near(app, gift)

    assert tell(app).facts["announced"] == 1
    assert tell(app).facts["announced"] == 0

    (letter,) = mails(app, "debit.coming")
    (notice,) = every(app, DebitNotice)
    assert (notice.amount, notice.debit_on, notice.number) == (Money(1000, "EUR"), gift.now.next_on, 1)
    (mandate,) = every(app, Mandate)
    for part in ("10,00", mandate.number, "FR72ZZZ123456", "2606"):
        assert part in letter.text
        assert part in letter.html


def test_a_card_is_charged_without_any_announcement(app, start):
    gift = start(1000, card=CARD)
    come_near(app, gift)
    assert tell(app).facts == {"learnt": 0, "announced": 0, "failed": 0}
    assert every(app, Mandate) == []


def test_a_new_amount_is_announced_again_if_the_old_one_was(app, start):
    gift = start(1000, card=SEPA)
    gift.pass_days(20)  # the first debit has come
    come_near(app, gift)
    tell(app)
    changing.change_amount(app.work, gift.id, Money(1500, "EUR"), actor=ASHA)
    gift.world.deliver()
    come_near(app, gift)  # the gateway's own next day stands a month off
    tell(app)

    first, second = every(app, DebitNotice)
    assert (first.amount_minor, second.amount_minor, second.number) == (1000, 1500, 2)
    told = mails(app, "debit.coming")
    assert len(told) == 2
    assert "15,00" in told[1].text
    assert "10,00" in told[1].text  # it says which letter it replaces


def test_nothing_is_announced_where_the_payment_service_writes_itself(app, db, start):
    gift = start(1000, card=SEPA)
    the_organisation(db).debit_notice_days = 0
    db.commit()
    come_near(app, gift)
    assert tell(app).facts["announced"] == 0
    assert mails(app, "debit.coming") == []


def test_a_shorter_notice_waits_until_it_is_due(app, db, start):
    gift = start(1000, card=SEPA)
    the_organisation(db).debit_notice_days = 5
    db.commit()
    come_near(app, gift, days=6)
    assert tell(app).facts["announced"] == 0
    come_near(app, gift, days=5)
    assert tell(app).facts["announced"] == 1


def test_a_letter_that_is_no_longer_true_does_not_leave(app, start):
    gift = start(1000, card=SEPA)
    come_near(app, gift)
    announce_debits(app.work)
    with by_hand(app) as db:
        db.get_one(RecurringGift, gift.id).next_on = today() + timedelta(days=12)
    run_due(app.work)
    assert mails(app, "debit.coming") == []
    tell(app)
    assert len(mails(app, "debit.coming")) == 1


def test_a_crash_between_planning_and_writing_neither_loses_nor_doubles_the_letter(app, start):
    gift = start(1000, card=SEPA)
    come_near(app, gift)
    announce_debits(app.work)  # and here the process ends
    (job,) = every(app, Job, Job.kind == "giving.announce_debit")
    assert job.status is JobStatus.WAITING
    announce_debits(app.work)
    run_due(app.work)
    announce_debit(app.work, **job.ids)  # as after a crash before its end was noted
    assert len(mails(app, "debit.coming")) == 1


def test_the_charge_of_an_announced_debit_brings_no_second_letter(app, start):
    gift = start(1000, card=SEPA)
    gift.pass_days(20)
    before = len(mails(app, "gift.on_its_way"))
    tell(app)
    with by_hand(app) as db:
        mandate = db.scalars(select(Mandate)).one()
        db.add(
            DebitNotice(
                recurring_gift_id=gift.id, mandate_id=mandate.id, number=1, debit_on=today(), amount_minor=1000,
                currency="EUR",
            )
        )  # fmt: skip
    gift.pass_days(12)
    assert len(gift.gifts()) == 2  # on its way
    gift.pass_days(10)
    assert len(gift.gifts()) == 2
    assert len(mails(app, "gift.on_its_way")) == before


def test_a_mandate_that_ends_is_followed_and_debits_under_it_are_announced_no_more(app, start):
    gift = start(1000, card=SEPA)
    (mandate,) = every(app, Mandate)
    gift.world.act("revoke_mandate", mandate.reference)
    gift.world.deliver()
    (after,) = every(app, Mandate)
    assert after.status is MandateStatus.INACTIVE
    assert after.ended_at is not None
    come_near(app, gift)
    assert tell(app).facts["announced"] == 0


def test_word_of_a_mandate_of_somebody_else_is_let_pass(app, start, world):
    start(1000, card=SEPA)
    with by_hand(app) as db:
        db.execute(DebitNotice.__table__.delete())
        db.execute(Mandate.__table__.delete())
    world.act("revoke_mandate", world.stored("mandate")[0]["id"])
    world.deliver()
    assert every(app, Mandate) == []


def test_debits_of_before_have_their_mandate_read_by_the_round(app, start):
    start(1000, card=SEPA)
    with by_hand(app) as db:
        db.execute(Mandate.__table__.delete())
        db.scalars(select(Payment)).one().mandate_reference = None
    assert tell(app).facts["learnt"] == 1
    assert len(every(app, Mandate)) == 1
    assert tell(app).facts["learnt"] == 0


def test_the_port_says_what_a_mandate_is(app, start, world):
    start(1000, card=SEPA)
    (theirs,) = world.stored("mandate")
    state = app.ports.get(Gateway).mandate(theirs["id"])
    assert (state.status, state.last_four, state.creditor_identifier) == (MandateStatus.ACTIVE, "2606", "FR72ZZZ123456")
    assert state.number == theirs["payment_method_details"]["sepa_debit"]["reference"]
    assert state.given_at is not None
