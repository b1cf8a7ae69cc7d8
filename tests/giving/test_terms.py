"""Recurring gifts that end by themselves: exactly as many charges as agreed on, whatever happens to them meanwhile."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.giving import changing
from app.giving.changing_duties import keep_changes
from app.giving.charge_days import day_within, is_same_charge, nth_charge
from app.giving.models import (
    ChangeKind,
    ChangeStatus,
    EndReason,
    Gift,
    RecurringChange,
    RecurringGift,
    RecurringStatus,
)
from app.giving.services.terms import Agreed, charges_made
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from app.kernel.jobs import run_due
from app.kernel.mail import Message
from app.kernel.money import Money
from app.payments.gateway import GatewayUnavailable
from app.payments.models import Interval
from app.payments.sweeps import sweep
from tests.sandbox_world import DECLINED_LATER, SEPA

pytestmark = pytest.mark.db
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 1, frozenset())


def agree(gift, charges=None, ends_on=None):
    """Agree on an end, and hear what the gateway says of it."""
    done = changing.set_term(gift.app.work, gift.id, Agreed(charges, ends_on), actor=ASHA)
    gift.world.deliver()
    return done


def live(gift, months):
    """Let so many months pass at the gateway, each followed by its messages."""
    for _month in range(months):
        gift.pass_days(31)


def kinds(gift):
    return [(each.kind, each.asked_as) for each in gift.changes()]


def test_exactly_the_agreed_number_of_charges_is_made_and_then_it_ends_as_agreed(start):
    gift = start(1000)

    done = agree(gift, charges=4)
    assert (done.status, gift.now.charges_agreed) == (ChangeStatus.DONE, 4)
    assert gift.now.last_on == nth_charge(3, gift.now.next_on, Interval.MONTH, gift.now.next_on.day)
    live(gift, 3)
    assert (gift.gifts(), gift.now.status, gift.now.next_on) == ([1000] * 4, RecurringStatus.ACTIVE, None)
    live(gift, 4)

    assert gift.gifts() == [1000] * 4  # whole ones: nothing was charged in part
    assert (gift.now.status, gift.now.end_reason) == (RecurringStatus.ENDED, EndReason.AS_AGREED)
    assert kinds(gift) == [(ChangeKind.TERM, ActorKind.STAFF), (ChangeKind.END, ActorKind.GATEWAY)]
    assert gift.changes()[-1].reason is EndReason.AS_AGREED
    assert [mail.subject for mail in gift.mails()] == [
        "Votre don mensuel prendra fin de lui-même",
        "Merci : votre don mensuel est arrivé à son terme",
    ]
    thanks = gift.mails()[-1].text
    assert "comme convenu" in thanks
    assert "4 fois, 40,00 €" in thanks.replace("\u202f", " ").replace("\xa0", " ")
    assert "/give/" in thanks
    run_due(gift.app.work)
    for event in gift.world.events("customer.subscription.deleted"):
        gift.world.act("redeliver", event["id"])
    gift.world.deliver()
    assert len(gift.mails()) == 2


@pytest.mark.parametrize("first", [datetime(2027, 1, day, 10, tzinfo=UTC) for day in (28, 29, 30, 31)])
def test_days_that_short_months_do_not_have_neither_add_nor_lose_a_charge(start, world, first):
    world.advance(until=first)
    gift = start(1000)

    agree(gift, charges=5)
    assert is_same_charge(gift.now.last_on, date(2027, 5, 31))
    live(gift, 8)

    assert gift.gifts() == [1000] * 5
    charged = [datetime.fromtimestamp(each["created"], UTC).date() for each in world.stored("charge")]
    assert sorted(charged) == [day_within(2027, month, first.day) for month in range(1, 6)]
    assert gift.now.end_reason == EndReason.AS_AGREED


@pytest.mark.parametrize(("interval", "step"), [(Interval.QUARTER, 92), (Interval.YEAR, 366)])
def test_quarters_and_years_end_as_well(start, interval, step):
    gift = start(1000, interval)
    agree(gift, charges=3)
    for _period in range(4):
        gift.pass_days(step)

    assert gift.gifts() == [1000] * 3
    assert gift.now.end_reason == EndReason.AS_AGREED


def test_up_to_a_day_means_the_charge_of_that_day_and_none_after_it(start):
    gift = start(1000)
    third = nth_charge(2, gift.now.next_on, Interval.MONTH, gift.now.next_on.day)

    agree(gift, ends_on=third)
    assert (gift.now.ends_on, gift.now.last_on) == (third, third)
    live(gift, 5)
    assert gift.gifts() == [1000] * 3
    assert gift.now.end_reason == EndReason.AS_AGREED


def test_up_to_the_day_before_a_charge_leaves_that_one_out(start):
    gift = start(1000)
    third = nth_charge(2, gift.now.next_on, Interval.MONTH, gift.now.next_on.day)

    agree(gift, ends_on=third - timedelta(days=1))
    live(gift, 5)

    assert gift.gifts() == [1000] * 2


def test_an_end_can_be_moved_and_taken_away(start):
    gift = start(1000)
    agree(gift, charges=2)
    agree(gift, charges=4)
    live(gift, 2)
    agree(gift)
    live(gift, 3)

    assert (gift.now.charges_agreed, gift.now.last_on, gift.theirs["cancel_at"]) == (None, None, None)
    assert gift.gifts() == [1000] * 6
    assert gift.now.status is RecurringStatus.ACTIVE


def test_after_the_last_charge_it_can_still_be_made_longer(start):
    gift = start(1000)
    agree(gift, charges=2)
    gift.pass_days(31)
    assert (gift.gifts(), gift.now.next_on) == ([1000] * 2, None)

    agree(gift, charges=3)
    assert gift.now.next_on == gift.now.last_on
    live(gift, 3)

    assert gift.gifts() == [1000] * 3


def test_charges_left_out_by_a_pause_are_not_counted_so_a_number_ends_later(start):
    gift = start(1000)
    agree(gift, charges=4)
    before = gift.now.last_on

    changing.pause(gift.app.work, gift.id, today() + timedelta(days=70), actor=ASHA)
    gift.world.deliver()
    assert is_same_charge(gift.now.last_on, nth_charge(3, before, Interval.MONTH, before.day))
    live(gift, 9)

    assert gift.gifts() == [1000] * 4
    assert gift.now.end_reason == EndReason.AS_AGREED
    assert [kind for kind, _by in kinds(gift)] == [
        ChangeKind.TERM, ChangeKind.PAUSE, ChangeKind.RESUME, ChangeKind.END,
    ]  # fmt: skip


def test_a_pause_without_an_end_holds_the_number_until_it_goes_on(start):
    gift = start(1000)
    agree(gift, charges=3)
    changing.pause(gift.app.work, gift.id, None, actor=ASHA)
    live(gift, 6)
    assert (gift.gifts(), gift.now.status, gift.now.last_on) == ([1000], RecurringStatus.PAUSED, None)

    changing.resume(gift.app.work, gift.id, actor=ASHA)
    live(gift, 5)

    assert gift.gifts() == [1000] * 3
    assert gift.now.end_reason == EndReason.AS_AGREED


def test_a_last_day_stays_where_it_is_through_a_pause(start):
    gift = start(1000)
    third = nth_charge(2, gift.now.next_on, Interval.MONTH, gift.now.next_on.day)
    agree(gift, ends_on=third)
    changing.pause(gift.app.work, gift.id, gift.now.next_on + timedelta(days=1), actor=ASHA)
    live(gift, 6)

    assert gift.gifts() == [1000] * 2
    assert gift.now.last_on == third
    assert gift.now.end_reason == EndReason.AS_AGREED


@pytest.mark.parametrize("day", [1, 28, 31])
def test_another_day_of_the_month_keeps_the_number(start, day):
    gift = start(1000)
    agree(gift, charges=4)

    changing.move_day(gift.app.work, gift.id, day, actor=ASHA)
    gift.world.deliver()
    live(gift, 7)

    assert gift.gifts() == [1000] * 4
    assert gift.now.end_reason == EndReason.AS_AGREED
    assert [kind for kind, _by in kinds(gift)] == [ChangeKind.TERM, ChangeKind.DAY, ChangeKind.END]


def test_a_direct_debit_on_its_way_is_a_charge_that_counts(start):
    gift = start(1000, card=SEPA)
    agree(gift, charges=2)
    live(gift, 4)

    assert gift.gifts() == [1000] * 2


def test_a_last_charge_that_is_refused_for_good_is_no_end_as_agreed(start):
    gift = start(1000, card=DECLINED_LATER)
    agree(gift, charges=2)
    live(gift, 3)

    assert gift.gifts() == [1000]
    assert gift.now.end_reason != EndReason.AS_AGREED


def test_an_end_that_somebody_sets_at_the_gateway_is_followed_and_not_called_agreed(start):
    gift = start(1000)
    agree(gift, charges=5)
    client = gift.world.gateway._stripe.v1.subscriptions
    client.update(gift.now.subscription_reference, {"cancel_at_period_end": True})
    gift.world.deliver()

    assert (gift.now.charges_agreed, gift.now.next_on) == (None, None)
    assert is_same_charge(gift.now.ends_on, today())
    assert keep_changes(gift.app.work).facts["ends"] == 0  # it was their wish
    live(gift, 2)
    assert gift.gifts() == [1000]
    assert gift.now.end_reason == EndReason.AT_GATEWAY
    assert kinds(gift)[1:] == [(ChangeKind.TERM, ActorKind.GATEWAY), (ChangeKind.END, ActorKind.GATEWAY)]


def test_the_sweep_sees_an_end_at_the_gateway_that_nobody_told_us_of(app, start):
    gift = start(1000)
    agree(gift, charges=5)
    last = gift.now.last_on
    client = gift.world.gateway._stripe.v1.subscriptions
    client.update(gift.now.subscription_reference, {"cancel_at": ""})
    with app.database.writing() as db:
        db.execute(update(RecurringGift).values(next_on=gift.now.next_on))
    for _day in range(1):
        sweep(app.work)

    assert (gift.now.last_on, last is not None) == (None, True)
    assert kinds(gift)[-1] == (ChangeKind.TERM, ActorKind.GATEWAY)


def test_a_charge_that_never_came_through_is_made_up_for_by_the_daily_round(app, start):
    gift = start(1000)
    agree(gift, charges=4)
    gift.pass_days(31)
    with app.database.writing() as db:  # as if the gateway had closed a bill unpaid
        db.execute(update(RecurringGift).values(charges_agreed=5))
    mails = len(gift.mails())

    found = keep_changes(app.work)
    gift.world.deliver()

    assert (found.is_well, found.facts["ends"]) == (True, 1)
    assert is_same_charge(gift.now.last_on, nth_charge(3, gift.now.next_on, Interval.MONTH, gift.now.next_on.day))
    assert len(gift.mails()) == mails
    assert keep_changes(app.work).facts["ends"] == 0


def test_what_makes_no_sense_is_refused_and_changes_nothing(start):
    gift = start(1000)
    gift.pass_days(31)
    before = gift.theirs

    for agreed, told in (
        (Agreed(), "already"),
        (Agreed(charges=2), "2 charges have been made"),
        (Agreed(charges=1), "2 charges have been made"),
        (Agreed(charges=601), "At most 600"),
        (Agreed(ends_on=gift.now.next_on - timedelta(days=1)), "next charge is due"),
        (Agreed(ends_on=date(2999, 1, 1)), "fifty years"),
    ):
        with pytest.raises(Refused, match=told):
            changing.set_term(gift.app.work, gift.id, agreed, actor=ASHA)
    assert (gift.changes(), gift.theirs) == ([], before)


def test_a_day_after_the_end_is_refused(start, world):
    world.advance(until=datetime(2027, 1, 10, 10, tzinfo=UTC))
    gift = start(1000)
    next_on = gift.now.next_on
    agree(gift, ends_on=next_on)
    later = next_on + timedelta(days=1)
    with pytest.raises(Refused, match="ends before"):
        changing.move_day(gift.app.work, gift.id, later.day, actor=ASHA)


def test_an_answer_that_is_lost_is_followed_by_the_same_request(app, start):
    gift = start(1000)
    gift.world.knobs(lost_answer_rate=1.0)
    with pytest.raises(GatewayUnavailable):
        changing.set_term(app.work, gift.id, Agreed(charges=3), actor=ASHA)
    gift.world.knobs(lost_answer_rate=0.0)
    with app.database.writing() as db:
        db.execute(update(RecurringChange).values(created_at=now() - timedelta(hours=1)))
    keep_changes(app.work)
    gift.world.deliver()

    (change,) = gift.changes()
    assert (change.status, gift.now.charges_agreed) == (ChangeStatus.DONE, 3)
    assert len(gift.mails()) == 1


def test_what_the_donor_chose_on_the_form_is_fixed_at_the_gateway_as_soon_as_there_is_something_to_end(start):
    gift = start(1000, term={"charges": 3})

    assert gift.now.charges_agreed == 3
    assert is_same_charge(gift.now.last_on, nth_charge(2, gift.now.next_on, Interval.MONTH, gift.now.next_on.day))
    assert gift.mails() == []  # they know what they chose
    live(gift, 5)
    assert gift.gifts() == [1000] * 3
    assert gift.now.end_reason == EndReason.AS_AGREED


def test_a_last_day_chosen_on_the_form_holds_for_a_direct_debit_too(start):
    until = today() + timedelta(days=70)
    gift = start(1000, card=SEPA, term={"ends_on": until.isoformat()})

    live(gift, 5)

    assert gift.gifts() == [1000] * 3
    assert (gift.now.ends_on, gift.now.end_reason) == (until, EndReason.AS_AGREED)


def test_charges_that_failed_are_not_counted(app, start, db):
    gift = start(1000, card=SEPA)
    assert charges_made(db, gift.now) == 1
    assert db.scalar(select(func.count()).select_from(Gift)) == 1
    assert db.scalar(select(func.count()).select_from(Message).where(Message.purpose == "recurring.changed")) == 0
    assert gift.now.amount == Money(1000, "EUR")
