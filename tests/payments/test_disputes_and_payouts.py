"""What the payer's bank takes back or asks about, and what the gateway pays out to ours."""

import pytest

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments.following import follow
from app.payments.gateway import Topic
from app.payments.models import DisputeStatus, Payment, PaymentStatus, Payout, PayoutStatus
from app.payments.services import request_refund
from app.web.application import Application
from tests.payments.conftest import Begin, Look
from tests.sandbox_world import DISPUTED, FRAUD_WARNING, SEPA, SEPA_DISPUTED, SandboxWorld

pytestmark = pytest.mark.db


def disputed(world: SandboxWorld, begin: Begin, look: Look) -> tuple[Payment, str]:
    checkout = begin()
    world.pay(checkout, DISPUTED)
    world.deliver()
    return look.payment(checkout), world.stored("dispute")[0]["id"]


def again(look: Look, payment: Payment) -> Payment:
    return next(each for each in look.all(Payment) if each.id == payment.id)


def test_a_dispute_marks_the_payment_and_blocks_refunds_while_it_is_open(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    payment, _reference = disputed(world, begin, look)
    assert payment.is_disputed
    assert payment.disputed_minor == 0
    (dispute,) = look.disputes(payment)
    assert (dispute.status, dispute.funds_withdrawn, dispute.fee_minor) == (DisputeStatus.OPEN, True, 2000)
    assert (dispute.reason, dispute.amount) == ("fraudulent", Money(5000, "EUR"))
    assert dispute.answer_by is not None
    with world.app.database.writing() as db:
        act_as(db, SYSTEM)
        with pytest.raises(Refused, match="bank"):
            request_refund(db, db.get_one(Payment, payment.id), Money(100, "EUR"), "", actor=SYSTEM)


def test_a_dispute_that_is_lost_takes_the_money_back(world: SandboxWorld, begin: Begin, look: Look) -> None:
    payment, reference = disputed(world, begin, look)
    world.act("lose", reference)
    world.deliver()
    after = again(look, payment)
    assert (after.disputed_minor, after.is_disputed) == (5000, False)
    assert after.returned == Money(5000, "EUR")
    (dispute,) = look.disputes(payment)
    assert dispute.status is DisputeStatus.LOST
    assert dispute.closed_at is not None
    assert look.facts().count("PaymentReturned") == 2


def test_a_dispute_that_is_won_leaves_the_payment_whole(world: SandboxWorld, begin: Begin, look: Look) -> None:
    payment, reference = disputed(world, begin, look)
    world.act("win", reference)
    world.deliver()
    after = again(look, payment)
    assert (after.disputed_minor, after.is_disputed) == (0, False)
    (dispute,) = look.disputes(payment)
    assert (dispute.status, dispute.funds_withdrawn) == (DisputeStatus.WON, False)
    assert after.refundable == Money(5000, "EUR")


def test_an_inquiry_moves_no_money(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.pay(checkout)
    charge = world.stored("charge")[0]["id"]
    world.act("inquire", charge)
    world.deliver()
    payment = look.payment(checkout)
    (dispute,) = look.disputes(payment)
    assert (dispute.status, dispute.funds_withdrawn) == (DisputeStatus.INQUIRY, False)
    assert payment.is_disputed
    world.advance(days=10)
    world.deliver()
    (dispute,) = look.disputes(payment)
    assert dispute.status is DisputeStatus.CLOSED
    after = look.payment(checkout)
    assert (after.disputed_minor, after.is_disputed) == (0, False)


def test_a_dispute_after_a_partial_refund_never_counts_more_than_came(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin()
    world.pay(checkout)
    charge = world.stored("charge")[0]["id"]
    world.act("refund", charge, amount="2000")
    world.act("dispute", charge)
    store = world.sandbox.world.store
    with store.transaction():  # card networks may dispute the whole charge all the same
        (dispute,) = world.stored("dispute")
        dispute["amount"] = 5000
        store.put(dispute)
    world.act("lose", dispute["id"])
    world.deliver()
    payment = look.payment(checkout)
    assert (payment.refunded_minor, payment.disputed_minor) == (2000, 3000)
    assert look.disputes(payment)[0].amount == Money(5000, "EUR")


def test_an_early_fraud_warning_is_told_beside_its_payment(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.pay(checkout, FRAUD_WARNING)
    world.deliver()
    (event,) = [each for each in look.events() if each.kind == "radar.early_fraud_warning.created"]
    assert event.effect.endswith("fraud_warning")
    assert event.payment_id == look.payment(checkout).id


def test_a_payout_agrees_with_its_parts_and_names_the_payments_it_brought(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkouts = [begin(), begin(7000), begin(3000)]
    world.pay(checkouts[0])
    world.pay(checkouts[1])
    world.pay(checkouts[2], SEPA)
    world.advance(days=6)
    world.deliver()
    world.act("refund", str(look.payment(checkouts[0]).charge_reference), amount="1000")
    world.act("dispute", str(look.payment(checkouts[1]).charge_reference))
    world.pay_out()
    world.deliver()
    (payout,) = look.all(Payout)
    assert payout.status is PayoutStatus.PAID
    assert payout.reconciled_at is not None
    assert payout.arrives_on is not None
    fees_and_returns = 100 + 130 + 35 + 1000 + 7000 + 2000
    assert payout.amount == Money(15_000 - fees_and_returns, "EUR")
    assert {look.payment(checkout).payout_reference for checkout in checkouts} == {payout.reference}


def test_a_payout_that_does_not_add_up_is_not_called_reconciled(world: SandboxWorld, begin: Begin, look: Look) -> None:
    world.pay(begin())
    world.pay_out()
    store = world.sandbox.world.store
    with store.transaction():
        (payout,) = world.stored("payout")
        payout["amount"] += 1
        store.put(payout)
    world.deliver()
    (kept,) = look.all(Payout)
    assert kept.reconciled_at is None
    assert "payout_differs" in {event.effect for event in look.events()}


def test_a_payout_told_of_before_its_payments_fetches_them(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin()
    world.pay(checkout)
    world.pay_out()
    for event in world.events():
        if event["type"] != "payout.reconciliation_completed":
            world.sandbox.world.store.db.execute("DELETE FROM delivery WHERE event_id = ?", (event["id"],))
    world.deliver()
    assert [event.kind for event in look.events()] == ["payout.reconciliation_completed"]
    assert look.payment(checkout).payout_reference == look.all(Payout)[0].reference


def test_a_payout_that_fails_after_it_was_paid_is_told_so(world: SandboxWorld, begin: Begin, look: Look) -> None:
    world.pay(begin())
    world.pay_out()
    world.deliver()
    world.act("fail_payout", look.all(Payout)[0].reference)
    world.deliver()
    assert look.all(Payout)[0].status is PayoutStatus.FAILED


def test_a_debit_whose_dispute_is_told_of_before_its_money_is_counted_all_the_same(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    checkout = begin(5000)
    world.pay(checkout, SEPA_DISPUTED)
    world.deliver()
    assert look.payment(checkout).status is PaymentStatus.PROCESSING
    world.advance(days=6)
    (dispute,) = world.stored("dispute")
    follow(app.work, Topic.DISPUTE, dispute["id"])
    follow(app.work, Topic.PAYMENT, dispute["charge"])
    payment = look.payment(checkout)
    assert (payment.status, payment.disputed_minor, payment.is_disputed) == (PaymentStatus.SETTLED, 5000, False)
    assert look.facts()[-2:] == ["PaymentSettled", "PaymentReturned"]
