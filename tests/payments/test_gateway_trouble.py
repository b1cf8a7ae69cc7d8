"""The gateway is slow, down, refuses, or is not there at all: nothing is lost and nobody pays twice."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
import time_machine

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.jobs import PAUSES, Job, JobStatus
from app.kernel.jobs import run_jobs as do_jobs
from app.kernel.money import Money
from app.kernel.retention import Forgettings, forget
from app.kernel.rounds import RoundRun, Rounds, carry_out
from app.payments import flows, sweeps
from app.payments.gateway import BadSignature, Gateway, GatewayRefused, GatewayUnavailable, Topic
from app.payments.jobs import sweep_in_words
from app.payments.models import (
    Checkout,
    CheckoutMode,
    CheckoutStatus,
    EventStatus,
    Interval,
    Payment,
    PaymentStatus,
    Payout,
    SubscriptionStatus,
)
from app.payments.no_gateway import NoGateway
from app.payments.services import CheckoutDetails, prepare_checkout, request_refund
from app.payments.stripe_gateway import StripeGateway
from app.payments.stripe_gateway.messages import TOPICS
from app.web.application import Application
from tests.factories.payments import make_event, make_worked_event
from tests.payments.conftest import WORDS, Begin, Look
from tests.sandbox_world import SEPA, SandboxWorld

pytestmark = pytest.mark.db
Prepare = Callable[..., Checkout]


@pytest.fixture
def prepared(app: Application) -> Prepare:
    """An attempt to pay whose page was not asked for yet."""

    def make(minor: int = 5000, currency: str = "EUR") -> Checkout:
        details = CheckoutDetails(mode=CheckoutMode.ONCE, amount=Money(minor, currency), language="ne", is_test=True)
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            return prepare_checkout(db, details, actor=SYSTEM)

    return make


def open_page(app: Application, checkout: Checkout) -> str:
    return flows.open_checkout_page(app.work, checkout.id, WORDS, actor=SYSTEM)


@pytest.mark.parametrize(
    "trouble", [{"hang_seconds": 60}, {"lost_answer_rate": 1}, {"error_rate_500": 1}, {"error_rate_429": 1}]
)
def test_a_page_asked_for_again_after_trouble_is_one_page(
    app: Application, world: SandboxWorld, prepared: Prepare, look: Look, trouble: dict[str, float]
) -> None:
    checkout = prepared()
    world.knobs(**trouble)
    with pytest.raises(GatewayUnavailable) as failure:
        open_page(app, checkout)
    assert "knob" not in str(failure.value)
    assert look.checkout(checkout).status is CheckoutStatus.PREPARED
    world.knobs(**dict.fromkeys(trouble, 0))
    page = open_page(app, checkout)
    assert open_page(app, checkout) == page
    assert len(world.stored("checkout.session")) == 1
    assert look.checkout(checkout).status is CheckoutStatus.OPEN
    assert world.stored("checkout.session")[0]["locale"] == "en"


def test_a_payment_made_on_a_page_we_never_heard_of_is_booked_by_its_message(
    app: Application, world: SandboxWorld, prepared: Prepare, look: Look
) -> None:
    checkout = prepared()
    world.knobs(hang_seconds=60)
    with pytest.raises(GatewayUnavailable):
        open_page(app, checkout)
    world.knobs(hang_seconds=0)
    world.pay(f"http://127.0.0.1:1/c/pay/{world.stored('checkout.session')[0]['id']}")
    world.deliver()
    assert look.checkout(checkout).status is CheckoutStatus.COMPLETED
    assert look.payment(checkout).status is PaymentStatus.SETTLED


def test_an_amount_the_gateway_does_not_take_is_refused_with_its_code(
    app: Application, world: SandboxWorld, prepared: Prepare
) -> None:
    with pytest.raises(GatewayRefused) as refusal:
        open_page(app, prepared(10))
    assert refusal.value.code == "amount_too_small"
    assert "50 cents" not in str(refusal.value)


def test_other_words_for_the_same_attempt_are_refused_and_make_no_second_page(
    app: Application, world: SandboxWorld, prepared: Prepare
) -> None:
    checkout = prepared()
    world.knobs(lost_answer_rate=1)
    with pytest.raises(GatewayUnavailable):
        open_page(app, checkout)
    world.knobs(lost_answer_rate=0)
    with pytest.raises(GatewayRefused) as refusal:
        flows.open_checkout_page(app.work, checkout.id, replace(WORDS, description="Something else"), actor=SYSTEM)
    assert refusal.value.code == "idempotency_error"
    assert len(world.stored("checkout.session")) == 1


def test_nobody_is_sent_to_an_address_outside_the_allowed_ones(app: Application, prepared: Prepare) -> None:
    checkout = prepared()
    with SandboxWorld(app, public_url="http://127.0.0.1:666"), pytest.raises(GatewayUnavailable):
        open_page(app, checkout)


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("http://127.0.0.1:1/c/pay/x", True),
        ("http://127.0.0.1:1@evil.example/c", False),
        ("http://127.0.0.1:12/c", False),
        ("https://127.0.0.1:1/c", False),
        ("//127.0.0.1:1/c", False),
        ("javascript:alert(1)", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_an_origin_is_compared_whole(world: SandboxWorld, url: str, may: bool) -> None:
    assert world.gateway.may_send_to(url) is may


def test_a_gateway_that_nobody_answers_for_is_unavailable(app: Application, prepared: Prepare) -> None:
    before = app.ports.get(Gateway)
    app.ports.provide(Gateway, StripeGateway(app.settings))  # nothing listens at 127.0.0.1:1
    with pytest.raises(GatewayUnavailable, match="APIConnectionError"):
        open_page(app, prepared())
    app.ports.provide(Gateway, before)


class Elsewhere(BaseHTTPRequestHandler):
    """A gateway that sends whoever asks on to another address."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(307)
        self.send_header("Location", f"http://localhost:{self.headers['Host'].rpartition(':')[2]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_nothing_is_sent_on_to_where_an_answer_points(app: Application) -> None:
    Elsewhere.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        here = replace(app.settings, STRIPE_API_BASE=f"http://127.0.0.1:{server.server_address[1]}")
        with pytest.raises(GatewayUnavailable):
            StripeGateway(here).payment("pi_1")
        server.shutdown()

    assert Elsewhere.asked
    assert all(path.startswith("/v1/") for path in Elsewhere.asked)


def test_a_key_that_is_refused_gives_nothing_up_for_good(app: Application, world: SandboxWorld) -> None:
    wrong = StripeGateway(replace(app.settings, STRIPE_SECRET_KEY="sk_nonsense"), world.http)
    with pytest.raises(GatewayUnavailable):
        wrong.checkout("cs_test_x")


def test_a_thing_the_gateway_does_not_know_is_refused_for_good(world: SandboxWorld) -> None:
    with pytest.raises(GatewayRefused) as refusal:
        world.gateway.checkout("cs_test_of_nobody")
    assert refusal.value.code == "resource_missing"


def test_messages_that_come_while_the_gateway_is_down_are_worked_later(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, run_jobs: Callable[[], int]
) -> None:
    checkout = begin()
    world.pay(checkout)
    world.knobs(error_rate_500=1)
    world.deliver()
    failed = [event for event in look.events() if event.status is EventStatus.FAILED]
    assert {event.kind for event in failed} == {"checkout.session.completed", "charge.updated"}
    assert {(event.attempts, (event.last_error or "").split(" at ")[0]) for event in failed} == {
        (1, "GatewayUnavailable")
    }
    assert look.payments(checkout) == []
    world.knobs(error_rate_500=0)
    for event in failed:
        flows.work_event(app.work, event.id)
    assert look.payment(checkout).status is PaymentStatus.SETTLED
    assert EventStatus.FAILED not in {event.status for event in look.events()}
    assert {event.last_error for event in look.events()} == {None}


def test_the_sweep_finds_what_no_message_told(app: Application, world: SandboxWorld, begin: Begin, look: Look) -> None:
    world.knobs(drop_rate=1)
    once, regular, unpaid = begin(), begin(1000, interval=Interval.MONTH), begin()
    world.pay(once)
    world.pay(regular)
    world.advance(days=40)
    charge = next(each for each in world.stored("charge") if each["metadata"].get("checkout_token") == once.token)
    world.act("refund", charge["id"], amount="700")
    world.deliver()
    assert look.events() == []
    report = sweeps.sweep(app.work)
    assert (report.failed, report.missed) == (0, len(look.events()))
    assert report.missed > 5
    assert look.payment(once).refunded_minor == 700
    assert len(look.payments(regular)) == 2
    assert look.checkout(unpaid).status is CheckoutStatus.EXPIRED
    assert sweeps.sweep(app.work).missed == 0


def test_a_missed_event_that_the_sweep_cannot_work_is_worked_by_its_job_soon(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, run_jobs: Callable[[], int]
) -> None:
    world.knobs(drop_rate=1)
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout)
    world.knobs(drop_rate=0, error_rate_500=0.8, seed=1)
    failed = 0
    while not look.events():
        with contextlib.suppress(GatewayUnavailable):
            failed = sweeps.sweep(app.work).failed
    assert failed
    assert EventStatus.FAILED in {event.status for event in look.events()}
    world.knobs(error_rate_500=0)
    with time_machine.travel(now() + timedelta(minutes=10), tick=True):
        run_jobs()
    assert {event.status for event in look.events()} <= {EventStatus.WORKED, EventStatus.IGNORED}
    assert look.payment(checkout).status is PaymentStatus.SETTLED


