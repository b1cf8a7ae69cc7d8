"""Fees, currencies, refunds, disputes and payouts: every cent accounted for."""

from typing import Any

import pytest
from stripe import InvalidRequestError


def movements(shop: Any, **params: Any) -> list[Any]:
    return list(shop.client.v1.balance_transactions.list({"limit": 100, **params}).auto_paging_iter())


def test_a_card_payment_costs_one_and_a_half_percent_and_a_quarter(shop: Any) -> None:
    movement = shop.give(amount=5000).payment_intent.latest_charge.balance_transaction
    assert (movement.type, movement.amount, movement.fee, movement.net) == ("charge", 5000, 100, 4900)
    assert sum(detail.amount for detail in movement.fee_details) == movement.fee
    assert movement.exchange_rate is None
    assert movement.available_on > movement.created


@pytest.mark.parametrize(
    ("amount", "currency", "settled"),
    [(10_000, "usd", 9200), (10_000, "jpy", 6200), (150_000, "npr", 1035), (10_000, "kwd", 3010)],
)
def test_foreign_money_settles_in_euros_with_its_rate(shop: Any, amount: int, currency: str, settled: int) -> None:
    charge = shop.give(amount=amount, currency=currency).payment_intent.latest_charge
    movement = charge.balance_transaction
    assert (charge.amount, charge.currency) == (amount, currency)
    assert (movement.amount, movement.currency) == (settled, "eur")
    assert movement.exchange_rate > 0
    assert movement.net == movement.amount - movement.fee


def test_the_fee_is_not_yet_known_in_the_first_event(shop: Any) -> None:
    shop.give()
    (succeeded,) = shop.box.events("charge.succeeded")
    (updated,) = shop.box.events("charge.updated")
    assert succeeded["data"]["object"]["balance_transaction"] is None
    assert updated["data"]["object"]["balance_transaction"].startswith("txn_")


def test_the_fee_can_be_made_to_come_late(shop: Any) -> None:
    shop.box.turn_knobs(fee_delay_seconds=3600)
    session = shop.give()
    assert session.payment_intent.latest_charge.balance_transaction is None
    shop.days(1)
    assert shop.seen(session.id).payment_intent.latest_charge.balance_transaction.fee == 100


class TestRefunds:
    def test_never_exceed_what_is_left(self, shop: Any) -> None:
        charge = shop.give().payment_intent.latest_charge
        refunds = shop.client.v1.refunds
        first = refunds.create({"charge": charge.id, "amount": 2000, "reason": "requested_by_customer"})
        assert (first.status, first.amount) == ("succeeded", 2000)
        with pytest.raises(InvalidRequestError, match="greater than unrefunded"):
            refunds.create({"charge": charge.id, "amount": 3001})
        assert refunds.create({"payment_intent": charge.payment_intent}).amount == 3000
        with pytest.raises(InvalidRequestError) as refusal:
            refunds.create({"charge": charge.id})
        assert refusal.value.code == "charge_already_refunded"
        seen = shop.client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
        assert (seen.amount_refunded, seen.refunded, len(seen.refunds.data)) == (5000, True, 2)

    @pytest.mark.parametrize("params", [{}, {"charge": "ch_no"}, {"amount": 100}, {"payment_intent": "pi_no"}])
    def test_need_something_to_refund(self, shop: Any, params: dict[str, Any]) -> None:
        with pytest.raises(InvalidRequestError):
            shop.client.v1.refunds.create(params)

    @pytest.mark.parametrize("amount", [0, -5])
    def test_are_positive(self, shop: Any, amount: int) -> None:
        charge = shop.give().payment_intent.latest_charge
        with pytest.raises(InvalidRequestError):
            shop.client.v1.refunds.create({"charge": charge.id, "amount": amount})

    def test_wait_until_a_debit_has_settled(self, shop: Any) -> None:
        session = shop.give("FR1420041010050500013M02606")
        with pytest.raises(InvalidRequestError, match="not succeeded"):
            shop.client.v1.refunds.create({"payment_intent": session.payment_intent.id})
        shop.days(5)
        refund = shop.client.v1.refunds.create({"payment_intent": session.payment_intent.id})
        assert refund.status == "pending"
        shop.days(1)
        assert shop.client.v1.refunds.retrieve(refund.id).status == "succeeded"
        assert [row.type for row in movements(shop)] == ["payment_refund", "payment"]

    def test_can_fail_after_they_succeeded_and_the_money_comes_back(self, shop: Any) -> None:
        charge = shop.give("4000000000005126").payment_intent.latest_charge
        refund = shop.client.v1.refunds.create({"charge": charge.id})
        assert refund.status == "succeeded"
        shop.days(1)
        assert shop.client.v1.refunds.retrieve(refund.id).status == "failed"
        assert shop.client.v1.charges.retrieve(charge.id).amount_refunded == 0
        assert sum(row.amount for row in movements(shop)) == 5000
        assert shop.types()[-1] == "refund.failed"

    def test_started_in_the_dashboard_are_announced(self, shop: Any) -> None:
        charge = shop.give().payment_intent.latest_charge
        answer = shop.app.test_client().post(f"/_sandbox/refund/{charge.id}", json={"amount": 1200})
        assert answer.status_code == 200
        (event,) = shop.box.events("refund.created")
        assert (event["data"]["object"]["amount"], event["data"]["object"]["charge"]) == (1200, charge.id)
        assert event["request"] == {"id": None, "idempotency_key": None}

    def test_carry_metadata_that_can_be_changed(self, shop: Any) -> None:
        charge = shop.give().payment_intent.latest_charge
        refund = shop.client.v1.refunds.create({"charge": charge.id, "metadata": {"a": "1"}})
        assert shop.client.v1.refunds.update(refund.id, {"metadata": {"b": "2"}}).metadata["b"] == "2"
        assert len(shop.client.v1.refunds.list({"charge": charge.id}).data) == 1


