"""Messages come twice, late, in any order and at the same instant: the end is always the same."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from stripe import StripeClient, WebhookSignature

from app.kernel import jobs
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.kernel.errors import Outside, Refused
from app.kernel.money import Money
from app.payments import flows
from app.payments.following import TooEarly
from app.payments.gateway import EventEnvelope
from app.payments.jobs import receive_events
from app.payments.models import (
    Checkout,
    Dispute,
    EventStatus,
    GatewayEvent,
    Interval,
    Payment,
    Payout,
    Refund,
    SubscriptionStatus,
)
from app.payments.services import gateway_events, request_refund
from app.web.application import Application
from tests.payments.conftest import WORDS, Begin, Look
from tests.sandbox_world import CARD, DECLINED, DECLINED_LATER, DISPUTED, SEPA, SEPA_FAILS, SandboxWorld

pytestmark = pytest.mark.db
Came = TypeVar("Came")
Journey = Callable[[SandboxWorld, Begin], None]
UNTOLD = {
    "id", "created_at", "token", "completed_at", "closed_at", "reconciled_at", "payment_id", "checkout_id",
    "subscription_read_at",
}  # fmt: skip


def card(world: SandboxWorld, begin: Begin) -> None:
    checkout = begin()
    world.pay(checkout, DECLINED)
    world.pay(checkout, CARD)


def debit(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin(), SEPA)
    world.advance(days=6)


def failed_debit(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin(), SEPA_FAILS)
    world.advance(days=6)


def refunds(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin())
    charge = world.stored("charge")[0]["id"]
    world.act("refund", charge, amount="1000")
    world.act("refund", charge, amount="500")
    world.act("fail_refund", world.stored("refund")[0]["id"])


def lost_dispute(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin(), DISPUTED)
    world.act("lose", world.stored("dispute")[0]["id"])


def regular(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin(1000, interval=Interval.MONTH))
    world.advance(days=70)


def regular_failing(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin(1000, interval=Interval.MONTH), DECLINED_LATER)
    world.advance(days=80)


def regular_debit(world: SandboxWorld, begin: Begin) -> None:
    """The third debit is still with the bank at the end."""
    world.pay(begin(1000, interval=Interval.MONTH), SEPA)
    world.advance(days=63)


def payout(world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin())
    world.pay(begin(1000, interval=Interval.MONTH))
    world.pay_out()


JOURNEYS = [card, debit, failed_debit, refunds, lost_dispute, regular, regular_failing, regular_debit, payout]


def state(database: Database) -> dict[str, list[str]]:
    """Everything that matters of what is stored, without keys and instants of our own."""
    found: dict[str, list[str]] = {}
    with database.reading() as db:
        for model in (Checkout, Payment, Refund, Dispute, Payout):
            columns = [column for column in model.__table__.columns if column.key not in UNTOLD]
            found[model.__tablename__] = sorted(map(repr, db.execute(select(*columns)).all()))
    return found


def forget(database: Database) -> None:
    """Everything the messages brought about."""
    with database.writing() as db:
        for table in ("job", "gateway_event", "payout_line", "dispute", "refund", "payout", "payment"):
            db.execute(text(f"DELETE FROM {table}"))
        db.execute(
            text(
                "UPDATE checkout SET status = 'open', completed_at = NULL, customer_reference = NULL, "
                "charge_minor = NULL, charge_day = NULL, paused_until = NULL, retry_on = NULL, "
                "subscription_read_at = NULL, "
                "subscription_reference = NULL, subscription_status = NULL, next_charge_on = NULL, last_failure = NULL"
            )
        )


def tell(app: Application, envelopes: list[EventEnvelope]) -> None:
    """Have these messages worked in this order, trying again as the jobs do."""
    waiting: list[int] = []
    for envelope in envelopes:
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            gateway_events.store_events(db, [envelope])
            found = db.scalars(select(GatewayEvent).where(GatewayEvent.reference == envelope.reference)).one()
            found.wait()
        waiting.append(found.id)
    for _attempt in range(3):
        late = []
        for event_id in waiting:
            try:
                flows.work_event(app.work, event_id)
            except TooEarly:
                late.append(event_id)
        waiting = late
    assert not waiting


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_any_order_and_repetition_of_a_journeys_messages_ends_in_the_same_state(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, journey: Journey
) -> None:
    journey(world, begin)
    world.deliver()
    expected = state(app.database)
    assert expected["payment"]
    messages = [world.gateway.read_event(*signed(event)) for event in world.events()]
    told = [message for message in messages if world.gateway.topic_of(message.kind)]

    @settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.integers(0, 2**32))
    def any_order(seed: int) -> None:
        dice = random.Random(seed)
        shuffled = told + dice.choices(told, k=len(told) // 2)
        dice.shuffle(shuffled)
        forget(app.database)
        look.published.clear()
        tell(app, shuffled)
        assert state(app.database) == expected
        settled = [event for event in look.facts() if event == "PaymentSettled"]
        assert len(settled) == sum("SETTLED" in row for row in expected["payment"])

    any_order()


def signed(event: dict[str, Any]) -> tuple[bytes, str]:
    body = json.dumps(event)
    return body.encode(), WebhookSignature.generate_signature_header(body, "whsec_for_tests")


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_told_step_by_step_or_all_at_the_end_is_the_same(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, journey: Journey
) -> None:
    journey(world, begin)
    world.knobs(shuffle=True, duplicate=0.5, drop_first_delivery=True, seed=7)
    world.deliver()
    jobs.run_due(app.work)
    assert {event.status for event in look.events()} <= {EventStatus.WORKED, EventStatus.IGNORED}
    at_the_end = state(app.database)
    forget(app.database)
    for event in world.events():
        world.act("redeliver", event["id"])
        world.deliver()
    assert state(app.database) == at_the_end


def together(count: int, work: Callable[[int], Came]) -> list[Came]:
    """Do this in so many threads that begin at the same instant; what came of each."""
    line = Barrier(count)

    def one(number: int) -> Came:
        line.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.parametrize("way", [(CARD, None), (SEPA, None), (CARD, Interval.MONTH), (SEPA, Interval.MONTH)])
def test_the_return_page_and_the_messages_racing_book_one_payment(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, way: tuple[str, Interval | None]
) -> None:
    number, interval = way
    checkout = begin(interval=interval)
    world.pay(checkout, number)
    world.deliver(jobs_too=False)
    events = [event.id for event in look.events()]

    def race(number: int) -> None:
        if number % 2:
            flows.settle_checkout(app.work, checkout.id, actor=SYSTEM)
        else:
            for event_id in events:
                flows.work_event(app.work, event_id)

    together(6, race)
    assert len(look.payments(checkout)) == 1
    assert look.facts().count("CheckoutCompleted") == 1
    assert look.facts().count("PaymentSettled") + look.facts().count("PaymentBegun") == 1


def test_one_message_coming_in_many_times_at_once_is_kept_once(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    world.pay(begin())
    (event,) = world.events("checkout.session.completed")
    body, header = signed(event)

    def post(_number: int) -> int:
        return app.test_client().post("/webhooks/stripe", data=body, headers={"Stripe-Signature": header}).status_code

    assert together(6, post) == [200] * 6
    assert len(look.events()) == 1


def test_two_people_refunding_at_once_cannot_return_more_than_came(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    world.pay(checkout)
    world.deliver()
    payment = look.payment(checkout)

    def ask(_number: int) -> str:
        try:
            with app.database.writing() as db:
                act_as(db, SYSTEM)
                found = db.get_one(Payment, payment.id)
                refund = request_refund(db, found, Money(3000, "EUR"), "", actor=SYSTEM)
            return flows.carry_out_refund(app.work, refund.id, actor=SYSTEM).status.value
        except Refused as refused:
            return type(refused).__name__

    assert sorted(together(4, ask)) == ["Refused", "Refused", "Refused", "succeeded"]
    assert look.payment(checkout).refunded_minor == 3000
    assert len(world.stored("refund")) == 1


def test_opening_the_page_twice_at_once_makes_one_page(app: Application, world: SandboxWorld, begin: Begin) -> None:
    checkout = begin()
    with app.database.writing() as db:
        db.execute(
            text("UPDATE checkout SET status = 'prepared', page_url = NULL, reference = NULL, expires_at = NULL")
        )
    found = together(4, lambda _n: flows.open_checkout_page(app.work, checkout.id, WORDS, actor=SYSTEM))
    assert len(set(found)) == 1
    assert len(world.stored("checkout.session")) == 1


def test_a_payout_told_of_by_two_workers_at_once_is_one_payout(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    world.pay(begin())
    world.pay_out()
    world.deliver(jobs_too=False)
    (event,) = [event for event in look.events() if event.kind == "payout.reconciliation_completed"]
    together(4, lambda _n: flows.work_event(app.work, event.id))
    assert len(look.all(Payout)) == 1


def test_a_charge_before_its_page_is_known_is_tried_again_and_not_lost(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    with app.database.writing() as db:  # we were stopped after the gateway answered and before we wrote it down
        db.execute(
            text("UPDATE checkout SET status = 'prepared', page_url = NULL, reference = NULL, expires_at = NULL")
        )
    world.pay(f"http://127.0.0.1:1/c/pay/{world.stored('checkout.session')[0]['id']}")
    charge = world.gateway.read_event(*signed(world.events("charge.updated")[0]))
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        (early,) = receive_events(db, [charge])
    with pytest.raises(Outside):
        flows.work_event(app.work, early)
    (event,) = look.events()
    assert event.status is EventStatus.FAILED
    assert event.last_error is not None
    assert event.last_error.startswith("TooEarly at ")
    world.deliver()
    flows.work_event(app.work, early)
    assert {event.status for event in look.events()} <= {EventStatus.WORKED, EventStatus.IGNORED}
    assert look.payment(checkout).fee == Money(100, "EUR")


def test_what_was_told_on_the_way_of_another_message_is_not_asked_for_again(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    world.pay(checkout)
    world.deliver(jobs_too=False)
    page, charge = kept_of(look, "checkout.session.completed"), kept_of(look, "charge.updated")

    flows.work_event(app.work, page.id)
    world.knobs(error_rate_500=1)  # nobody can ask any more
    flows.work_event(app.work, charge.id)

    with_it = kept_of(look, "charge.updated")
    assert (with_it.status, with_it.effect, with_it.checkout_id) == (EventStatus.WORKED, "nothing_new", checkout.id)
    with app.database.reading() as db:
        own = jobs.Job.unique_key == gateway_events.job_key(charge.id)
        assert db.scalars(select(jobs.Job.status).where(own)).one() is jobs.JobStatus.DONE
    assert look.payment(checkout).fee == Money(100, "EUR")


def test_a_subscription_told_of_with_its_page_is_not_asked_for_again_until_it_changes(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(interval=Interval.MONTH)
    world.pay(checkout)
    (subscription,) = world.stored("subscription")
    dashboard = StripeClient("sk_test_of_the_dashboard", http_client=world.http).v1.subscriptions
    dashboard.update(subscription["id"], {"cancel_at_period_end": True})
    world.deliver(jobs_too=False)

    flows.work_event(app.work, kept_of(look, "checkout.session.completed").id)
    told = [event for event in look.events() if event.kind == "customer.subscription.updated"]
    assert {(each.status, each.effect, each.checkout_id) for each in told} == {
        (EventStatus.WORKED, "nothing_new", checkout.id)
    }
    assert look.checkout(checkout).next_charge_on is None
    world.deliver()
    dashboard.cancel(subscription["id"])
    world.deliver()

    assert look.checkout(checkout).subscription_status is SubscriptionStatus.ENDED


def test_a_message_that_came_after_things_were_looked_up_is_looked_up_itself(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pay(begin())
    world.deliver(jobs_too=False)
    page, charge = kept_of(look, "checkout.session.completed"), kept_of(look, "charge.updated")
    with app.database.reading() as db:
        *seen, newest = gateway_events.seen_event(db, page.id)
    before = (*seen, min(newest, charge.id - 1))
    monkeypatch.setattr(gateway_events, "seen_event", lambda _db, _id: before)

    flows.work_event(app.work, page.id)

    assert kept_of(look, "charge.updated").status is EventStatus.WAITING


def test_a_charge_whose_fee_is_not_known_yet_waits_for_its_own_message(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    world.knobs(fee_delay_seconds=60)
    checkout = begin()
    world.pay(checkout)
    world.deliver()
    assert look.payment(checkout).fee is None
    world.advance(days=1)
    world.deliver()
    assert look.payment(checkout).fee == Money(100, "EUR")


def kept_of(look: Look, kind: str) -> GatewayEvent:
    (found,) = [event for event in look.events() if event.kind == kind]
    return found
