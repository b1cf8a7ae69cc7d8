"""Money that goes back: asked for by us, made at the gateway's dashboard, later, failed, too much, twice."""

from collections.abc import Callable
from datetime import date

import pytest

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments import flows
from app.payments.gateway import GatewayUnavailable
from app.payments.models import Checkout, Method, Payment, Refund, RefundStatus
from app.payments.services import OfflinePayment, left_to_refund, record_offline_payment, request_refund
from app.web.application import Application
from tests.factories.payments import make_payment
from tests.payments.conftest import Begin, Look
from tests.sandbox_world import CARD, REFUND_FAILS, REFUND_LATER, SandboxWorld

pytestmark = pytest.mark.db
Ask = Callable[[Payment, int], Refund]


@pytest.fixture
def ask(app: Application) -> Ask:
    def request(payment: Payment, minor: int) -> Refund:
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            found = db.get_one(Payment, payment.id)
            return request_refund(db, found, Money(minor, payment.currency), "Asked by the donor", actor=SYSTEM)

    return request


def paid(world: SandboxWorld, begin: Begin, number: str = CARD) -> Checkout:
    checkout = begin()
    world.pay(checkout, number)
    world.deliver()
    return checkout


def test_a_part_and_then_the_rest_can_be_returned_and_no_more(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask
) -> None:
    checkout = paid(world, begin)
    part = flows.carry_out_refund(world.app.work, ask(look.payment(checkout), 2000).id, actor=SYSTEM)
    assert (part.status, part.amount) == (RefundStatus.SUCCEEDED, Money(2000, "EUR"))
    assert look.payment(checkout).refunded_minor == 2000
    assert look.payment(checkout).refundable == Money(3000, "EUR")
    with pytest.raises(Refused, match=r"30\.00"):
        ask(look.payment(checkout), 3001)
    flows.carry_out_refund(world.app.work, ask(look.payment(checkout), 3000).id, actor=SYSTEM)
    world.deliver()
    assert look.payment(checkout).refunded_minor == 5000
    assert look.facts().count("PaymentReturned") == 2
    assert len(look.refunds(look.payment(checkout))) == 2
    assert {refund["metadata"]["refund_token"] for refund in world.stored("refund")} == {
        refund.token for refund in look.refunds(look.payment(checkout))
    }


def test_what_was_asked_for_and_not_carried_out_yet_cannot_be_asked_for_again(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask
) -> None:
    checkout = paid(world, begin)
    ask(look.payment(checkout), 4000)
    with world.app.database.reading() as db:
        assert left_to_refund(db, look.payment(checkout)) == Money(1000, "EUR")
    with pytest.raises(Refused):
        ask(look.payment(checkout), 1001)
    assert look.payment(checkout).refunded_minor == 0
    assert "PaymentReturned" not in look.facts()


@pytest.mark.parametrize("minor", [0, -5])
def test_nothing_cannot_be_returned(world: SandboxWorld, begin: Begin, look: Look, ask: Ask, minor: int) -> None:
    checkout = paid(world, begin)
    with pytest.raises(Refused):
        ask(look.payment(checkout), minor)


def test_another_currency_cannot_be_returned(app: Application) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        with pytest.raises(Refused):
            request_refund(db, make_payment(db), Money(100, "USD"), "", actor=SYSTEM)


def test_money_that_came_by_cheque_is_not_returned_through_the_gateway(app: Application) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        from_post = make_payment(db, method=Method.CHEQUE, reference=None, charge_reference=None)
        with pytest.raises(Refused, match="online"):
            request_refund(db, from_post, Money(100, "EUR"), "", actor=SYSTEM)


