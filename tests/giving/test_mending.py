"""Charges that fail: noted once for each bill, told to the donor once, mended by a link without a password."""

import re
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select, update

from app.contacts.models import ContactEmail
from app.giving import changing, lapsing, mending_jobs
from app.giving.letters import mailbox_of
from app.giving.links import MendLinks
from app.giving.models import (
    ChangeKind,
    ChargeTry,
    EndReason,
    FailedCharge,
    FailedChargeStatus,
    RecurringGift,
    RecurringStatus,
)
from app.giving.queries.failed_charges import to_close
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now, today
from app.kernel.jobs import run_due
from app.kernel.mail import Message
from app.kernel.organisation import Organisation
from app.payments.models import Method
from tests.giving.recurring_world import by_hand, every
from tests.sandbox_world import ASKS_3DS, CARD, DECLINED_LATER, SEPA, SEPA_FAILS

pytestmark = pytest.mark.db
NEW = "jeanne.new@example.org"


def failed(gift):
    with gift.app.database.reading() as db:
        rows = db.scalars(select(FailedCharge).order_by(FailedCharge.id)).all()
        for each in rows:
            _ = [(one.number, one.failure_code) for one in each.attempts]
        return rows


def mails(gift, *purposes):
    with gift.app.database.reading() as db:
        return list(db.scalars(select(Message).where(Message.purpose.in_(purposes)).order_by(Message.id)))


def link_of(gift):
    return link_made(gift, today())


def link_made(gift, on):
    with gift.app.database.reading() as db:
        recurring = db.get_one(RecurringGift, gift.id)
        mailbox = mailbox_of(db, recurring.contact, recurring.submission_id)
        return gift.app.ports.get(MendLinks).mend(recurring, on, mailbox).partition("/my/")[2]


def press(client, path, way="method"):
    page = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return client.post(path, data={"csrf_token": token[1] if token else "", "way": way})


def give_card(gift, number):
    """The donor gives another card in the gateway's portal, to which a session of ours led."""
    answer = press(gift.app.test_client(), f"/my/{link_of(gift)}")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    path = answer.location.partition(gift.world.settings.public_url)[2]
    gift.world.donor.send(path, act="method", method="card", number=number, expiry="12 / 34", cvc="123", name="A")
    gift.world.deliver()


def test_a_bill_that_is_refused_is_one_row_with_its_tries_and_one_mail(start):
    gift = start(1000, card=DECLINED_LATER)

    gift.pass_days(32)
    gift.pass_days(4)

    (charge,) = failed(gift)
    assert (gift.now.status, charge.status, charge.tries) == (RecurringStatus.PAST_DUE, FailedChargeStatus.OPEN, 2)
    assert [each.number for each in charge.attempts] == [1, 2]
    assert charge.next_try_on == gift.now.retry_on is not None
    (mail,) = mails(gift, "charge.failed")
    assert "[mend-link]" in mail.text
    assert "/my/mend" not in mail.text + mail.html


def test_a_second_gentler_mail_comes_before_the_last_try(start):
    gift = start(1000, card=DECLINED_LATER)

    gift.pass_days(32)
    gift.pass_days(4)
    assert mails(gift, "charge.last_try") == []
    gift.pass_days(6)

    assert len(mails(gift, "charge.failed")) == len(mails(gift, "charge.last_try")) == 1


def test_events_twice_and_shuffled_come_to_the_same(start):
    gift = start(1000, card=DECLINED_LATER)
    gift.world.knobs(duplicate=1.0, shuffle=True)

    gift.pass_days(32)
    gift.pass_days(9)
    gift.pass_days(20)

    (charge,) = failed(gift)
    assert (gift.now.status, charge.status) == (RecurringStatus.LAPSED, FailedChargeStatus.GIVEN_UP)
    assert gift.now.lapsed_on is not None
    assert len(mails(gift, "charge.failed")) == 1