class TestDisputes:
    def test_take_the_amount_and_a_fee_at_once(self, shop: Any) -> None:
        charge = shop.give("4000000000000259").payment_intent.latest_charge
        (dispute,) = shop.client.v1.disputes.list({"charge": charge.id}).data
        assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 5000, "fraudulent")
        assert (dispute.balance_transactions[0].amount, dispute.balance_transactions[0].fee) == (-5000, 2000)
        assert shop.client.v1.charges.retrieve(charge.id).disputed
        with pytest.raises(InvalidRequestError, match="charged back"):
            shop.client.v1.refunds.create({"charge": charge.id})

    def test_that_are_won_bring_the_amount_back_but_not_the_fee(self, shop: Any) -> None:
        shop.give("4000000000000259")
        (dispute,) = shop.client.v1.disputes.list().data
        under_review = shop.client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Asha"}})
        assert under_review.status == "under_review"
        assert shop.app.test_client().post(f"/_sandbox/win/{dispute.id}").status_code == 200
        assert shop.client.v1.disputes.retrieve(dispute.id).status == "won"
        assert sum(row.net for row in movements(shop)) == 4900 - 2000
        assert shop.types()[-3:] == [
            "charge.dispute.funds_reinstated",
            "charge.dispute.updated",
            "charge.dispute.closed",
        ]

    def test_that_nobody_answers_are_lost(self, shop: Any) -> None:
        shop.give("4000000000000259")
        shop.days(10)
        (dispute,) = shop.client.v1.disputes.list().data
        assert dispute.status == "lost"
        assert shop.types().count("charge.dispute.closed") == 1

    def test_can_be_accepted_once(self, shop: Any) -> None:
        shop.give("4000000000000259")
        (dispute,) = shop.client.v1.disputes.list().data
        assert shop.client.v1.disputes.close(dispute.id).status == "lost"
        with pytest.raises(InvalidRequestError):
            shop.client.v1.disputes.close(dispute.id)

    def test_of_debits_are_final(self, shop: Any) -> None:
        shop.give("FR5720041010050500013M02608")
        shop.days(6)
        (dispute,) = shop.client.v1.disputes.list().data
        assert (dispute.status, dispute.amount) == ("lost", 5000)
        assert "charge.dispute.closed" in shop.types()

    def test_of_debits_come_for_a_reason_that_can_be_given(self, shop: Any) -> None:
        shop.give("FR1420041010050500013M02606")
        shop.days(6)
        (charge,) = shop.client.v1.charges.list().data
        browser = shop.app.test_client()
        assert browser.post(f"/_sandbox/dispute/{charge.id}", data={"reason": "whim"}).status_code == 400
        assert browser.post(f"/_sandbox/dispute/{charge.id}", data={"reason": "customer_initiated"}).status_code == 200
        (dispute,) = shop.client.v1.disputes.list().data
        assert (dispute.status, dispute.reason) == ("lost", "customer_initiated")

    def test_of_debits_take_the_whole_amount_though_part_of_it_was_refunded(self, shop: Any) -> None:
        shop.give("FR1420041010050500013M02606")
        shop.days(6)
        (charge,) = shop.client.v1.charges.list().data
        shop.client.v1.refunds.create({"charge": charge.id, "amount": 2000})
        assert shop.app.test_client().post(f"/_sandbox/dispute/{charge.id}").status_code == 200
        (dispute,) = shop.client.v1.disputes.list().data
        assert dispute.amount == 5000
        assert sum(row.net for row in movements(shop)) == 5000 - 35 - 2000 - 5000 - 2000

    def test_as_inquiries_move_no_money(self, shop: Any) -> None:
        charge = shop.give().payment_intent.latest_charge
        shop.app.test_client().post(f"/_sandbox/inquire/{charge.id}")
        (dispute,) = shop.client.v1.disputes.list().data
        assert dispute.status == "warning_needs_response"
        shop.days(10)
        assert shop.client.v1.disputes.retrieve(dispute.id).status == "warning_closed"
        assert len(movements(shop, source=charge.id)) == 1
        assert "charge.dispute.funds_withdrawn" not in shop.types()

    def test_after_a_partial_refund_take_the_rest(self, shop: Any) -> None:
        charge = shop.give().payment_intent.latest_charge
        shop.client.v1.refunds.create({"charge": charge.id, "amount": 1000})
        shop.app.test_client().post(f"/_sandbox/dispute/{charge.id}")
        (dispute,) = shop.client.v1.disputes.list().data
        assert dispute.amount == 4000

    def test_warnings_of_fraud_move_no_money(self, shop: Any) -> None:
        charge = shop.give("4000000000005423").payment_intent.latest_charge
        (warning,) = shop.client.v1.radar.early_fraud_warnings.list({"charge": charge.id}).data
        assert warning.actionable
        assert "radar.early_fraud_warning.created" in shop.types()


