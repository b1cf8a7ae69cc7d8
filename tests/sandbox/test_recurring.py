"""Monthly giving: renewals by the clock, failures and how they are mended, changes and the end."""

from datetime import UTC, datetime
from typing import Any

import pytest
from stripe import CardError, InvalidRequestError

from sandbox.periods import anniversary


def current(shop: Any, subscription: Any) -> Any:
    return shop.client.v1.subscriptions.retrieve(subscription.id)


def invoices(shop: Any, subscription: Any, **params: Any) -> list[Any]:
    return list(shop.client.v1.invoices.list({"subscription": subscription.id, **params}).auto_paging_iter())


def day(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).date().isoformat()


def test_a_monthly_gift_starts_at_checkout(shop: Any) -> None:
    session = shop.session(
        monthly=True, subscription_data={"metadata": {"pledge": "3"}}, customer_email="a@example.org"
    )
    assert shop.seen(session.id).subscription is None
    shop.pay(session.id)
    seen = shop.seen(session.id)
    assert (seen.status, seen.payment_status, seen.payment_intent) == ("complete", "paid", None)
    subscription = shop.client.v1.subscriptions.retrieve(seen.subscription, {"expand": ["latest_invoice.payments"]})
    assert (subscription.status, subscription.metadata["pledge"]) == ("active", "3")
    assert "current_period_end" not in subscription
    item = subscription["items"].data[0]
    assert 28 * 86_400 <= item.current_period_end - item.current_period_start <= 31 * 86_400
    assert (item.price.unit_amount, item.price.recurring.interval) == (5000, "month")
    invoice = subscription.latest_invoice
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == ("paid", "subscription_create", 5000)
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata["pledge"] == "3"
    assert "payment_intent" not in invoice
    intent = invoice.payments.data[0].payment.payment_intent
    links = shop.client.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}})
    assert [link.invoice for link in links.data] == [invoice.id]
    assert {
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "payment_intent.succeeded",
        "charge.succeeded",
        "checkout.session.completed",
    } <= set(shop.types())


