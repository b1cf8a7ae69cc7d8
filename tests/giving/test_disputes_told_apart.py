"""Debits that go back are told apart by what is known, disputes by their deadline; both wait for a person once."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.giving.dispute_duties import remind_of_disputes
from app.giving.explaining_disputes import why_taken
from app.giving.flows import refund_gift
from app.giving.models import Gift, Receipt, ReceiptStatus
from app.giving.queries.disputes import waiting
from app.giving.services.refunds import RefundDetails
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.jobs import run_due
from app.kernel.mail import Message
from app.kernel.money import Money
from app.kernel.text import make_token
from app.payments.models import Dispute, DisputeKind, DisputeNote, DisputeStatus, Method, Payment, Refund
from app.payments.reversals import kind_of, may_be_taken_back
from app.payments.services.disputes import NoteDetails, take_note, write_note
from app.payments.words import dispute_reason
from tests.factories.payments import make_dispute
from tests.giving.recurring_world import by_hand, every
from tests.sandbox_world import CARD, DISPUTED, SEPA

pytestmark = pytest.mark.db
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 1, frozenset())


def debited(start):
    """A recurring gift by debit whose first charge has come."""
    gift = start(5000, card=SEPA)
    gift.pass_days(7)
    return gift


def take_back(gift, reason=""):
    charge = next(each["id"] for each in gift.world.stored("charge") if each["status"] == "succeeded")
    gift.world.act("dispute", charge, reason=reason)
    gift.world.deliver()
    (dispute,) = every(gift.app, Dispute)
    return dispute


def details(minor, **more):
    return RefundDetails(amount=Money(minor, "EUR"), reason="A mistake", token=make_token(), **more)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("insufficient_funds", DisputeKind.BOUNCED),
        ("incorrect_account_details", DisputeKind.BOUNCED),
        ("customer_initiated", DisputeKind.TAKEN_BACK),
        ("general", DisputeKind.TAKEN_BACK),
        ("debit_not_authorized", DisputeKind.UNAUTHORISED),
    ],
)
def test_a_debit_that_goes_back_is_named_by_its_reason(app, start, reason, kind):
    dispute = take_back(debited(start), reason)
    assert (dispute.kind, dispute.status, dispute.needs_look) == (kind, DisputeStatus.LOST, True)
    (gift,) = every(app, Gift)
    assert gift.returned_minor == 5000
    with app.database.reading() as db:
        words = why_taken(db.get_one(Dispute, dispute.id), "Europe/Paris")
        assert waiting(db).count == 1
    assert dispute_reason(reason) in words
    assert "_" not in words


def test_without_a_reason_age_tells_what_a_debit_that_went_back_can_be():
    payment = Payment(method=Method.SEPA_DEBIT, amount_minor=100, currency="EUR")
    payment.settle(now() - timedelta(days=50))
    assert kind_of(payment, "general", now()) is DisputeKind.TAKEN_BACK
    assert may_be_taken_back(payment, now())
    assert kind_of(payment, "general", now() + timedelta(days=30)) is DisputeKind.UNAUTHORISED
    assert not may_be_taken_back(payment, now() + timedelta(days=30))
    card = Payment(method=Method.CARD, amount_minor=100, currency="EUR")
    assert kind_of(card, "insufficient_funds", now()) is DisputeKind.DISPUTE


def test_the_receipt_of_a_debit_that_went_back_is_void(app, start):
    gift = debited(start)
    assert [each.status for each in every(app, Receipt)] == [ReceiptStatus.ISSUED]
    take_back(gift, "customer_initiated")
    assert [each.status for each in every(app, Receipt)] == [ReceiptStatus.VOID]


def test_a_loss_waits_until_somebody_takes_note(app, start):
    dispute = take_back(debited(start))
    with by_hand(app) as db:
        take_note(db, db.get_one(Dispute, dispute.id), actor=ASHA)
        take_note(db, db.get_one(Dispute, dispute.id), actor=ASHA)
    (after,) = every(app, Dispute)
    assert after.seen_by == "Asha Gurung"
    with app.database.reading() as db:
        assert waiting(db).count == 0


def test_refunding_a_young_debit_needs_word_that_the_double_loss_is_known(app, start):
    debited(start)
    (gift,) = every(app, Gift)
    with pytest.raises(Refused, match="young"):
        refund_gift(app.work, gift.id, details(1000), actor=ASHA)
    assert every(app, Refund) == []
    refund_gift(app.work, gift.id, details(1000, accepts_loss=True), actor=ASHA)
    assert len(every(app, Refund)) == 1


def test_a_card_is_refunded_without_any_such_word(app, start):
    start(5000, card=CARD)
    (gift,) = every(app, Gift)
    refund_gift(app.work, gift.id, details(1000), actor=ASHA)
    assert len(every(app, Refund)) == 1


def test_nothing_is_refunded_while_a_reversal_is_on_its_way(app, start):
    recurring = debited(start)
    charge = next(each["id"] for each in recurring.world.stored("charge") if each["status"] == "succeeded")
    recurring.world.act("dispute", charge)  # and nobody has told us yet
    (gift,) = every(app, Gift)
    with pytest.raises(Refused, match="at this moment"):
        refund_gift(app.work, gift.id, details(1000, accepts_loss=True), actor=ASHA)
    assert every(app, Refund) == []


def test_a_debit_refunded_and_taken_back_is_shown_as_lost_twice(app, start):
    recurring = debited(start)
    (gift,) = every(app, Gift)
    refund_gift(app.work, gift.id, details(2000, accepts_loss=True), actor=ASHA)
    recurring.world.deliver()
    dispute = take_back(recurring, "customer_initiated")
    with app.database.reading() as db:
        found = db.get_one(Dispute, dispute.id)
        assert (found.amount, found.lost_twice) == (Money(5000, "EUR"), Money(2000, "EUR"))
    (after,) = every(app, Gift)
    assert after.returned_minor == 5000


def test_those_who_may_refund_are_told_of_a_dispute_and_again_before_its_time_is_over(app, start, sign_in):
    sign_in("gifts.read", "gifts.refund")
    start(5000, card=DISPUTED)
    (dispute,) = every(app, Dispute)
    assert dispute.answer_by is not None
    assert dispute.opened_at is not None
    opened = every(app, Message, Message.purpose == "dispute.opened")
    assert len(opened) == 1
    assert f"/disputes/{dispute.id}" in opened[0].text

    assert remind_of_disputes(app.work).facts["reminded"] == 0  # nine days are left
    with by_hand(app) as db:
        db.get_one(Dispute, dispute.id).answer_by = now() + timedelta(days=2)
    assert remind_of_disputes(app.work).facts["reminded"] == 1
    assert remind_of_disputes(app.work).facts["reminded"] == 0
    run_due(app.work)
    assert len(every(app, Message, Message.purpose == "dispute.reminder")) == 1


def test_a_note_that_it_was_answered_ends_the_duty_and_the_reminder(app, start, sign_in):
    sign_in("gifts.read", "gifts.refund")
    start(5000, card=DISPUTED)
    (dispute,) = every(app, Dispute)
    with by_hand(app) as db:
        found = db.get_one(Dispute, dispute.id)
        write_note(db, found, NoteDetails(text="The form of March is here.", says_answered=False), actor=ASHA)
        found.answer_by = now() + timedelta(days=2)
    with app.database.reading() as db:
        assert waiting(db).count == 1
    with by_hand(app) as db:
        write_note(db, db.get_one(Dispute, dispute.id), NoteDetails(text="Sent.", says_answered=True), actor=ASHA)
    with app.database.reading() as db:
        assert waiting(db).count == 0
    assert remind_of_disputes(app.work).facts["reminded"] == 0


def test_an_answer_given_at_the_gateway_is_known_here(app, start, world):
    start(5000, card=DISPUTED)
    (theirs,) = world.stored("dispute")
    world.gateway._stripe.v1.disputes.update(theirs["id"], {"evidence": {"customer_name": "Asha"}})
    world.deliver()
    (dispute,) = every(app, Dispute)
    assert dispute.is_answered
    assert not dispute.is_over


@pytest.mark.parametrize(("text", "answered"), [("", False), ("   ", False), ("x" * 4001, False), ("Sent.", True)])
def test_a_note_that_says_nothing_or_what_cannot_be_is_refused(app, start, text, answered):
    dispute = take_back(debited(start))
    with by_hand(app) as db, pytest.raises(Refused):
        write_note(db, db.get_one(Dispute, dispute.id), NoteDetails(text=text, says_answered=answered), actor=ASHA)


def test_the_pages_show_what_is_known_and_take_notes(app, start, sign_in):
    dispute = take_back(debited(start), "customer_initiated")
    client = sign_in("gifts.read", "gifts.refund")
    assert "taken back" in client.get("/disputes/?shown=waiting").text
    page = client.get(f"/disputes/{dispute.id}").text
    assert "without saying why" in page
    (gift,) = every(app, Gift)
    assert f"/disputes/{dispute.id}" in client.get(f"/gifts/{gift.id}").text
    assert client.post(f"/disputes/{dispute.id}/notes", data={"text": ""}).status_code == 422
    assert client.post(f"/disputes/{dispute.id}/notes", data={"text": "Called her."}).status_code == 303
    assert "Called her." in client.get(f"/disputes/{dispute.id}").text
    assert client.post(f"/disputes/{dispute.id}/seen").status_code == 303
    assert "taken back" not in client.get("/disputes/?shown=waiting").text
    assert client.get("/disputes/999999").status_code == 404


def test_a_note_sent_twice_from_one_page_is_one_note(app, start, sign_in):
    dispute = take_back(debited(start))
    client = sign_in("gifts.read", "gifts.refund")
    page = f"/disputes/{dispute.id}"
    for _ in range(2):
        (key,) = re.findall(r'name="key"[^>]* value="([^"]+)"', client.get(page).text)
        for _click in range(2):
            assert client.post(f"{page}/notes", data={"key": key, "text": "Called her."}).status_code == 303
    assert [note.text for note in every(app, DisputeNote)] == ["Called her."] * 2  # two pages, four clicks
    assert client.post(f"{page}/notes", data={"key": "junk", "text": "x"}).status_code == 422


def test_words_and_a_tick_added_before_a_second_click_are_kept_and_no_page_of_another_dispute_is_in_the_way(
    app, start, sign_in
):
    start(5000, card=DISPUTED)
    (dispute,) = every(app, Dispute)
    with by_hand(app) as db:
        other = make_dispute(db, db.get_one(Payment, dispute.payment_id))
    client, key = sign_in("gifts.read", "gifts.refund"), make_token()
    sent = {"key": key, "text": "Called her."}
    for more in ({}, {"text": "Called her. She had forgotten."}, {"text": "Called her. She had forgotten."}):
        assert client.post(f"/disputes/{dispute.id}/notes", data={**sent, **more}).status_code == 303
    assert [note.text for note in every(app, DisputeNote)] == ["Called her.", "Called her. She had forgotten."]

    for more in ({}, {"says_answered": "y"}, {"says_answered": "y"}):
        assert client.post(f"/disputes/{other.id}/notes", data={**sent, **more}).status_code == 303
    of_other = every(app, DisputeNote, DisputeNote.dispute_id == other.id)
    assert [note.says_answered for note in of_other] == [False, True]
    assert every(app, Dispute, Dispute.id == other.id)[0].is_answered


def test_two_clicks_at_the_same_moment_write_one_note(app, start):
    dispute, key, barrier = take_back(debited(start)), make_token(), threading.Barrier(2)

    def click(_number):
        barrier.wait()
        with by_hand(app) as db:
            mine = db.get_one(Dispute, dispute.id)
            return write_note(db, mine, NoteDetails(text="Called her.", says_answered=False, token=key), actor=ASHA).id

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(click, range(2)))) == 1
    assert len(every(app, DisputeNote)) == 1


def test_whoever_may_only_read_writes_nothing(app, start, sign_in):
    dispute = take_back(debited(start))
    client = sign_in("gifts.read")
    assert client.get(f"/disputes/{dispute.id}").status_code == 200
    assert client.post(f"/disputes/{dispute.id}/notes", data={"text": "x"}).status_code == 403
    assert client.post(f"/disputes/{dispute.id}/seen").status_code == 403


def test_each_reads_whether_it_is_they_whom_a_dispute_waits_for(app, start, sign_in):
    dispute = take_back(debited(start))

    reader = sign_in("gifts.read", "reports.read")
    assert "returned debit waits for somebody who may refund gifts" in reader.get("/dashboard").text
    page = reader.get(f"/disputes/{dispute.id}").text
    assert "Your role lets you read it, not answer it" in page
    assert ">Withdrawn<" in page
    asked = sign_in("gifts.read", "gifts.refund", "reports.read")
    assert "returned debit needs you" in asked.get("/dashboard").text
    assert "Your role lets you" not in asked.get(f"/disputes/{dispute.id}").text


def test_the_refund_page_warns_and_asks_for_the_tick(app, start, sign_in):
    debited(start)
    (gift,) = every(app, Gift)
    client = sign_in("gifts.read", "gifts.refund")
    page = client.get(f"/gifts/{gift.id}/refund").text
    assert "accepts_loss" in page
    assert "eight weeks" in page
    answer = client.post(f"/gifts/{gift.id}/refund", data={"amount": "10", "reason": "x", "key": make_token()})
    assert answer.status_code == 422
    assert every(app, Refund) == []
