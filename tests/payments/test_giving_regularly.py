"""Subscriptions from the first charge through renewals, failures and the end."""

import pytest

from app.kernel.money import Money
from app.payments.events import SubscriptionChanged
from app.payments.gateway import SubscriptionState
from app.payments.models import CheckoutStatus, Interval, Method, PaymentStatus, SubscriptionStatus
from app.payments.stripe_gateway.periods import charge_day
from tests.payments.conftest import Begin, Look
from tests.sandbox_world import ASKS_3DS, DECLINED_LATER, SEPA, SEPA_FAILS, SandboxWorld

pytestmark = pytest.mark.db


def changes(look: Look) -> list[SubscriptionState]:
    return [event.state for event in look.published if isinstance(event, SubscriptionChanged)]


def test_the_first_charge_is_booked_once_though_six_messages_speak_of_it(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout)
    world.deliver()
    done = look.checkout(checkout)
    assert done.status is CheckoutStatus.COMPLETED
    assert done.subscription_reference == world.stored("subscription")[0]["id"]
    assert done.customer_reference == world.stored("customer")[0]["id"]
    payment = look.payment(checkout)
    assert (payment.status, payment.amount) == (PaymentStatus.SETTLED, Money(1000, "EUR"))
    assert payment.subscription_reference == done.subscription_reference
    assert payment.invoice_reference == world.stored("invoice")[0]["id"]
    assert payment.fee == Money(40, "EUR")
    assert look.facts() == ["CheckoutCompleted", "PaymentSettled", "SubscriptionChanged"]
    (change,) = changes(look)
    theirs = world.stored("subscription")[0]
    ends = theirs["items"]["data"][0]["current_period_end"]
    assert (change.status, change.next_on) == (SubscriptionStatus.ACTIVE, charge_day(theirs, ends))


@pytest.mark.parametrize(
    ("interval", "unit", "count"),
    [(Interval.MONTH, "month", 1), (Interval.QUARTER, "month", 3), (Interval.YEAR, "year", 1)],
)
def test_each_rhythm_is_asked_for_as_the_gateway_counts_it(
    world: SandboxWorld, begin: Begin, interval: Interval, unit: str, count: int
) -> None:
    checkout = begin(1000, interval=interval)
    world.pay(checkout)
    (subscription,) = world.stored("subscription")
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    assert (recurring["interval"], recurring["interval_count"]) == (unit, count)
    assert subscription["metadata"] == {"checkout_token": checkout.token}


def test_each_renewal_is_one_more_payment_of_the_same_subscription(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout)
    world.deliver()
    for month in (1, 2):
        world.advance(days=32)
        world.deliver()
        assert len(look.payments(checkout)) == month + 1
    payments = look.payments(checkout)
    assert {payment.status for payment in payments} == {PaymentStatus.SETTLED}
    assert len({payment.charge_reference for payment in payments}) == 3
    assert len({payment.invoice_reference for payment in payments}) == 3
    assert {payment.subscription_reference for payment in payments} == {payments[0].subscription_reference}
    assert look.facts().count("PaymentSettled") == 3


def test_renewals_missed_for_months_are_all_booked_when_messages_come_at_last(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout)
    world.advance(days=100)
    world.deliver()
    assert len(look.payments(checkout)) == 4
    assert look.facts()[:2] == ["CheckoutCompleted", "PaymentSettled"]


def test_a_renewal_that_is_declined_leaves_no_payment_and_the_subscription_past_due_then_ended(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout, DECLINED_LATER)
    world.deliver()
    world.advance(days=32)
    world.deliver()
    assert len(look.payments(checkout)) == 1
    assert changes(look)[-1].status is SubscriptionStatus.PAST_DUE
    assert look.checkout(checkout).subscription_status is SubscriptionStatus.PAST_DUE
    world.advance(days=30)
    world.deliver()
    assert (changes(look)[-1].status, changes(look)[-1].reason) == (SubscriptionStatus.ENDED, "payment_failed")
    assert changes(look)[-1].next_on is None
    assert len(look.payments(checkout)) == 1
    assert "charge_refused" in " ".join(event.effect for event in look.events())