def test_the_sweep_looks_up_debits_on_their_way_and_refunds_asked_for(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    debit, card = begin(), begin()
    world.pay(debit, SEPA)
    world.pay(card)
    world.deliver()
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        found = db.get_one(Payment, look.payment(card).id)
        request_refund(db, found, Money(100, "EUR"), "", actor=SYSTEM)
    world.knobs(drop_rate=1)
    world.advance(days=6)
    world.sandbox.world.store.db.execute("DELETE FROM event")
    assert sweeps.sweep(app.work).missed == 0
    assert look.payment(debit).status is PaymentStatus.SETTLED
    assert look.payment(card).refunded_minor == 100


def test_a_sweep_goes_on_when_single_looks_fail(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    lost, good = begin(), begin()
    world.pay(good)
    session = world.stored("checkout.session")[0]
    assert session["id"] == lost.reference or world.stored("checkout.session")[1]["id"] == lost.reference
    world.sandbox.world.store.remove(lost.reference)
    report = sweeps.sweep(app.work)
    assert report.failed == 1
    assert look.payment(good).status is PaymentStatus.SETTLED


def test_the_sweep_closes_attempts_that_never_got_a_page(
    app: Application, world: SandboxWorld, prepared: Prepare, look: Look
) -> None:
    fresh, old = prepared(), prepared()
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        long_ago = now() - timedelta(days=200)
        db.get_one(Checkout, old.id).created_at = long_ago
    sweeps.sweep(app.work)
    assert [look.checkout(each).status for each in (fresh, old)] == [CheckoutStatus.PREPARED, CheckoutStatus.EXPIRED]
    assert look.facts() == ["CheckoutExpired"]


def test_the_texts_of_old_messages_are_forgotten_once_they_are_done(app: Application, look: Look) -> None:
    (what,) = (each for each in app.ports.get(Forgettings) if each.name == "gateway_payloads")
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        old, _fresh, waiting = make_worked_event(db), make_worked_event(db), make_event(db)
        old.created_at = waiting.created_at = now() - timedelta(days=200)
    assert [forget(app.database, what), forget(app.database, what)] == [1, 0]
    assert [event.payload for event in look.events()] == [{}, {"object": "event"}, {"object": "event"}]


def test_the_sweep_finds_refunds_and_ended_subscriptions_that_no_message_told_of(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    once, regular = begin(), begin(1000, interval=Interval.MONTH)
    world.pay(once)
    world.pay(regular)
    world.deliver()
    sweeps.sweep(app.work)
    world.knobs(drop_rate=1)
    charge = next(each for each in world.stored("charge") if each["metadata"].get("checkout_token") == once.token)
    world.act("refund", charge["id"], amount="700")
    (subscription,) = world.stored("subscription")
    world.sandbox.world.store.put({**subscription, "status": "canceled"})
    world.sandbox.world.store.db.execute("DELETE FROM event")
    drifted = 0
    with time_machine.travel(now(), tick=False) as clock:
        for _day in range(7):
            drifted += sweeps.sweep(app.work).drifted
            clock.shift(timedelta(days=1))
    assert drifted == 2
    assert look.payment(once).refunded_minor == 700
    assert look.checkout(regular).subscription_status is SubscriptionStatus.ENDED


def test_what_was_missed_longer_ago_than_messages_are_kept_comes_back_with_its_payout(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    regular = begin(1000, interval=Interval.MONTH)
    with time_machine.travel(now(), tick=False) as clock:
        world.pay(regular)
        world.deliver()
        duty = app.ports.get(Rounds).get("payments.sweep")
        assert duty is not None
        carry_out(app.work, duty)
        world.knobs(drop_rate=1)
        clock.shift(timedelta(days=36))
        world.sandbox.run_due_tasks()
        world.act("refund", world.stored("charge")[0]["id"], amount="300")
        clock.shift(timedelta(days=64))
        world.sandbox.run_due_tasks()
        world.deliver()
        world.sandbox.world.store.db.execute("DELETE FROM event")
        run = carry_out(app.work, duty)
        assert run is not None
        assert (run.is_well, run.facts["failed"]) == (False, 0)
        clock.shift(timedelta(days=3))  # the last one arrived a moment ago: its own message might have come still
        carry_out(app.work, duty)
        again = carry_out(app.work, duty)
        assert again is not None
        assert again.facts["drifted"] == 0
    told_of = {each["id"]: str(each["status"]) for each in world.stored("payout")}
    assert len(told_of) > 3
    assert {each.reference: str(each.status) for each in look.all(Payout)} == told_of
    assert {each.reconciled_at is not None for each in look.all(Payout)} == {True}
    charges = {each["id"] for each in world.stored("charge")}
    assert {each.charge_reference for each in look.payments(regular)} == charges
    assert len(charges) == 4
    assert sum(each.refunded_minor for each in look.payments(regular)) == 300


def test_a_sweep_after_a_long_absence_in_which_a_look_failed_is_made_again_as_far_back(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    duty = app.ports.get(Rounds).get("payments.sweep")
    assert duty is not None
    with time_machine.travel(now(), tick=False) as clock:
        world.pay(begin())
        world.deliver()
        carry_out(app.work, duty)
        world.knobs(drop_rate=1)
        clock.shift(timedelta(days=60))
        world.sandbox.run_due_tasks()
        world.sandbox.world.store.db.execute("DELETE FROM event")
        yesterday = now() - timedelta(days=1)
        with app.database.writing() as db:
            half = {"is_well": False, "facts": {"failed": 1}}
            db.add(RoundRun(name=duty.name, began_at=yesterday, ended_at=yesterday, **half))
        carry_out(app.work, duty)
    told_of = {each["id"] for each in world.stored("payout")}
    assert told_of
    assert {each.reference for each in look.all(Payout)} == told_of


def test_work_given_up_in_an_outage_begins_again_by_itself_and_other_work_waits_for_a_person(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, run_jobs: Callable[[], int]
) -> None:
    checkout = begin()
    with time_machine.travel(now(), tick=False) as clock:
        world.pay(checkout)
        world.knobs(error_rate_500=1)
        world.deliver()
        for _try in range(len(PAUSES)):
            clock.shift(timedelta(hours=7))
            run_jobs()
        assert [job.status for job in look.all(Job)].count(JobStatus.PARKED) == 2
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            db.add(Job(kind="mail.send", ids={}, status=JobStatus.PARKED, last_error="Outside at send:1"))
        with pytest.raises(GatewayUnavailable):
            sweeps.sweep(app.work)
        assert [job.status for job in look.all(Job)].count(JobStatus.PARKED) == 3
        world.knobs(error_rate_500=0)
        sweeps.sweep(app.work)
        run_jobs()
    *others, mail = look.all(Job)
    assert {job.status for job in others} == {JobStatus.DONE}
    assert mail.status is JobStatus.PARKED
    assert look.payment(checkout).status is PaymentStatus.SETTLED
    assert EventStatus.FAILED not in {event.status for event in look.events()}


def test_work_of_an_outage_whose_last_worker_died_begins_again_once(
    app: Application, world: SandboxWorld, look: Look
) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        held = {"attempts": len(PAUSES) + 1, "lease_until": now() - timedelta(seconds=1)}
        db.add(Job(kind="payments.sweep", last_error="GatewayUnavailable at asking:32", **held))
        db.add(Job(kind="payments.sweep", **held))
    ours, deadly = look.all(Job)
    assert do_jobs(app.work, [ours.id, deadly.id]) == 0
    sweeps.sweep(app.work)
    assert [(job.status, job.attempts) for job in look.all(Job)] == [
        (JobStatus.WAITING, 0),
        (JobStatus.PARKED, len(PAUSES) + 1),
    ]
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        again = db.get_one(Job, ours.id)
        again.attempts, again.lease_until = held["attempts"], held["lease_until"]
    assert do_jobs(app.work, [ours.id]) == 0
    sweeps.sweep(app.work)
    assert [job.status for job in look.all(Job)] == [JobStatus.PARKED, JobStatus.PARKED]


def test_the_daily_round_says_what_it_found_and_goes_back_to_the_last_one_that_succeeded(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    duty = app.ports.get(Rounds).get("payments.sweep")
    assert duty is not None
    with app.database.writing() as db:
        long_ago = now() - timedelta(days=12)
        db.add(RoundRun(name=duty.name, began_at=long_ago, ended_at=long_ago, is_well=True))
    world.knobs(drop_rate=1)
    world.pay(begin())
    world.sandbox.world.store.db.execute("UPDATE event SET created = created - 864000")
    world.sandbox.world.store.db.execute("UPDATE event SET body = json_set(body, '$.created', created)")
    run = carry_out(app.work, duty)
    assert run is not None
    assert run.is_well is False
    assert run.facts["late"] == run.facts["missed"] == len(look.events()) > 0
    assert "had never arrived" in sweep_in_words(run.facts)
    again = carry_out(app.work, duty)
    assert again is not None
    assert (again.is_well, again.facts["missed"]) == (True, 0)


@pytest.fixture
def closed(app: Application) -> Iterator[NoGateway]:
    """No key is set."""
    before = app.ports.get(Gateway)
    nothing = NoGateway()
    app.ports.provide(Gateway, nothing)
    yield nothing
    app.ports.provide(Gateway, before)


def test_without_a_key_giving_online_is_closed_and_says_so_kindly(
    app: Application, closed: NoGateway, prepared: Prepare
) -> None:
    assert not app.ports.get(Gateway).is_open
    with pytest.raises(Refused, match="closed for the moment"):
        open_page(app, prepared())
    with pytest.raises(BadSignature):
        closed.read_event(b"{}", "")
    assert not closed.may_send_to("https://checkout.stripe.com/x")
    assert sweeps.sweep(app.work).looked_at == 0


@pytest.mark.parametrize(
    ("amount", "interval", "mode"),
    [
        (0, None, CheckoutMode.ONCE),
        (-1, None, CheckoutMode.ONCE),
        (100, Interval.MONTH, CheckoutMode.ONCE),
        (100, None, CheckoutMode.RECURRING),
    ],
)
def test_an_attempt_that_makes_no_sense_is_not_written_down(
    app: Application, amount: int, interval: Interval | None, mode: CheckoutMode
) -> None:
    details = CheckoutDetails(mode=mode, amount=Money(amount, "EUR"), language="en", is_test=True, interval=interval)
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        with pytest.raises(Refused):
            prepare_checkout(db, details, actor=SYSTEM)


def test_every_kind_we_handle_has_a_topic_and_every_topic_a_kind() -> None:
    assert set(TOPICS.values()) == set(Topic)