def test_another_card_by_the_link_pays_what_is_overdue_and_is_noted_with_four_digits(start):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    old = link_of(gift)

    give_card(gift, CARD)

    (charge,) = failed(gift)
    assert (gift.now.status, charge.status) == (RecurringStatus.ACTIVE, FailedChargeStatus.RECOVERED)
    assert charge.closed_at >= charge.failed_at
    assert gift.gifts() == [1000, 1000]
    (change,) = gift.changes()
    assert (change.kind, change.method_kind, change.method_brand, change.method_last_four) == (
        ChangeKind.METHOD, Method.CARD, "visa", "4242",
    )  # fmt: skip
    (told,) = gift.mails()
    assert "4242" in told.text
    assert gift.app.test_client().get(f"/my/{old}").status_code == 410  # it has done what it was for


def test_a_gateway_that_only_keeps_the_new_card_is_told_to_use_it_and_the_bill_is_tried_again(start, world):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    world.knobs(portal_only_keeps=True)

    give_card(gift, CARD)

    assert gift.theirs["default_payment_method"] != ""
    assert gift.now.method_last_four == "4242"
    assert gift.now.status is RecurringStatus.ACTIVE
    assert gift.gifts() == [1000, 1000]


def test_trying_a_bill_again_twice_or_after_it_was_paid_does_nothing(app, start):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    (charge,) = failed(gift)
    give_card(gift, CARD)

    mending_jobs.mend_bill(app.work, charge_id=charge.id)
    mending_jobs.mend_bill(app.work, charge_id=charge.id)

    assert gift.gifts() == [1000, 1000]


def test_a_bank_that_asks_the_donor_is_told_so_and_leads_to_the_bill(start):
    gift = start(1000, card=ASKS_3DS)
    gift.pass_days(32)

    (charge,) = failed(gift)
    assert charge.needs_donor
    (mail,) = mails(gift, "charge.failed")
    assert "confirmer" in mail.text
    answer = press(gift.app.test_client(), f"/my/{link_of(gift)}", "confirm")
    assert answer.status_code == 303
    path = answer.location.partition(gift.world.settings.public_url)[2]
    assert path.startswith("/i/")
    gift.world.donor.send(path, result="complete")
    gift.world.deliver()
    assert gift.now.status is RecurringStatus.ACTIVE
    assert failed(gift)[0].status is FailedChargeStatus.RECOVERED


def test_a_debit_that_fails_is_told_of_once_however_often_it_is_tried(start):
    gift = start(1000, card=SEPA_FAILS)
    gift.pass_days(8)

    assert len(failed(gift)) == 1
    assert mails(gift, "gift.failed") == []
    assert len(mails(gift, "charge.failed")) == 1


def test_a_lapsed_gift_is_closed_by_the_rule_and_the_donor_is_told_once(app, start):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    gift.pass_days(30)
    assert gift.now.status is RecurringStatus.LAPSED
    assert lapsing.see_to_lapsed_and_cards(app.work).facts["closed"] == 0
    with app.database.writing() as db:
        db.execute(update(RecurringGift).values(lapsed_on=today() - timedelta(days=31)))

    assert lapsing.see_to_lapsed_and_cards(app.work).facts["closed"] == 1
    assert lapsing.see_to_lapsed_and_cards(app.work).facts["closed"] == 0
    run_due(app.work)

    assert (gift.now.status, gift.now.end_reason) == (RecurringStatus.ENDED, EndReason.PAYMENT_FAILED)
    assert gift.now.lapsed_on is None
    assert len(gift.mails()) == 1


def test_nothing_is_closed_by_itself_where_the_rule_is_off(app, start):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    gift.pass_days(30)
    with app.database.writing() as db:
        db.execute(update(Organisation).values(lapse_days=0))
        db.execute(update(RecurringGift).values(lapsed_on=today() - timedelta(days=900)))

    assert lapsing.see_to_lapsed_and_cards(app.work).facts["closed"] == 0
    assert gift.now.status is RecurringStatus.LAPSED


