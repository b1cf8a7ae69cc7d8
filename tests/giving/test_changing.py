"""Recurring gifts are changed at the gateway and here, once, whatever happens in the middle."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.giving import changing
from app.giving.changing_duties import keep_changes
from app.giving.charge_days import day_within
from app.giving.models import ChangeKind, ChangeStatus, EndReason, RecurringChange, RecurringGift, RecurringStatus
from app.giving.services.changes import Wanted, seen_of
from app.kernel.actors import Actor, ActorKind
from app.kernel.audit import AuditEntry
from app.kernel.clock import now, today
from app.kernel.errors import NotFound, Refused
from app.kernel.jobs import run_due
from app.kernel.money import Money
from app.payments.gateway import GatewayRefused, GatewayUnavailable
from app.payments.models import Interval
from app.payments.sweeps import sweep
from tests.sandbox_world import DECLINED_LATER, SEPA

pytestmark = pytest.mark.db
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 1, frozenset())


def euros(amount):
    return Money(amount * 100, "EUR")


def test_a_new_amount_is_what_the_next_gift_shows_and_is_written_down_with_what_it_is_worth(app, start):
    gift = start(1000)

    done = changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)
    gift.world.deliver()
    gift.pass_days(32)

    assert (done.status, done.kind, done.asked_by) == (ChangeStatus.DONE, ChangeKind.AMOUNT, "Asha Gurung")
    assert (done.old_amount, done.new_amount, done.gained) == (euros(10), euros(15), euros(60))
    assert gift.now.amount == euros(15)
    assert gift.gifts() == [1000, 1500]
    assert len(gift.changes()) == 1  # the gateway's own message of it is no second one


def test_a_change_keeps_the_product_and_charges_nothing_at_once(app, start):
    gift = start(1000)
    before = gift.theirs["items"]["data"][0]["price"]

    changing.change_amount(app.work, gift.id, euros(5), actor=ASHA)
    gift.world.deliver()

    after = gift.theirs["items"]["data"][0]["price"]
    assert (after["unit_amount"], after["product"], after["recurring"]) == (500, before["product"], before["recurring"])
    assert len(gift.world.stored("product")) == 1
    assert gift.gifts() == [1000]


def test_a_pause_skips_charges_for_good_and_ends_by_itself(app, start):
    gift = start(1000)
    until = today() + timedelta(days=50)

    changing.pause(app.work, gift.id, until, actor=ASHA)
    gift.world.deliver()
    assert (gift.now.status, gift.now.paused_until) == (RecurringStatus.PAUSED, until)
    assert gift.now.expected_on >= until
    gift.pass_days(40)
    assert gift.gifts() == [1000]
    gift.pass_days(25)

    assert gift.now.status is RecurringStatus.ACTIVE
    assert gift.now.paused_until is None
    assert gift.gifts() == [1000, 1000]
    assert [(each.kind, each.asked_as) for each in gift.changes()] == [
        (ChangeKind.PAUSE, ActorKind.STAFF), (ChangeKind.RESUME, ActorKind.GATEWAY),
    ]  # fmt: skip


def test_an_open_pause_lasts_until_somebody_resumes_it(app, start):
    gift = start(1000)
    changing.pause(app.work, gift.id, None, actor=ASHA)
    gift.pass_days(100)
    assert (gift.gifts(), gift.now.expected_on) == ([1000], None)

    changing.resume(app.work, gift.id, actor=ASHA)
    gift.pass_days(32)

    assert gift.gifts() == [1000, 1000]
    assert gift.now.status is RecurringStatus.ACTIVE


def test_a_direct_debit_that_comes_in_a_pause_does_not_end_the_pause(app, start):
    gift = start(1000, card=SEPA)
    changing.pause(app.work, gift.id, None, actor=ASHA)
    gift.pass_days(6)

    assert gift.gifts() == [1000]
    assert gift.now.status is RecurringStatus.PAUSED


def test_the_day_moves_and_short_months_are_charged_on_their_last(app, start):
    gift = start(1000)

    done = changing.move_day(app.work, gift.id, 31, actor=ASHA)
    gift.world.deliver()

    next_on = gift.now.next_on
    assert next_on == done.charged_on == day_within(next_on.year, next_on.month, 31)
    assert gift.now.charge_day == 31
    assert gift.gifts() == [1000]
    assert gift.now.status is RecurringStatus.ACTIVE


def test_a_day_that_a_short_month_pulled_forward_is_put_back_by_the_daily_round(app, start):
    gift = start(1000)
    changing.move_day(app.work, gift.id, 28, actor=ASHA)
    gift.world.deliver()
    with app.database.writing() as db:  # as it is after the 31st was agreed on and a February went by
        db.execute(update(RecurringGift).values(charge_day=31))
    mails = len(gift.mails())

    found = keep_changes(app.work)
    gift.world.deliver()

    next_on = gift.now.next_on
    assert (found.is_well, found.facts["moved"]) == (True, 1)
    assert next_on == day_within(next_on.year, next_on.month, 31)
    assert len(gift.mails()) == mails  # nobody is told of what was agreed on before
    assert keep_changes(app.work).facts == {"finished": 0, "moved": 0, "ends": 0, "failed": 0}


def test_an_end_is_an_end(app, start):
    gift = start(1000)

    done = changing.end(app.work, gift.id, EndReason.HARDSHIP, "Lost her work", actor=ASHA)
    gift.world.deliver()
    gift.pass_days(70)

    assert (done.reason, done.note, done.gained) == (EndReason.HARDSHIP, "Lost her work", euros(-120))
    assert (gift.now.status, gift.now.end_reason) == (RecurringStatus.ENDED, "financial_difficulty")
    assert (gift.theirs["status"], gift.gifts()) == ("canceled", [1000])
    assert len(gift.changes()) == 1
    for call in (
        lambda: changing.resume(app.work, gift.id, actor=ASHA),
        lambda: changing.change_amount(app.work, gift.id, euros(20), actor=ASHA),
        lambda: changing.end(app.work, gift.id, EndReason.UNKNOWN, "", actor=ASHA),
    ):
        with pytest.raises(Refused, match="has ended"):
            call()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda work, key: changing.change_amount(work, key, euros(10), actor=ASHA), "already"),
        (lambda work, key: changing.change_amount(work, key, euros(0), actor=ASHA), "above zero"),
        (lambda work, key: changing.change_amount(work, key, Money(500, "USD"), actor=ASHA), "above zero"),
        (lambda work, key: changing.change_amount(work, key, Money(99, "EUR"), actor=ASHA), "At least"),
        (lambda work, key: changing.change_amount(work, key, euros(10001), actor=ASHA), "At most"),
        (lambda work, key: changing.pause(work, key, today(), actor=ASHA), "after today"),
        (lambda work, key: changing.pause(work, key, date(2999, 1, 1), actor=ASHA), "two years"),
        (lambda work, key: changing.resume(work, key, actor=ASHA), "not paused"),
        (lambda work, key: changing.move_day(work, key, 32, actor=ASHA), "1 to 31"),
        (lambda work, key: changing.move_day(work, key, 0, actor=ASHA), "1 to 31"),
        (lambda work, key: changing.end(work, key, None, "", actor=ASHA), "why it ends"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(app, start, change, told):
    gift = start(1000)
    before = gift.theirs

    with pytest.raises(Refused, match=told):
        change(app.work, gift.id)

    assert (gift.changes(), gift.theirs, gift.now.amount) == ([], before, euros(10))


def test_a_recurring_gift_that_is_not_there_is_not_found(app, world):
    with pytest.raises(NotFound):
        changing.resume(app.work, 4711, actor=ASHA)


def test_an_overdue_one_is_neither_paused_nor_moved_but_may_be_lowered_and_ended(app, start):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    assert gift.now.status is RecurringStatus.PAST_DUE
    assert gift.now.retry_on is not None

    with pytest.raises(Refused, match="overdue"):
        changing.pause(app.work, gift.id, None, actor=ASHA)
    with pytest.raises(Refused, match="overdue"):
        changing.move_day(app.work, gift.id, 3, actor=ASHA)
    changing.change_amount(app.work, gift.id, euros(5), actor=ASHA)
    assert gift.now.status is RecurringStatus.PAST_DUE
    changing.end(app.work, gift.id, EndReason.CARD_EXPIRED, "", actor=ASHA)
    assert gift.now.status is RecurringStatus.ENDED


def test_an_end_after_charges_that_failed_says_so(app, start):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)
    gift.pass_days(40)
    assert gift.now.status is RecurringStatus.LAPSED

    changing.end(app.work, gift.id, EndReason.PAYMENT_FAILED, "", actor=ASHA)
    run_due(app.work)

    (change,) = gift.changes()
    assert (change.kind, change.reason, change.asked_as) == (
        ChangeKind.END, EndReason.PAYMENT_FAILED, ActorKind.STAFF,
    )  # fmt: skip
    (mail,) = gift.mails()
    assert "plusieurs fois" in mail.text


def test_what_somebody_changes_at_the_gateways_dashboard_is_kept_and_named_as_such(start):
    gift = start(1000)
    client = gift.world.gateway._stripe.v1.subscriptions
    item = gift.theirs["items"]["data"][0]
    price = {"currency": "eur", "unit_amount": 2500, "product": item["price"]["product"],
             "recurring": {"interval": "month", "interval_count": 1}}  # fmt: skip
    client.update(gift.now.subscription_reference, {
        "items": [{"id": item["id"], "price_data": price}], "proration_behavior": "none",
    })  # fmt: skip
    gift.world.deliver()
    client.update(gift.now.subscription_reference, {"pause_collection": {"behavior": "void"}})
    gift.world.deliver()
    client.cancel(gift.now.subscription_reference)
    gift.world.deliver()

    assert gift.now.amount == euros(25)
    assert [(each.kind, each.asked_as) for each in gift.changes()] == [
        (ChangeKind.AMOUNT, ActorKind.GATEWAY), (ChangeKind.PAUSE, ActorKind.GATEWAY),
        (ChangeKind.END, ActorKind.GATEWAY),
    ]  # fmt: skip
    assert gift.changes()[-1].reason is EndReason.AT_GATEWAY
    for event in gift.world.events("customer.subscription.updated", "customer.subscription.deleted"):
        gift.world.act("redeliver", event["id"])
    gift.world.deliver()
    assert len(gift.changes()) == 3


def test_the_gateways_message_may_be_quicker_than_its_answer(app, start, monkeypatch):
    gift = start(1000)
    ask = type(gift.world.gateway).change_subscription

    def slowly(gateway, order):
        state = ask(gateway, order)
        gift.world.deliver()
        return state

    monkeypatch.setattr(type(gift.world.gateway), "change_subscription", slowly)
    done = changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)

    assert done.status is ChangeStatus.DONE
    assert [each.asked_by for each in gift.changes()] == ["Asha Gurung"]
    assert len(gift.mails()) == 1


def test_what_was_read_before_the_last_change_is_no_news(app, start):
    gift = start(1000)
    old = gift.world.gateway.subscription(gift.now.subscription_reference)
    changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)
    gift.world.deliver()

    fresh = type(gift.world.gateway).subscription
    try:
        type(gift.world.gateway).subscription = lambda _gateway, _reference: old
        for event in gift.world.events("customer.subscription.updated"):
            gift.world.act("redeliver", event["id"])
        sweep(app.work)
    finally:
        type(gift.world.gateway).subscription = fresh

    assert gift.now.amount == euros(15)
    assert len(gift.changes()) == 1


def test_the_gateways_no_is_written_down_and_changes_nothing(app, start):
    gift = start(1000)

    with pytest.raises(GatewayRefused):
        _refused(app, gift)

    (change,) = gift.changes()
    assert (change.status, bool(change.refusal)) == (ChangeStatus.REFUSED, True)
    assert gift.now.amount == euros(10)
    assert gift.mails() == []
    gift.world.deliver()
    assert gift.now.status is RecurringStatus.ENDED


def _refused(app, gift):
    """Somebody ended it at the gateway, and we have not heard of it."""
    gift.world.gateway._stripe.v1.subscriptions.cancel(gift.now.subscription_reference)
    changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)


def test_a_gateway_that_does_not_answer_is_asked_again_and_changes_once(app, start):
    gift = start(1000)
    gift.world.knobs(error_rate_500=1.0)
    with pytest.raises(GatewayUnavailable):
        changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)
    assert [each.status for each in gift.changes()] == [ChangeStatus.BEGUN]
    with pytest.raises(Refused, match="is changing this at the moment"):
        changing.pause(app.work, gift.id, None, actor=ASHA)

    gift.world.knobs(error_rate_500=0.0)
    _long_ago(app)
    found = keep_changes(app.work)
    gift.world.deliver()

    assert (found.facts["finished"], gift.now.amount) == (1, euros(15))
    assert [each.status for each in gift.changes()] == [ChangeStatus.DONE]
    assert len(gift.mails()) == 1


def test_killed_after_the_gateway_did_it_the_same_change_is_finished_not_made_twice(app, start, monkeypatch):
    gift = start(1000)

    def die(*_given, **_named):
        raise SystemExit

    apply = changing._apply
    monkeypatch.setattr(changing, "_apply", die)
    with pytest.raises(SystemExit):
        changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)
    monkeypatch.setattr(changing, "_apply", apply)
    assert [each.status for each in gift.changes()] == [ChangeStatus.BEGUN]
    _long_ago(app)

    changing.change_amount(app.work, gift.id, euros(20), actor=ASHA)  # the next one finishes it first
    gift.world.deliver()
    run_due(app.work)

    assert [(each.status, each.new_amount_minor) for each in gift.changes()] == [
        (ChangeStatus.DONE, 1500), (ChangeStatus.DONE, 2000),
    ]  # fmt: skip
    assert (gift.now.amount, len(gift.mails())) == (euros(20), 2)


def test_an_answer_that_is_lost_is_followed_by_the_same_request_under_the_same_key(app, start):
    gift = start(1000)
    gift.world.knobs(lost_answer_rate=1.0)
    with pytest.raises(GatewayUnavailable):
        changing.pause(app.work, gift.id, None, actor=ASHA)
    assert gift.theirs["pause_collection"] is not None
    gift.world.knobs(lost_answer_rate=0.0)
    _long_ago(app)
    keep_changes(app.work)
    gift.world.deliver()

    (change,) = gift.changes()
    assert (change.status, gift.now.status) == (ChangeStatus.DONE, RecurringStatus.PAUSED)
    assert len(gift.mails()) == 1


def test_a_change_whose_day_has_gone_by_is_given_up(app, start):
    gift = start(1000)
    gift.world.knobs(error_rate_500=1.0)
    with pytest.raises(GatewayUnavailable):
        changing.pause(app.work, gift.id, today() + timedelta(days=1), actor=ASHA)
    gift.world.knobs(error_rate_500=0.0)
    with app.database.writing() as db:
        db.execute(update(RecurringChange).values(paused_until=today() - timedelta(days=1)))
    _long_ago(app)

    keep_changes(app.work)

    (change,) = gift.changes()
    assert (change.status, change.refusal) == (ChangeStatus.REFUSED, "too_late")
    assert gift.now.status is RecurringStatus.ACTIVE


def test_whoever_is_second_is_shown_what_was_changed(app, start):
    gift = start(1000)
    seen = seen_of(gift.now)
    changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)

    wanted = Wanted(kind=ChangeKind.AMOUNT, amount=euros(12))
    with pytest.raises(Refused, match=r"From €10\.00 to €15\.00"):
        changing.make_change(app.work, gift.id, wanted, actor=ASHA, seen=seen)
    assert (
        changing.make_change(app.work, gift.id, wanted, actor=ASHA, seen=seen_of(gift.now)).status is ChangeStatus.DONE
    )


def test_each_change_is_mailed_once_in_the_donors_language(app, start):
    gift = start(1000)
    changing.change_amount(app.work, gift.id, euros(15), actor=ASHA)
    changing.pause(app.work, gift.id, today() + timedelta(days=50), actor=ASHA)
    changing.resume(app.work, gift.id, actor=ASHA)
    changing.move_day(app.work, gift.id, 15, actor=ASHA)
    changing.end(app.work, gift.id, EndReason.NO_INTEREST, "", actor=ASHA)
    gift.world.deliver()
    run_due(app.work)
    run_due(app.work)

    assert [mail.subject for mail in gift.mails()] == [
        "Votre don mensuel est maintenant de 15,00 €",
        "Votre don mensuel est suspendu",
        "Votre don mensuel reprend",
        "Votre don mensuel est prélevé un autre jour",
        "Votre don mensuel a pris fin",
    ]
    assert {mail.to_address for mail in gift.mails()} == {"jeanne.moreau@example.org"}


def test_nobody_writes_to_a_donor_whose_gift_ended_because_they_died(app, start):
    gift = start(1000)
    changing.end(app.work, gift.id, EndReason.DECEASED, "", actor=ASHA)
    gift.world.deliver()

    assert gift.mails() == []


def test_a_quarterly_one_is_worth_four_charges_and_keeps_its_rhythm(app, start):
    gift = start(3000, Interval.QUARTER)
    done = changing.change_amount(app.work, gift.id, euros(40), actor=ASHA)
    gift.pass_days(95)
    assert (done.old_yearly_minor, done.new_yearly_minor) == (12000, 16000)
    assert gift.gifts() == [3000, 4000]


def test_changes_are_in_the_audit_trail(app, start, db):
    gift = start(1000)
    changing.pause(app.work, gift.id, None, actor=ASHA)

    of_changes = select(AuditEntry.action).where(AuditEntry.action.like("recurring_gift.chang%"))
    deeds = list(db.scalars(of_changes.order_by(AuditEntry.id)))
    assert deeds == ["recurring_gift.change_begun", "recurring_gift.changed"]


def _long_ago(app):
    with app.database.writing() as db:
        db.execute(update(RecurringChange).values(created_at=now() - timedelta(hours=1)))