def test_a_renewal_that_needs_the_donor_is_recorded_and_moves_no_money(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout, ASKS_3DS)
    world.advance(days=32)
    world.deliver()
    assert len(look.payments(checkout)) == 1
    kinds = {event.kind for event in look.events()}
    assert "invoice.payment_action_required" in kinds
    assert changes(look)[-1].status is SubscriptionStatus.PAST_DUE


def test_a_subscription_by_direct_debit_is_on_its_way_first_and_then_settles(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout, SEPA)
    world.deliver()
    payment = look.payment(checkout)
    assert (payment.status, payment.method) == (PaymentStatus.PROCESSING, Method.SEPA_DEBIT)
    world.advance(days=6)
    world.deliver()
    assert look.payment(checkout).status is PaymentStatus.SETTLED
    assert look.facts()[:2] == ["CheckoutCompleted", "PaymentBegun"]
    assert look.facts().count("PaymentSettled") == 1


def test_a_renewal_by_direct_debit_is_on_its_way_from_the_day_it_is_asked_of_the_bank(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout, SEPA)
    world.advance(days=10)
    world.deliver()
    before = look.facts()
    world.advance(days=21.5)
    world.knobs(duplicate=1.0, shuffle=True)
    world.deliver()
    first, renewal = look.payments(checkout)
    assert (first.status, renewal.status) == (PaymentStatus.SETTLED, PaymentStatus.PROCESSING)
    assert renewal.subscription_reference == first.subscription_reference
    assert {first.invoice_reference, renewal.invoice_reference} == {each["id"] for each in world.stored("invoice")}
    assert look.facts().count("PaymentBegun") == before.count("PaymentBegun") + 1
    world.advance(days=6)
    world.deliver()
    assert [each.status for each in look.payments(checkout)] == [PaymentStatus.SETTLED] * 2
    assert look.facts().count("PaymentSettled") == 2
    assert look.facts().count("PaymentBegun") == before.count("PaymentBegun") + 1


def test_a_first_debit_that_fails_is_failed_and_each_new_attempt_is_a_payment_of_its_own(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout, SEPA_FAILS)
    world.deliver()
    world.advance(days=5.5)
    world.deliver()
    (failed,) = look.payments(checkout)
    assert failed.status is PaymentStatus.FAILED
    assert failed.charge_reference is not None
    store = world.sandbox.world.store
    (method,) = world.stored("payment_method")
    with store.transaction():  # the donor gives another account, from which the next attempt is paid
        method["sepa_debit"]["last4"] = SEPA[-4:]
        store.put(method)
    world.advance(days=10)
    world.deliver()
    first, second = look.payments(checkout)
    assert (first.status, second.status) == (PaymentStatus.FAILED, PaymentStatus.SETTLED)
    assert first.charge_reference != second.charge_reference
    assert second.invoice_reference == world.stored("invoice")[0]["id"]


def test_a_subscription_ended_at_the_gateway_ends_with_its_reason(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(1000, interval=Interval.MONTH)
    world.pay(checkout)
    world.deliver()
    reference = look.checkout(checkout).subscription_reference
    assert reference
    client = world.gateway._stripe
    client.v1.subscriptions.update(reference, {"cancel_at_period_end": True})
    world.deliver()
    assert (changes(look)[-1].status, changes(look)[-1].next_on) == (SubscriptionStatus.ACTIVE, None)
    client.v1.subscriptions.cancel(reference)
    world.deliver()
    assert (changes(look)[-1].status, changes(look)[-1].reason) == (
        SubscriptionStatus.ENDED,
        "cancellation_requested",
    )
    count = len(changes(look))
    for event in world.events("customer.subscription.updated", "customer.subscription.deleted"):
        world.act("redeliver", event["id"])
    world.deliver()
    assert len(changes(look)) == count