def test_a_card_that_runs_out_is_told_of_once(app, start):
    gift = start(1000)
    assert gift.now.card_expires_on.isoformat() == "2034-12-31"
    soon = today() + timedelta(days=20)
    with app.database.writing() as db:
        db.execute(update(RecurringGift).values(card_expires_on=soon))

    first, again = (lapsing.see_to_lapsed_and_cards(app.work).facts["warned"] for _ in range(2))

    assert (first, again) == (1, 0)
    assert gift.now.expiry_told_for == soon
    assert len(mails(gift, "recurring.card_expires")) == 1


@pytest.mark.parametrize(("last_charge", "warned"), [(-1, 0), (0, 0), (1, 1)])
def test_who_gives_for_the_last_time_before_a_card_runs_out_is_not_troubled(app, start, sign_in, last_charge, warned):
    start(1000)
    soon = today() + timedelta(days=20)
    last_on = soon + timedelta(days=last_charge)
    with app.database.writing() as db:
        db.execute(update(RecurringGift).values(card_expires_on=soon, last_on=last_on))

    assert lapsing.see_to_lapsed_and_cards(app.work).facts["warned"] == warned
    assert ("Jeanne" in sign_in("gifts.read").get("/cards").text) == bool(warned)


def test_staff_who_press_the_button_twice_or_both_at_once_send_the_link_once(start, sign_in):
    gift, clients, answers = start(1000), [sign_in("gifts.read", "recurring.change") for _ in range(2)], []
    path = f"/recurring-gifts/{gift.id}/send-link"
    clicks = [Thread(target=lambda each=each: answers.append(each.post(path).status_code)) for each in clients]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    answers.append(clients[0].post(path).status_code)

    assert answers == [303] * 3
    assert len(mails(gift, "recurring.link")) == 1


@pytest.mark.parametrize("token", ["1-739999-" + "a" * 52, "x", "1", "9" * 30, "1-000001-" + "b" * 52, "0-739999-é"])
def test_a_link_that_is_guessed_cut_off_or_run_out_opens_nothing(start, token):
    gift = start(1000)

    answer = gift.app.test_client().get(f"/my/mend/{token}")

    assert answer.status_code == 410


def test_a_link_that_ran_out_opens_nothing_and_holds_no_name(start):
    gift = start(1000)
    then = link_made(gift, today() - timedelta(days=31))

    assert gift.app.test_client().get(f"/my/{then}").status_code == 410
    assert gift.app.test_client().get(f"/my/{link_of(gift)}").status_code == 200
    assert "@" not in then


def opens(gift, link):
    return gift.app.test_client().get(f"/my/{link}").status_code == 200


def test_a_link_opens_nothing_once_its_donor_has_moved_to_another_address(start):
    gift = start(1000)
    link = link_of(gift)
    with by_hand(gift.app) as db:
        contact = db.get_one(RecurringGift, gift.id).contact
        contact.emails.append(ContactEmail(address=NEW, folded=NEW, original=NEW))
    assert opens(gift, link)  # one more address takes nothing from the one it was sent to

    with by_hand(gift.app) as db:
        first, second = sorted(db.get_one(RecurringGift, gift.id).contact.emails, key=lambda each: each.id)
        first.is_primary = False
        db.flush()
        second.is_primary, second.valid_from = True, today()
    assert not opens(gift, link)
    assert opens(gift, link_of(gift))


def test_a_link_opens_nothing_once_staff_took_its_address_away(start):
    gift = start(1000)
    link = link_of(gift)
    with by_hand(gift.app) as db:
        contact = db.get_one(RecurringGift, gift.id).contact
        contact.emails.clear()
    assert not opens(gift, link)