def test_payments_are_shown_on_an_invoice_only_when_asked_for(shop: Any) -> None:
    subscription = shop.give_monthly()
    assert "payments" not in shop.client.v1.invoices.retrieve(subscription.latest_invoice)
    shown = shop.client.v1.invoices.retrieve(
        subscription.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    assert shown.payments.data[0].payment.payment_intent.status == "succeeded"


def test_a_declined_card_starts_no_subscription(shop: Any) -> None:
    session = shop.session(monthly=True)
    assert shop.pay(session.id, "4000000000000002").status == 402
    assert shop.client.v1.subscriptions.list({"status": "all"}).data == []
    assert shop.client.v1.customers.list().data == []
    assert shop.pay(session.id).status == 303
    assert len(shop.client.v1.subscriptions.list().data) == 1


def test_a_year_of_renewals_is_twelve_more_gifts(shop: Any) -> None:
    subscription = shop.give_monthly()
    shop.days(366)
    found = invoices(shop, subscription)
    assert len(found) == 13
    assert {invoice.status for invoice in found} == {"paid"}
    assert [invoice.billing_reason for invoice in found] == ["subscription_cycle"] * 12 + ["subscription_create"]
    assert len({row["id"] for row in shop.box.ledger()["charges"]}) == 13
    assert all(charge["status"] == "succeeded" for charge in shop.box.ledger()["charges"])


def test_other_intervals_renew_in_their_own_time(shop: Any) -> None:
    price = {"currency": "eur", "unit_amount": 5000, "product_data": {"name": "Gift"}}
    quarterly = {**price, "recurring": {"interval": "month", "interval_count": 3}}
    yearly = {**price, "recurring": {"interval": "year"}}
    each = [shop.give_monthly(line_items=[{"quantity": 1, "price_data": chosen}]) for chosen in (quarterly, yearly)]
    shop.days(367)
    assert [len(invoices(shop, subscription)) for subscription in each] == [5, 2]


def test_renewals_name_their_subscription_and_its_metadata(shop: Any) -> None:
    subscription = shop.give_monthly(subscription_data={"metadata": {"pledge": "3"}})
    shop.days(32)
    newest = invoices(shop, subscription)[0]
    assert newest.parent.subscription_details.metadata["pledge"] == "3"
    paid = [event["data"]["object"]["id"] for event in shop.box.events("invoice.paid")]
    assert paid[-1] == newest.id
    assert shop.box.events("payment_intent.succeeded")[-1]["data"]["object"]["metadata"] == {}


class TestFailingRenewals:
    def test_are_retried_and_then_end_the_subscription(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000000000000341")
        shop.days(31)
        assert current(shop, subscription).status == "past_due"
        open_invoice = invoices(shop, subscription)[0]
        assert (open_invoice.status, open_invoice.attempt_count) == ("open", 1)
        assert open_invoice.next_payment_attempt > shop.box.world.now()
        shop.days(16)
        ended = current(shop, subscription)
        assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
        assert shop.types().count("invoice.payment_failed") == 4
        assert shop.types().count("customer.subscription.deleted") == 1
        shop.days(60)
        assert len(invoices(shop, subscription)) == 2

    def test_can_be_left_unpaid_instead(self, shop_with: Any) -> None:
        shop = shop_with(after_retries="unpaid")
        subscription = shop.give_monthly("4000000000000341")
        shop.days(48)
        assert current(shop, subscription).status == "unpaid"

    def test_are_mended_in_the_portal(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000000000000341")
        shop.days(31)
        portal = shop.client.v1.billing_portal.sessions.create(
            {"customer": subscription.customer, "return_url": "https://charity.example/my"}
        )
        path = portal.url.removeprefix("http://127.0.0.1:4300")
        assert "Payment overdue" in shop.donor.look(path).page
        refused = shop.donor.send(path, act="method", number="4000000000000002", expiry="12/34", cvc="123")
        assert "was declined" in refused.page
        assert current(shop, subscription).status == "past_due"
        done = shop.donor.send(path, act="method", number="4242424242424242", expiry="12/34", cvc="123")
        assert done.status == 303
        mended = current(shop, subscription)
        assert mended.status == "active"
        assert mended.default_payment_method != subscription.default_payment_method
        assert {invoice.status for invoice in invoices(shop, subscription)} == {"paid"}
        shop.days(31)
        assert len(invoices(shop, subscription, status="paid")) == 3

    def test_can_be_tried_again_by_hand(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000000000000341")
        shop.days(31)
        overdue = invoices(shop, subscription)[0]
        with pytest.raises(CardError) as refusal:
            shop.client.v1.invoices.pay(overdue.id, options={"idempotency_key": "again"})
        assert (refusal.value.code, refusal.value.http_status) == ("card_declined", 402)
        assert shop.types().count("invoice.payment_failed") == 2
        with pytest.raises(CardError):
            shop.client.v1.invoices.pay(overdue.id, options={"idempotency_key": "again"})
        assert shop.types().count("invoice.payment_failed") == 2
        customer = shop.client.v1.customers.retrieve(subscription.customer)
        assert len(shop.client.v1.customers.payment_methods.list(customer.id).data) == 1

    def test_of_paid_invoices_cannot_be_tried_again(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        with pytest.raises(InvalidRequestError, match="cannot be paid"):
            shop.client.v1.invoices.pay(subscription.latest_invoice)
        with pytest.raises(InvalidRequestError, match="void"):
            shop.client.v1.invoices.void_invoice(subscription.latest_invoice)

    def test_end_when_their_invoice_is_void(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000000000000341")
        shop.days(31)
        overdue = invoices(shop, subscription)[0]
        assert shop.client.v1.invoices.void_invoice(overdue.id).status == "void"
        shop.days(20)
        assert shop.types().count("invoice.payment_failed") == 1

    def test_that_need_the_donor_are_confirmed_on_the_invoice_page(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000002760003184")
        shop.days(31)
        assert current(shop, subscription).status == "past_due"
        assert "invoice.payment_action_required" in shop.types()
        page = invoices(shop, subscription)[0].hosted_invoice_url.removeprefix("http://127.0.0.1:4300")
        assert "Complete" in shop.donor.look(page).page
        shop.donor.send(page, result="fail")
        assert current(shop, subscription).status == "past_due"
        shop.donor.send(page, result="complete")
        assert current(shop, subscription).status == "active"
        assert "is paid" in shop.donor.look(page).page

    def test_do_not_strike_a_card_that_needed_its_owner_only_once(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000002500003155")
        shop.days(62)
        assert {invoice.status for invoice in invoices(shop, subscription)} == {"paid"}


class TestByDebit:
    def test_each_renewal_waits_for_the_bank(self, shop: Any) -> None:
        subscription = shop.give_monthly("FR1420041010050500013M02606")
        assert (current(shop, subscription).status, invoices(shop, subscription)[0].status) == ("active", "open")
        shop.days(5)
        assert invoices(shop, subscription)[0].status == "paid"
        shop.days(32)
        assert [invoice.status for invoice in invoices(shop, subscription)] == ["paid", "paid"]
        mandates = {
            event["data"]["object"]["payment_method_details"]["sepa_debit"]["mandate"]
            for event in shop.box.events("charge.succeeded")
        }
        assert len(mandates) == 1
        assert shop.client.v1.mandates.retrieve(mandates.pop()).status == "active"

    def test_nothing_else_is_collected_while_the_bank_has_not_answered(self, shop: Any) -> None:
        subscription = shop.give_monthly("4000000000000341")
        shop.days(32)
        portal = shop.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
        debit = {"act": "method", "method": "sepa_debit", "iban": "FR1420041010050500013M02606", "name": "Donor"}
        shop.donor.send(portal.url.partition("4300")[2], **debit)
        (overdue,) = invoices(shop, subscription, status="open")
        shop.days(3)  # when the card would have been tried again
        shop.donor.send(f"/i/{overdue.id}", result="complete")
        shop.days(3)
        taken = [charge for charge in shop.client.v1.charges.list().data if charge.status == "succeeded"]
        assert len(taken) == 2
        assert shop.client.v1.invoices.retrieve(overdue.id).status == "paid"

    def test_a_first_debit_that_fails_leaves_it_past_due(self, shop: Any) -> None:
        subscription = shop.give_monthly("FR8420041010050500013M02607")
        shop.days(5)
        assert current(shop, subscription).status == "past_due"
        assert "checkout.session.async_payment_failed" in shop.types()

    def test_a_mandate_can_be_withdrawn_at_the_bank(self, shop: Any) -> None:
        shop.give_monthly("FR1420041010050500013M02606")
        (event,) = shop.box.events("charge.pending")
        mandate = event["data"]["object"]["payment_method_details"]["sepa_debit"]["mandate"]
        shop.app.test_client().post(f"/_sandbox/revoke_mandate/{mandate}")
        assert shop.client.v1.mandates.retrieve(mandate).status == "inactive"
        assert shop.types()[-1] == "mandate.updated"


class TestChanges:
    def test_a_pause_takes_nothing_until_it_ends(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        resumes = shop.box.world.now() + 70 * 86_400
        shop.client.v1.subscriptions.update(
            subscription.id, {"pause_collection": {"behavior": "void", "resumes_at": resumes}}
        )
        shop.days(65)
        assert [invoice.status for invoice in invoices(shop, subscription)] == ["void", "void", "paid"]
        assert current(shop, subscription).status == "active"
        shop.days(30)
        assert current(shop, subscription).pause_collection is None
        assert invoices(shop, subscription)[0].status == "paid"

    @pytest.mark.parametrize(
        ("behaviour", "status"), [("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible")]
    )
    def test_a_pause_can_keep_its_invoices(self, shop: Any, behaviour: str, status: str) -> None:
        subscription = shop.give_monthly()
        shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": behaviour}})
        shop.days(32)
        assert invoices(shop, subscription)[0].status == status
        shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": ""})
        shop.days(31)
        assert invoices(shop, subscription)[0].status == "paid"

    def test_a_new_amount_counts_from_the_next_payment(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        item = subscription["items"].data[0]
        price = {
            "currency": "eur",
            "product": item.price.product,
            "unit_amount": 8000,
            "recurring": {"interval": "month"},
        }
        change = {"items": [{"id": item.id, "price_data": price}]}
        with pytest.raises(InvalidRequestError, match="proration"):
            shop.client.v1.subscriptions.update(subscription.id, change)
        shop.client.v1.subscriptions.update(subscription.id, {**change, "proration_behavior": "none"})
        shop.days(32)
        assert [invoice.amount_paid for invoice in invoices(shop, subscription)] == [8000, 5000]

    def test_the_day_can_be_moved(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        chosen = subscription["items"].data[0].current_period_end + 6 * 86_400
        moved = shop.client.v1.subscriptions.update(
            subscription.id, {"trial_end": chosen, "proration_behavior": "none"}
        )
        assert moved["items"].data[0].current_period_end == chosen
        shop.days(33)
        assert len(invoices(shop, subscription)) == 1
        shop.days(6)
        assert len(invoices(shop, subscription, status="paid")) == 2
        assert current(shop, subscription).status == "active"

    def test_the_end_of_the_period_can_be_the_end(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        ending = shop.client.v1.subscriptions.update(
            subscription.id,
            {"cancel_at_period_end": True, "cancellation_details": {"feedback": "too_expensive", "comment": "Moving"}},
        )
        assert ending.cancel_at == ending["items"].data[0].current_period_end
        assert ending.cancellation_details.feedback == "too_expensive"
        kept = shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
        assert kept.cancel_at is None
        shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
        shop.days(32)
        assert current(shop, subscription).status == "canceled"
        assert len(invoices(shop, subscription)) == 1
        assert shop.types().count("customer.subscription.deleted") == 1

    def test_the_end_of_a_later_period_can_be_the_end_and_charges_nothing_for_the_time_after(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        ends = anniversary(subscription.billing_cycle_anchor, "month", 1, 2)
        shop.client.v1.subscriptions.update(subscription.id, {"cancel_at": ends})
        shop.days(80)
        ended = current(shop, subscription)
        assert (ended.status, ended.ended_at) == ("canceled", ends)
        assert len(invoices(shop, subscription)) == 2

    def test_a_date_within_this_period_can_be_the_end(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        soon = {"cancel_at": shop.box.world.now() + 10 * 86_400, "proration_behavior": "none"}
        shop.client.v1.subscriptions.update(subscription.id, soon)
        shop.days(12)
        assert current(shop, subscription).status == "canceled"
        assert len(invoices(shop, subscription)) == 1

    def test_an_end_that_would_charge_a_part_of_a_period_is_not_imitated(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        with pytest.raises(InvalidRequestError, match="where a period ends"):
            shop.client.v1.subscriptions.update(subscription.id, {"cancel_at": shop.box.world.now() + 40 * 86_400})

    def test_it_can_end_at_once(self, shop: Any) -> None:
        subscription = shop.give_monthly()
        ended = shop.client.v1.subscriptions.cancel(subscription.id, {"cancellation_details": {"comment": "Bye"}})
        assert (ended.status, ended.cancellation_details.comment) == ("canceled", "Bye")
        with pytest.raises(InvalidRequestError):
            shop.client.v1.subscriptions.cancel(subscription.id)
        with pytest.raises(InvalidRequestError, match="canceled"):
            shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
        assert shop.client.v1.subscriptions.list().data == []
        assert len(shop.client.v1.subscriptions.list({"status": "all"}).data) == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"default_payment_method": "pm_nothing"},
            {"cancel_at": 1},
            {"items": [{"id": "si_nothing", "quantity": 2}], "proration_behavior": "none"},
            {"pause_collection": {"behavior": "sleep"}},
            {"collection_method": "send_invoice"},
            {"status": "active"},
        ],
    )
    def test_changes_that_make_no_sense_are_refused(self, shop: Any, change: dict[str, Any]) -> None:
        subscription = shop.give_monthly()
        with pytest.raises(InvalidRequestError):
            shop.client.v1.subscriptions.update(subscription.id, change)
        assert current(shop, subscription).status == "active"


def test_the_first_payment_can_wait_for_a_chosen_day(shop: Any) -> None:
    chosen = shop.box.world.now() + 10 * 86_400
    session = shop.session(
        monthly=True, subscription_data={"billing_cycle_anchor": chosen, "proration_behavior": "none"}
    )
    assert session.amount_total == 0
    assert shop.pay(session.id, "4000000000000002").status == 402
    assert shop.pay(session.id).status == 303
    seen = shop.seen(session.id)
    assert (seen.payment_status, seen.payment_intent) == ("no_payment_required", None)
    assert shop.client.v1.charges.list().data == []
    shop.days(10)
    (charge,) = shop.client.v1.charges.list().data
    assert charge.amount == 5000


def test_the_31st_falls_on_the_last_day_of_shorter_months(shop_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2027, 1, 31, 12, tzinfo=UTC).timestamp()
    monkeypatch.setattr("sandbox.clock.time.time", lambda: start)
    shop = shop_with()
    subscription = shop.give_monthly(expires_at=int(start) + 3600)
    shop.days(125)
    ends = [day(invoice.lines.data[0].period.start) for invoice in reversed(invoices(shop, subscription))]
    assert ends == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]


def test_the_portal_ends_a_gift_and_takes_it_back(shop: Any) -> None:
    subscription = shop.give_monthly()
    portal = shop.client.v1.billing_portal.sessions.create(
        {"customer": subscription.customer, "return_url": "https://charity.example/my", "locale": "fr"}
    )
    path = portal.url.removeprefix("http://127.0.0.1:4300")
    assert "Vos dons réguliers" in shop.donor.look(path).page
    shop.donor.send(path, act="cancel", subscription=subscription.id)
    assert current(shop, subscription).cancel_at_period_end
    assert "Prend fin le" in shop.donor.look(path).page
    shop.donor.send(path, act="keep", subscription=subscription.id)
    assert not current(shop, subscription).cancel_at_period_end


def test_a_portal_shows_only_ones_own_gifts(shop: Any) -> None:
    mine, theirs = shop.give_monthly(), shop.give_monthly()
    portal = shop.client.v1.billing_portal.sessions.create({"customer": mine.customer})
    path = portal.url.removeprefix("http://127.0.0.1:4300")
    assert shop.donor.send(path, act="cancel", subscription=theirs.id).status == 404
    assert not current(shop, theirs).cancel_at_period_end
    shop.days(2)
    assert shop.donor.look(path).status == 404
    assert shop.donor.look("/p/session/bps_nothing").status == 404


def test_a_portal_needs_a_customer(shop: Any) -> None:
    for params in ({}, {"customer": "cus_nobody"}):
        with pytest.raises(InvalidRequestError):
            shop.client.v1.billing_portal.sessions.create(params)