class TestPayouts:
    def test_add_up_to_their_lines(self, shop: Any) -> None:
        shop.give(amount=5000)
        refunded = shop.give(amount=3000).payment_intent.latest_charge
        shop.client.v1.refunds.create({"charge": refunded.id, "amount": 1000})
        shop.give(amount=9000, currency="usd")
        shop.give("4000000000000259", amount=1000)
        shop.give("FR1420041010050500013M02606", amount=20_000)
        shop.days(30)
        payouts = list(shop.client.v1.payouts.list().auto_paging_iter())
        assert payouts
        for payout in payouts:
            assert (payout.status, payout.automatic, payout.reconciliation_status) == ("paid", True, "completed")
            lines = [row for row in movements(shop, payout=payout.id) if row.type != "payout"]
            assert sum(row.net for row in lines) == payout.amount
        everything = [row for row in movements(shop) if row.type != "payout"]
        assert sum(row.net for row in everything) == sum(payout.amount for payout in payouts)
        assert shop.client.v1.balance.retrieve().available[0].amount == 0
        assert shop.box.ledger()["totals"]["balance"] == 0

    def test_are_announced_when_they_arrive(self, shop: Any) -> None:
        shop.give()
        assert shop.app.test_client().post("/_sandbox/payout").status_code == 200
        assert shop.types()[-3:] == ["payout.created", "payout.paid", "payout.reconciliation_completed"]
        assert shop.app.test_client().post("/_sandbox/payout").status_code == 400

    def test_do_not_include_what_is_not_yet_available(self, shop_with: Any) -> None:
        shop = shop_with(payout_interval_seconds=86_400)
        shop.give()
        shop.days(2)
        assert shop.client.v1.payouts.list().data == []
        shop.days(3)
        assert len(shop.client.v1.payouts.list().data) == 1

    def test_that_fail_return_the_money_to_the_next_one(self, shop: Any) -> None:
        shop.give()
        payout = shop.app.test_client().post("/_sandbox/payout").get_json()["payout"]
        assert shop.app.test_client().post(f"/_sandbox/fail_payout/{payout}").status_code == 200
        assert shop.client.v1.payouts.retrieve(payout).status == "failed"
        again = shop.app.test_client().post("/_sandbox/payout").get_json()
        assert again["amount"] == 4900
        lines = [row.type for row in movements(shop, payout=again["payout"])]
        assert lines == ["payout", "payout_failure"]

    def test_made_by_hand_cannot_be_itemised(self, shop: Any) -> None:
        shop.give()
        with pytest.raises(InvalidRequestError, match="insufficient"):
            shop.client.v1.payouts.create({"amount": 1000, "currency": "eur"})
        shop.days(4)
        payout = shop.client.v1.payouts.create({"amount": 1000, "currency": "eur"})
        assert (payout.automatic, payout.reconciliation_status) == (False, "not_applicable")
        with pytest.raises(InvalidRequestError, match="automatic"):
            movements(shop, payout=payout.id)


def test_the_ledger_names_where_each_payment_came_from(shop: Any) -> None:
    session = shop.give(client_reference_id="attempt-9")
    subscription = shop.give_monthly()
    shop.days(32)
    charges = shop.box.ledger()["charges"]
    assert len(charges) == 3
    assert {row["client_reference_id"] for row in charges} == {"attempt-9", None}
    assert [row["checkout_session"] for row in charges if row["client_reference_id"]] == [session.id]
    assert [row["subscription"] for row in charges].count(subscription.id) == 2
    assert all(row["fee"] == 100 and row["net"] == 4900 for row in charges)


class TestMandates:
    def test_name_their_method_and_the_account_its_creditor_identifier(self, shop: Any) -> None:
        shop.give("FR1420041010050500013M02606")
        (charge,) = shop.client.v1.charges.list().data
        name = charge.payment_method_details.sepa_debit.mandate
        mandate = shop.client.v1.mandates.retrieve(name, {"expand": ["payment_method"]})
        assert (mandate.status, mandate.payment_method.sepa_debit.last4) == ("active", "2606")
        assert 1 <= len(mandate.payment_method_details.sepa_debit.reference) <= 35
        ours = shop.client.v1.accounts.retrieve_current().settings.sepa_debit_payments.creditor_id
        assert ours.startswith("FR")