def test_a_refund_made_at_the_dashboard_is_noted_as_one_of_ours(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = paid(world, begin)
    charge = look.payment(checkout).charge_reference
    assert charge
    world.act("refund", charge, amount="1500")
    world.deliver()
    payment = look.payment(checkout)
    assert payment.refunded_minor == 1500
    (refund,) = look.refunds(payment)
    assert (refund.status, refund.requested_by) == (RefundStatus.SUCCEEDED, "")
    assert look.facts().count("PaymentReturned") == 1


def test_a_refund_that_is_on_its_way_counts_and_succeeds_later(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask
) -> None:
    checkout = paid(world, begin, REFUND_LATER)
    refund = flows.carry_out_refund(world.app.work, ask(look.payment(checkout), 5000).id, actor=SYSTEM)
    assert refund.status is RefundStatus.PENDING
    assert look.payment(checkout).refunded_minor == 5000
    world.advance(days=2)
    world.deliver()
    (refund,) = look.refunds(look.payment(checkout))
    assert refund.status is RefundStatus.SUCCEEDED
    assert look.facts().count("PaymentReturned") == 1


def test_a_refund_that_fails_after_it_succeeded_gives_the_money_back_to_us(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask
) -> None:
    checkout = paid(world, begin, REFUND_FAILS)
    flows.carry_out_refund(world.app.work, ask(look.payment(checkout), 5000).id, actor=SYSTEM)
    assert look.payment(checkout).refunded_minor == 5000
    world.advance(days=2)
    world.deliver()
    (refund,) = look.refunds(look.payment(checkout))
    assert (refund.status, refund.failure_code) == (RefundStatus.FAILED, "lost_or_stolen_card")
    assert look.payment(checkout).refunded_minor == 0
    assert look.facts().count("PaymentReturned") == 2
    assert look.payment(checkout).refundable == Money(5000, "EUR")


def test_a_refusal_of_the_gateway_is_written_on_the_refund_and_frees_the_amount(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask
) -> None:
    checkout = paid(world, begin)
    payment = look.payment(checkout)
    assert payment.charge_reference
    world.act("refund", payment.charge_reference)  # at the dashboard, and no message has come yet
    refund = flows.carry_out_refund(world.app.work, ask(payment, 5000).id, actor=SYSTEM)
    assert (refund.status, refund.failure_code) == (RefundStatus.FAILED, "charge_already_refunded")
    world.deliver()
    assert look.payment(checkout).refunded_minor == 5000


def test_an_answer_that_is_lost_does_not_return_the_money_twice(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask
) -> None:
    checkout = paid(world, begin)
    refund = ask(look.payment(checkout), 2000)
    world.knobs(hang_seconds=60)
    with pytest.raises(GatewayUnavailable):
        flows.carry_out_refund(world.app.work, refund.id, actor=SYSTEM)
    assert look.refunds(look.payment(checkout))[0].status is RefundStatus.REQUESTED
    world.knobs(hang_seconds=0)
    world.deliver()  # the message comes first and finds the row by our token
    assert look.refunds(look.payment(checkout))[0].status is RefundStatus.SUCCEEDED
    flows.carry_out_refund(world.app.work, refund.id, actor=SYSTEM)
    assert len(world.stored("refund")) == len(look.refunds(look.payment(checkout))) == 1
    assert look.payment(checkout).refunded_minor == 2000


def test_a_request_older_than_the_gateways_memory_of_keys_is_looked_for_first(
    world: SandboxWorld, begin: Begin, look: Look, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = paid(world, begin)
    refund = ask(look.payment(checkout), 2000)
    world.knobs(hang_seconds=60)
    with pytest.raises(GatewayUnavailable):
        flows.carry_out_refund(world.app.work, refund.id, actor=SYSTEM)
    world.knobs(hang_seconds=0)
    world.sandbox.world.store.db.execute("DELETE FROM idempotency")
    monkeypatch.setattr(flows, "KEYS_LAST", -flows.KEYS_LAST)
    done = flows.carry_out_refund(world.app.work, refund.id, actor=SYSTEM)
    assert done.status is RefundStatus.SUCCEEDED
    assert len(world.stored("refund")) == 1


def test_offline_money_is_settled_at_once_and_only_by_offline_methods(app: Application) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        details = OfflinePayment(method=Method.CHEQUE, amount=Money(2500, "EUR"), received_on=date(2026, 2, 3))
        payment = record_offline_payment(db, details, actor=SYSTEM)
        assert payment.settled_at is not None
        assert payment.settled_at.isoformat() == "2026-02-03T11:00:00+00:00"
        for wrong in (
            OfflinePayment(method=Method.CARD, amount=Money(2500, "EUR"), received_on=date(2026, 2, 3)),
            OfflinePayment(method=Method.CASH, amount=Money(0, "EUR"), received_on=date(2026, 2, 3)),
            OfflinePayment(method=Method.CASH, amount=Money(1, "EUR"), received_on=date(2126, 2, 3)),
        ):
            with pytest.raises(Refused):
                record_offline_payment(db, wrong, actor=SYSTEM)
