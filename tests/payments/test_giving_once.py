"""A one-off payment from the open page to the fee, by each way it can go."""

import pytest

from app.kernel.actors import SYSTEM
from app.kernel.clock import date_of, from_timestamp
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments import flows
from app.payments.models import CheckoutStatus, Method, Payment, PaymentStatus
from tests.payments.conftest import WORDS, Begin, Look
from tests.sandbox_world import ASKS_3DS, CARD, DECLINED, SEPA, SEPA_DISPUTED, SEPA_FAILS, SandboxWorld

pytestmark = pytest.mark.db


def test_a_card_payment_settles_once_with_its_fee_and_net(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    assert world.pay(checkout).status == 303
    world.deliver()
    assert look.checkout(checkout).status is CheckoutStatus.COMPLETED
    payment = look.payment(checkout)
    assert (payment.status, payment.method) == (PaymentStatus.SETTLED, Method.CARD)
    assert payment.amount == Money(5000, "EUR")
    assert (payment.fee, payment.net) == (Money(100, "EUR"), Money(4900, "EUR"))
    assert (payment.card_brand, payment.last_four) == ("visa", "4242")
    assert payment.is_test
    assert look.facts() == ["CheckoutCompleted", "PaymentSettled"]


def test_our_token_is_on_the_page_and_the_payment_and_nothing_personal_with_it(
    world: SandboxWorld, begin: Begin
) -> None:
    checkout = begin()
    world.pay(checkout)
    (session,), (intent,), (charge,) = (world.stored(kind) for kind in ("checkout.session", "payment_intent", "charge"))
    assert session["client_reference_id"] == checkout.token
    for thing in (session, intent, charge):
        assert thing["metadata"] == {"checkout_token": checkout.token}
    assert session["locale"] == "fr"
    assert session["submit_type"] == "donate"
    assert session["adaptive_pricing"] == {"enabled": False}
    assert session["customer_email"] == "donor@example.org"


def test_a_declined_card_leaves_no_payment_and_a_good_one_afterwards_settles(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    assert world.pay(checkout, DECLINED).status == 402
    world.deliver()
    flows.settle_checkout(world.app.work, checkout.id, actor=SYSTEM)
    assert look.payments(checkout) == []
    assert look.checkout(checkout).status is CheckoutStatus.OPEN
    assert look.checkout(checkout).last_failure == "generic_decline"
    assert world.pay(checkout, CARD).status == 303
    world.deliver()
    assert look.payment(checkout).status is PaymentStatus.SETTLED
    assert look.facts() == ["CheckoutCompleted", "PaymentSettled"]


def test_a_donor_who_fails_3d_secure_can_try_again(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    assert world.pay(checkout, ASKS_3DS, authenticate="fail").status == 402
    world.deliver()
    assert look.payments(checkout) == []
    assert world.pay(checkout, ASKS_3DS).status == 303
    world.deliver()
    assert look.payment(checkout).status is PaymentStatus.SETTLED


def test_a_direct_debit_is_on_its_way_until_the_bank_has_paid(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.pay(checkout, SEPA)
    world.deliver()
    assert look.checkout(checkout).status is CheckoutStatus.COMPLETED
    payment = look.payment(checkout)
    assert (payment.status, payment.method) == (PaymentStatus.PROCESSING, Method.SEPA_DEBIT)
    assert look.facts() == ["CheckoutCompleted", "PaymentBegun"]
    world.advance(days=6)
    world.deliver()
    payment = look.payment(checkout)
    assert payment.status is PaymentStatus.SETTLED
    assert payment.fee == Money(35, "EUR")
    (charge,) = world.stored("charge")
    (movement,) = world.stored("balance_transaction")
    assert payment.settled_at == from_timestamp(movement["created"]) > from_timestamp(charge["created"])
    assert look.facts() == ["CheckoutCompleted", "PaymentBegun", "PaymentSettled"]


def test_a_direct_debit_that_fails_ends_as_failed_with_the_banks_code(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    world.pay(checkout, SEPA_FAILS)
    world.deliver()
    world.advance(days=6)
    world.deliver()
    payment = look.payment(checkout)
    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "payment_method_customer_decline")
    assert look.facts() == ["CheckoutCompleted", "PaymentBegun", "PaymentFailed"]


def test_a_debit_that_the_bank_undoes_after_it_settled_is_told_as_taken_back_and_never_as_on_its_way(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    world.pay(checkout, SEPA)
    world.advance(days=6)
    world.deliver()
    store = world.sandbox.world.store
    (charge,), (intent,) = world.stored("charge"), world.stored("payment_intent")
    with store.transaction():
        charge |= {"status": "failed", "failure_code": "insufficient_funds"}
        intent |= {"status": "requires_payment_method"}
        store.put(charge)
        store.put(intent)
        world.sandbox.world.emit("charge.updated", charge)
        world.sandbox.world.emit("checkout.session.async_payment_failed", world.stored("checkout.session")[0])
    world.deliver()
    payment = look.payment(checkout)
    assert payment.status is PaymentStatus.SETTLED
    assert (payment.disputed_minor, payment.is_disputed) == (5000, False)
    assert payment.refundable == Money(0, "EUR")
    (dispute,) = look.disputes(payment)
    assert (dispute.reason, dispute.status.value, dispute.funds_withdrawn) == ("insufficient_funds", "lost", True)
    assert look.facts()[-1] == "PaymentReturned"
    assert look.facts().count("PaymentReturned") == 1


def test_a_debit_disputed_by_the_payer_is_lost_at_once(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.pay(checkout, SEPA_DISPUTED)
    world.advance(days=6)
    world.deliver()
    payment = look.payment(checkout)
    assert (payment.status, payment.disputed_minor) == (PaymentStatus.SETTLED, 5000)


def test_a_payment_in_another_currency_keeps_fee_and_net_in_the_settlement_currency(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(10_000, "USD")
    world.pay(checkout)
    world.deliver()
    payment = look.payment(checkout)
    assert payment.amount == Money(10_000, "USD")
    assert (payment.settlement_minor, payment.settlement_currency, payment.exchange_rate) == (9200, "EUR", "0.92")
    assert (payment.fee, payment.net) == (Money(163, "EUR"), Money(9037, "EUR"))


@pytest.mark.parametrize(("minor", "currency"), [(5000, "JPY"), (12_340, "KWD"), (655_957, "XOF")])
def test_currencies_without_or_with_three_decimals_arrive_as_they_were_promised(
    world: SandboxWorld, begin: Begin, look: Look, minor: int, currency: str
) -> None:
    checkout = begin(minor, currency)
    world.pay(checkout)
    world.deliver()
    assert look.payment(checkout).amount == Money(minor, currency)
    assert world.stored("charge")[0]["amount"] == minor


def test_a_fee_that_becomes_known_later_is_noted_then(world: SandboxWorld, begin: Begin, look: Look) -> None:
    world.knobs(fee_delay_seconds=3600)
    checkout = begin()
    world.pay(checkout)
    world.deliver()
    payment = look.payment(checkout)
    assert (payment.status, payment.fee) == (PaymentStatus.SETTLED, None)
    world.advance(days=1)
    world.deliver()
    assert look.payment(checkout).fee == Money(100, "EUR")
    assert look.facts() == ["CheckoutCompleted", "PaymentSettled"]


def test_a_page_that_nobody_pays_on_expires(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.advance(days=1)
    world.deliver()
    assert look.checkout(checkout).status is CheckoutStatus.EXPIRED
    assert look.facts() == ["CheckoutExpired"]
    with pytest.raises(Refused, match="begin again"):
        flows.open_checkout_page(world.app.work, checkout.id, WORDS, actor=SYSTEM)


def test_a_completion_that_comes_after_the_expiry_counts_more(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.advance(days=1)
    world.deliver()
    store = world.sandbox.world.store
    (session,) = world.stored("checkout.session")
    with store.transaction():
        session |= {"status": "open", "url": checkout.page_url, "expires_at": session["expires_at"] + 86_400}
        store.put(session)
    world.pay(checkout)
    world.deliver()
    assert look.checkout(checkout).status is CheckoutStatus.COMPLETED
    assert look.payment(checkout).status is PaymentStatus.SETTLED


def test_the_return_page_alone_settles_when_no_message_ever_comes(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    world.pay(checkout)
    done = flows.settle_checkout(world.app.work, checkout.id, actor=SYSTEM)
    assert done.status is CheckoutStatus.COMPLETED
    payment = look.payment(checkout)
    assert payment.settled_at is not None
    assert date_of(payment.settled_at) == date_of(from_timestamp(world.stored("charge")[0]["created"]))
    flows.settle_checkout(world.app.work, checkout.id, actor=SYSTEM)
    world.deliver()
    assert len(look.payments(checkout)) == 1
    assert look.facts() == ["CheckoutCompleted", "PaymentSettled"]


def test_a_payment_that_did_not_begin_on_our_pages_is_left_alone(world: SandboxWorld, look: Look) -> None:
    client = world.gateway._stripe
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://localhost/",
            "line_items": [
                {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Mug"}}}
            ],
        }
    )
    world.pay(str(session.url))
    world.deliver()
    assert look.all(Payment) == []
    assert {event.status.value for event in look.events()} == {"ignored"}
    assert "not_ours" in {event.effect for event in look.events()}
