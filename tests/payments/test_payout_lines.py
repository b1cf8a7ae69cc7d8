"""Every movement of a payout is a line, and every line is matched to what we know, or waits for somebody."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, select, text, update

from app.kernel.actors import SYSTEM, Actor, ActorKind
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments import flows, payout_books, sweeps
from app.payments.following import follow
from app.payments.gateway import Topic
from app.payments.line_finding import seek_line
from app.payments.models import LineKind, Payment, Payout, PayoutLine, PayoutStatus
from app.payments.services.line_explaining import explain_line, withdraw_explanation
from app.payments.stripe_gateway.payouts import read_part
from app.web.application import Application
from sandbox import money_movements
from tests.payments.conftest import Begin, Look
from tests.sandbox_world import DISPUTED, SEPA, SandboxWorld

pytestmark = pytest.mark.db
ASHA = Actor(kind=ActorKind.STAFF, id=1, name="Asha Gurung")


def findings(app: Application) -> list[str]:
    with app.database.snapshot() as db:
        return [finding for look in payout_books.CHECKS for finding in look(db)]


@pytest.fixture(autouse=True)
def payouts_in_balance(request: pytest.FixtureRequest, app: Application) -> Iterator[None]:
    """Payouts agree with their lines and payments after every test that does not upset them on purpose."""
    yield
    assert "finding" in request.fixturenames or findings(app) == []


def pay(world: SandboxWorld, begin: Begin, *amounts: int, number: str = "4242424242424242") -> list[Any]:
    """Donors who pay; what the gateway says of it has come in."""
    checkouts = [begin(amount) for amount in amounts]
    for checkout in checkouts:
        world.pay(checkout, number)
    world.deliver()
    return checkouts


def foreign(world: SandboxWorld, kind: str, amount: int, source: str, **fields: Any) -> None:
    """A movement at the gateway that we know nothing of."""
    there = world.sandbox.world
    with there.store.transaction():
        money_movements.record(there, kind, {"id": source}, amount=amount, **fields)


def told(look: Look) -> list[tuple[str, int, int, bool]]:
    """Kind, amount, fee and whether something of ours was found, of every line."""
    return sorted((line.kind.value, line.amount_minor, line.fee_minor, line.is_found) for line in look.all(PayoutLine))


def at_once(count: int, work: Callable[[int], object]) -> None:
    gate = Barrier(count)

    def one(number: int) -> object:
        gate.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))


def test_each_movement_is_a_line_and_together_they_are_the_payout(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    first, second = pay(world, begin, 5000, 7000)
    debit = begin(3000)
    world.pay(debit, SEPA)
    world.advance(days=6)
    world.deliver()
    world.act("refund", str(look.payment(first).charge_reference), amount="1000")
    world.act("dispute", str(look.payment(second).charge_reference))
    foreign(world, "stripe_fee", -250, "", reporting_category="fee")
    world.pay_out()
    world.deliver()

    (payout,) = look.all(Payout)
    assert payout.reconciled_at is not None
    assert told(look) == [
        ("dispute", -7000, 2000, True), ("fee", -250, 0, True), ("payment", 3000, 35, True),
        ("payment", 5000, 100, True), ("payment", 7000, 130, True), ("refund", -1000, 0, True),
    ]  # fmt: skip
    lines = look.all(PayoutLine)
    assert sum(line.net_minor for line in lines) == payout.amount_minor
    assert {line.payment_id for line in lines if line.kind is LineKind.PAYMENT} == {
        look.payment(each).id for each in (first, second, debit)
    }
    (refund,) = look.refunds(look.payment(first))
    (dispute,) = look.disputes(look.payment(second))
    by_kind = {line.kind: line for line in lines}
    assert (by_kind[LineKind.REFUND].refund_id, by_kind[LineKind.REFUND].payment_id) == (refund.id, refund.payment_id)
    assert by_kind[LineKind.DISPUTE].dispute_id == dispute.id
    assert by_kind[LineKind.DISPUTE].payment_id == look.payment(second).id


def test_a_dispute_won_and_a_refund_that_failed_come_back_in_the_next_payout(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    (lost_and_won,) = pay(world, begin, 5000, number=DISPUTED)
    (refunded,) = pay(world, begin, 9000)
    world.act("refund", str(look.payment(refunded).charge_reference), amount="1000")
    world.pay_out()
    world.act("win", world.stored("dispute")[0]["id"])
    world.act("fail_refund", world.stored("refund")[0]["id"])
    world.pay_out()
    world.deliver()

    _first, second = look.all(Payout)
    (dispute,) = look.disputes(look.payment(lost_and_won))
    (refund,) = look.refunds(look.payment(refunded))
    came_back = {line.kind: line for line in look.all(PayoutLine) if line.payout_id == second.id}
    assert {kind: line.net_minor for kind, line in came_back.items()} == {
        LineKind.DISPUTE_WON: 5000, LineKind.FAILED_REFUND: 1000,
    }  # fmt: skip
    assert came_back[LineKind.DISPUTE_WON].dispute_id == dispute.id
    assert came_back[LineKind.FAILED_REFUND].refund_id == refund.id


def test_another_currency_keeps_its_rate_and_what_the_donor_paid(world: SandboxWorld, begin: Begin, look: Look) -> None:
    checkout = begin(10_000, "USD")
    world.pay(checkout)
    world.deliver()
    world.act("refund", str(look.payment(checkout).charge_reference), amount="2500")
    world.pay_out()
    world.deliver()

    lines = {line.kind: line for line in look.all(PayoutLine)}
    payment, refund = lines[LineKind.PAYMENT], lines[LineKind.REFUND]
    assert (payment.amount, payment.exchange_rate, payment.original) == (
        Money(9200, "EUR"), "0.92", Money(10_000, "USD"),
    )  # fmt: skip
    assert (refund.amount, refund.original) == (Money(-2300, "EUR"), Money(-2500, "USD"))


def test_read_again_nothing_changes(app: Application, world: SandboxWorld, begin: Begin, look: Look) -> None:
    pay(world, begin, 5000, 7000)
    world.pay_out()
    world.deliver()
    (payout,) = look.all(Payout)

    def state() -> list[Any]:
        with app.database.reading() as db:
            tables = (PayoutLine.__table__, Payout.__table__, Payment.__table__, AuditEntry.__table__)
            return [list(db.execute(select(table).order_by(text("id")))) for table in tables]  # type: ignore[call-overload]

    before = state()
    follow(app.work, Topic.PAYOUT, payout.reference)
    assert state() == before


def test_two_workers_at_once_write_each_line_once(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    pay(world, begin, *range(1000, 3000, 100))
    foreign(world, "charge", 4000, "ch_of_another_shop", fee=85)
    world.pay_out()
    world.deliver(jobs_too=False)
    (event,) = [event for event in look.events() if event.kind == "payout.reconciliation_completed"]

    at_once(2, lambda _number: flows.work_event(app.work, event.id))

    (payout,) = look.all(Payout)
    assert payout.reconciled_at is not None
    assert len(look.all(PayoutLine)) == 21


def test_whoever_is_stopped_half_way_goes_on_where_it_was(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.payments.itemising.AT_ONCE", 2)
    pay(world, begin, 1000, 2000, 3000, 4000, 5000)
    world.pay_out()
    world.deliver(jobs_too=False)
    payout = world.stored("payout")[0]["id"]
    real, asked = world.gateway.payout_parts, []

    def stopped(reference: str) -> Iterator[Any]:
        for number, part in enumerate(real(reference)):
            if number == 3:
                raise KeyboardInterrupt
            asked.append(part)
            yield part

    monkeypatch.setattr(world.gateway, "payout_parts", stopped)
    with pytest.raises(KeyboardInterrupt):
        follow(app.work, Topic.PAYOUT, payout)
    assert len(look.all(PayoutLine)) == 2
    assert look.all(Payout)[0].reconciled_at is None
    monkeypatch.undo()
    world.deliver()
    assert len(look.all(PayoutLine)) == 5
    assert look.all(Payout)[0].reconciled_at is not None


def test_what_we_know_nothing_of_waits_and_is_asked_for_once(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    pay(world, begin, 5000)
    foreign(world, "charge", 4000, "ch_of_another_shop", fee=85, reporting_category="charge")
    foreign(world, "adjustment", -300, "", reporting_category="other_adjustment")
    foreign(world, "something_new", -1, "xx_1")
    world.pay_out()
    world.deliver()

    (payout,) = look.all(Payout)
    assert payout.reconciled_at is not None
    assert {line.kind for line in look.all(PayoutLine) if not line.is_explained} == {
        LineKind.PAYMENT, LineKind.ADJUSTMENT, LineKind.OTHER,
    }  # fmt: skip
    (stranger,) = [line for line in look.all(PayoutLine) if line.source == "ch_of_another_shop"]
    assert not seek_line(app.work, stranger.id, actor=ASHA)


def test_a_line_is_explained_by_a_note_which_can_be_taken_back(
    app: Application, world: SandboxWorld, look: Look
) -> None:
    foreign(world, "charge", 4000, "ch_of_another_shop", fee=85)
    world.pay_out()
    world.deliver()
    (line,) = look.all(PayoutLine)

    def do(deed: Callable[..., None], *words: str) -> None:
        with app.database.writing() as db:
            act_as(db, ASHA)
            deed(db, db.get_one(PayoutLine, line.id), *words, actor=ASHA)

    for words, why in (("  ", "few words"), ("x" * 501, "at most")):
        with pytest.raises(Refused, match=why):
            do(explain_line, words)
    do(explain_line, " The shop ")
    (explained,) = look.all(PayoutLine)
    assert (explained.explanation, explained.explained_by, explained.is_explained) == ("The shop", "Asha Gurung", True)
    with pytest.raises(Refused, match="Asha Gurung"):
        do(explain_line, "Something else")
    do(withdraw_explanation)
    do(withdraw_explanation)
    (again,) = look.all(PayoutLine)
    assert (again.explanation, again.explained_by, again.explained_at, again.is_explained) == ("", "", None, False)
    entries = [entry for entry in look.all(AuditEntry) if entry.record_type == "payout_line"]
    assert [entry.changes["explanation"] for entry in entries] == [["", "The shop"], ["The shop", ""]]


def test_what_is_found_needs_no_words(app: Application, world: SandboxWorld, begin: Begin, look: Look) -> None:
    pay(world, begin, 5000)
    world.pay_out()
    world.deliver()
    (line,) = look.all(PayoutLine)
    with app.database.writing() as db:
        act_as(db, ASHA)
        with pytest.raises(Refused, match="found"):
            explain_line(db, db.get_one(PayoutLine, line.id), "A gift", actor=ASHA)


def forget_the_payment(app: Application) -> None:
    """As if a payment had been lost after its payout was read."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        db.execute(update(PayoutLine).values(payment_id=None, is_explained=False))
        db.execute(text("UPDATE gateway_event SET payment_id = NULL"))
        db.execute(delete(Payment))