def test_a_letter_with_a_link_does_not_leave_for_an_address_that_was_left(start, sign_in):
    gift = start(1000)
    sign_in("gifts.read", "recurring.change").post(f"/recurring-gifts/{gift.id}/send-link")
    (letter,) = mails(gift, "recurring.link")
    with gift.app.database.reading() as db:
        assert mending_jobs.link_may_leave(db, letter)
    with by_hand(gift.app) as db:
        contact = db.get_one(RecurringGift, gift.id).contact
        contact.emails[0].is_primary = False
        db.flush()
        contact.emails.append(ContactEmail(address=NEW, folded=NEW, original=NEW, is_primary=True, valid_from=today()))
    with gift.app.database.reading() as db:
        assert not mending_jobs.link_may_leave(db, letter)


left_behind = pytest.mark.parametrize("world", [{"after_retries": "past_due"}], indirect=True)
"""A setting of the gateway that leaves a subscription past due after its last try."""


@left_behind
def test_a_gift_left_behind_with_its_charge_for_ever_is_closed_by_the_rule(app, start):
    gift = start(1000, card=DECLINED_LATER)
    for _ in range(2):
        gift.pass_days(25)
    assert (gift.now.status, gift.now.retry_on) == (RecurringStatus.PAST_DUE, None)
    last_try = max(each.tried_at for each in every(app, ChargeTry)).date()
    with app.database.reading() as db:
        assert to_close(db, last_try - timedelta(days=2), "UTC") == []
        assert to_close(db, last_try, "UTC") == [gift.id]

    changing.end(app.work, gift.id, EndReason.PAYMENT_FAILED, "", actor=SYSTEM)
    run_due(app.work)
    assert (gift.now.status, gift.now.end_reason) == (RecurringStatus.ENDED, EndReason.PAYMENT_FAILED)
    assert gift.theirs["status"] == "canceled"
    assert [each.status for each in failed(gift)] == [FailedChargeStatus.GIVEN_UP]
    with app.database.reading() as db:
        assert to_close(db, last_try, "UTC") == []


@left_behind
def test_a_newer_bill_that_is_still_tried_keeps_a_gift_open(app, start):
    gift = start(1000, card=DECLINED_LATER)
    for _ in range(2):
        gift.pass_days(25)
    with app.database.writing() as db:  # the next bill was refused yesterday, and is tried again
        newer = FailedCharge(
            recurring_gift_id=gift.id, invoice_reference="in_newer", amount_minor=1000, currency="EUR",
            failed_at=now(), read_at=now(), tries=1, next_try_on=now().date() + timedelta(days=3),
        )  # fmt: skip
        act_as(db, SYSTEM)
        db.add(newer)
    last_try = max(each.tried_at for each in every(app, ChargeTry)).date()
    with app.database.reading() as db:
        assert to_close(db, last_try, "UTC") == []
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        found = db.scalars(select(FailedCharge).where(FailedCharge.invoice_reference == "in_newer")).one()
        found.failed_at, found.next_try_on = now() - timedelta(days=40), None
    with app.database.reading() as db:
        assert to_close(db, last_try, "UTC") == [gift.id]


@left_behind
def test_an_old_bill_does_not_close_a_gift_that_brought_something_since(app, start):
    gift = start(1000, card=DECLINED_LATER)
    for _ in range(2):
        gift.pass_days(25)
    with app.database.writing() as db:  # the bill is older than the gift that came
        db.execute(update(ChargeTry).values(tried_at=now() - timedelta(days=40)))
        db.execute(update(FailedCharge).values(failed_at=now() - timedelta(days=40)))

    assert lapsing.see_to_lapsed_and_cards(app.work).facts["closed"] == 0
    assert gift.now.status is RecurringStatus.PAST_DUE


def test_a_first_debit_that_came_is_charged_to_an_account_that_never_runs_out(start):
    gift = start(1000, card=SEPA)
    gift.pass_days(6)

    assert (gift.now.method_kind, gift.now.card_expires_on) == (Method.SEPA_DEBIT, None)