def test_a_payment_that_was_missing_is_found_when_somebody_looks_again(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    (checkout,) = pay(world, begin, 5000)
    world.pay_out()
    world.deliver()
    forget_the_payment(app)
    (line,) = look.all(PayoutLine)

    assert seek_line(app.work, line.id, actor=ASHA)

    (line,) = look.all(PayoutLine)
    assert (line.payment_id, line.is_explained) == (look.payment(checkout).id, True)
    assert look.payment(checkout).payout_reference == look.all(Payout)[0].reference


def test_the_sweep_matches_what_became_known_meanwhile(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    (checkout,) = pay(world, begin, 5000)
    world.pay_out()
    world.deliver()
    forget_the_payment(app)
    follow(app.work, Topic.PAYMENT, str(look.all(PayoutLine)[0].source))
    sweeps.sweep(app.work)
    assert look.all(PayoutLine)[0].payment_id == look.payment(checkout).id


def test_the_sweep_fetches_the_lines_of_payouts_known_from_before(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    pay(world, begin, 5000, 7000)
    world.pay_out()
    world.deliver()
    for reset in ("UPDATE payout SET reconciled_at = NULL", "SELECT 1"):  # once as the migration leaves them
        with app.database.writing() as db:
            db.execute(delete(PayoutLine))
            db.execute(text(reset))
        sweeps.sweep(app.work)
        assert len(look.all(PayoutLine)) == 2
        assert look.all(Payout)[0].reconciled_at is not None


def test_a_payout_that_failed_frees_its_payments_until_their_money_comes_again(
    world: SandboxWorld, begin: Begin, look: Look
) -> None:
    (checkout,) = pay(world, begin, 5000)
    world.pay_out()
    world.deliver()
    (failed,) = look.all(Payout)
    assert look.payment(checkout).payout_reference == failed.reference
    world.act("fail_payout", failed.reference)
    world.deliver()
    assert look.payment(checkout).payout_reference is None
    world.pay_out()
    world.deliver()

    failed, again = look.all(Payout)
    assert (failed.status, again.status) == (PayoutStatus.FAILED, PayoutStatus.PAID)
    (back,) = [line for line in look.all(PayoutLine) if line.payout_id == again.id]
    assert (back.kind, back.transfer_id, back.is_explained) == (LineKind.TRANSFER, failed.id, True)
    assert look.payment(checkout).payout_reference == again.reference


def test_a_payout_made_by_hand_is_a_line_of_the_next_one(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    pay(world, begin, 5000)
    world.advance(days=1)
    there = world.sandbox.world
    with there.store.transaction():
        for movement in there.store.all("balance_transaction"):
            there.store.put({**movement, "available_on": there.now()})
    world.gateway._stripe.v1.payouts.create({"amount": 1000, "currency": "eur"})
    world.pay_out()
    world.deliver()

    by_hand = next(payout for payout in look.all(Payout) if payout.is_by_hand)
    (line,) = [line for line in look.all(PayoutLine) if line.kind is LineKind.TRANSFER]
    assert (line.net_minor, line.transfer_id, line.is_explained) == (-1000, by_hand.id, True)
    sweeps.sweep(app.work)
    assert by_hand.reconciled_at is None


def test_a_payout_made_by_hand_is_heard_of_by_the_sweep_and_is_no_fault(
    app: Application, world: SandboxWorld, begin: Begin, look: Look
) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        pay(world, begin, 5000)
        world.sandbox.world.forget("payout", "automatic")
        clock.shift(timedelta(days=4))
        world.sandbox.run_due_tasks()
        world.gateway._stripe.v1.payouts.create({"amount": 1000, "currency": "eur"})
        clock.shift(timedelta(days=4))
        world.sandbox.run_due_tasks()
        world.deliver()
        assert look.all(Payout) == []
        report = sweeps.sweep(app.work)
    (by_hand,) = look.all(Payout)
    assert (by_hand.is_by_hand, by_hand.status) == (True, PayoutStatus.PAID)
    assert (report.drifted, report.failed) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "category", "amount", "ours"),
    [
        ("charge", "charge", 100, LineKind.PAYMENT),
        ("payment", "charge", 100, LineKind.PAYMENT),
        ("refund", "refund", -100, LineKind.REFUND),
        ("payment_refund", "refund", -100, LineKind.REFUND),
        ("refund_failure", "refund_failure", 100, LineKind.FAILED_REFUND),
        ("payment_failure_refund", "charge_failure", -100, LineKind.DISPUTE),
        ("adjustment", "dispute", -100, LineKind.DISPUTE),
        ("adjustment", "dispute_reversal", 100, LineKind.DISPUTE_WON),
        ("adjustment", "other_adjustment", -5, LineKind.ADJUSTMENT),
        ("adjustment", "fee", -5, LineKind.FEE),
        ("stripe_fee", "fee", -5, LineKind.FEE),
        ("payout_failure", "payout_reversal", 5, LineKind.TRANSFER),
        ("tax_fee", "tax", -5, LineKind.FEE),
        ("climate_order_purchase", "climate_order_purchase", -5, LineKind.OTHER),
    ],
)
def test_every_type_of_movement_has_a_word_of_ours(kind: str, category: str, amount: int, ours: LineKind) -> None:
    movement = {
        "id": "txn_1", "type": kind, "reporting_category": category, "source": None, "amount": amount, "fee": 0,
        "net": amount, "currency": "eur", "created": 1_790_000_000, "available_on": 1_790_086_400,
        "exchange_rate": None,
    }  # fmt: skip
    part = read_part(movement, of="po_1")
    assert part is not None
    assert (part.kind, part.net.minor, part.booked_on, part.about) == (ours, amount, date(2026, 9, 21), None)


UPSETS = {
    "its lines add up to 4899, not to 4900": update(PayoutLine).values(amount_minor=4999, net_minor=4899),
    "is called reconciled, but has no lines": delete(PayoutLine),
    "disagree on what was settled or on the fee": update(Payment).values(fee_minor=99, net_minor=4901),
    "does not know that line": update(Payment).values(payout_reference=None),
    "was paid out twice": text(
        "INSERT INTO payout_line (payout_id, reference, kind, code, about, amount_minor, fee_minor, net_minor,"
        " currency, booked_on, payment_id, is_explained, explanation, explained_by, created_at)"
        " SELECT payout_id, 'txn_twice', kind, code, about, amount_minor, fee_minor, net_minor, currency, booked_on,"
        " payment_id, is_explained,"
        " explanation, explained_by, created_at FROM payout_line"
    ),
}


@pytest.mark.parametrize("finding", UPSETS)
def test_whatever_does_not_add_up_is_named(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, finding: str
) -> None:
    pay(world, begin, 5000)
    world.pay_out()
    world.deliver()
    assert look.all(Payout)[0].amount_minor == 4900
    assert findings(app) == []
    with app.database.writing() as db:
        db.execute(UPSETS[finding], execution_options={"synchronize_session": False})
    assert any(finding in line for line in findings(app)), findings(app)
