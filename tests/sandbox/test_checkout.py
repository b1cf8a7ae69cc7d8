"""What a donor meets on the hosted page, with every test instrument."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe import InvalidRequestError

DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined"),
    "4000000000009995": ("card_declined", "insufficient_funds", "insufficient funds"),
    "4000000000009987": ("card_declined", "lost_card", "Your card was declined"),
    "4000000000000069": ("expired_card", None, "has expired"),
    "4000000000000127": ("incorrect_cvc", None, "security code is incorrect"),
}


def test_a_good_card_pays_and_the_donor_is_sent_back(shop: Any) -> None:
    session = shop.session(
        client_reference_id="attempt-7",
        metadata={"attempt": "7"},
        payment_intent_data={"metadata": {"attempt": "7"}},
        submit_type="donate",
        locale="fr",
        adaptive_pricing={"enabled": False},
        customer_email="asha@example.org",
    )
    paid = shop.pay(session.id)
    assert (paid.status, paid.location) == (303, f"https://charity.example/thanks?s={session.id}")
    seen = shop.seen(session.id)
    assert (seen.status, seen.payment_status, seen.amount_total, seen.currency) == ("complete", "paid", 5000, "eur")
    assert (seen.client_reference_id, seen.metadata["attempt"], seen.livemode) == ("attempt-7", "7", False)
    assert (seen.customer_details.email, seen.customer_details.name) == ("asha@example.org", "Test Donor")
    assert seen.customer_details.address is None
    assert seen.payment_intent.metadata["attempt"] == "7"
    charge = seen.payment_intent.latest_charge
    assert (charge.status, charge.metadata["attempt"]) == ("succeeded", "7")
    assert (charge.payment_method_details.card.last4, charge.payment_method_details.card.brand) == ("4242", "visa")


@pytest.mark.parametrize("number", DECLINES)
def test_a_declined_card_leaves_the_session_open_for_another(shop: Any, number: str) -> None:
    session = shop.session()
    code, decline_code, words = DECLINES[number]
    refused = shop.pay(session.id, number)
    assert refused.status == 402
    assert words in refused.page
    seen = shop.seen(session.id)
    assert (seen.status, seen.payment_status) == ("open", "unpaid")
    error = seen.payment_intent.last_payment_error
    assert error.code == code
    assert getattr(error, "decline_code", None) == decline_code
    assert {"charge.failed", "payment_intent.payment_failed"} <= set(shop.types())
    assert shop.pay(session.id).status == 303
    assert shop.seen(session.id).payment_status == "paid"


@pytest.mark.parametrize("number", ["4000002500003155", "4000002760003184", "4000000000003220"])
def test_three_d_secure_asks_before_it_pays(shop: Any, number: str) -> None:
    session = shop.session()
    asked = shop.pay(session.id, number, authenticate="no")
    assert asked.location.endswith("/authenticate")
    assert shop.seen(session.id).payment_intent.status == "requires_action"
    page = shop.donor.look(f"/c/pay/{session.id}/authenticate").page
    assert "Complete" in page
    done = shop.donor.send(f"/c/pay/{session.id}/authenticate", result="complete")
    assert done.location.startswith("https://charity.example/thanks")
    assert shop.seen(session.id).payment_status == "paid"


def test_a_failed_three_d_secure_takes_nothing(shop: Any) -> None:
    session = shop.session()
    failed = shop.pay(session.id, "4000002500003155", authenticate="fail")
    assert "could not confirm" in failed.page
    seen = shop.seen(session.id)
    assert (seen.status, seen.payment_intent.status) == ("open", "requires_payment_method")
    assert shop.client.v1.charges.list().data == []


@pytest.mark.parametrize("number", ["4111111111111111", "4242", "", "378282246310005", "4000056655665556"])
def test_numbers_outside_the_test_list_are_refused(shop: Any, number: str) -> None:
    session = shop.session()
    refused = shop.pay(session.id, number)
    assert refused.status == 402
    assert "Only test numbers" in refused.page
    assert len(number) < 12 or number not in refused.page
    assert shop.seen(session.id).payment_intent is None


def test_nothing_of_a_number_is_kept_but_its_last_four_digits(shop: Any) -> None:
    shop.give()
    shop.give("FR1420041010050500013M02606")
    kept = "".join(row[0] for row in shop.box.world.store.db.execute("SELECT body FROM object"))
    kept += "".join(row[0] for row in shop.box.world.store.db.execute("SELECT body FROM event"))
    assert "4242424242424242" not in kept
    assert "FR1420041010050500013M02606" not in kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"expiry": "01/20"}, "in the past"),
        ({"expiry": "13/34"}, "month and year"),
        ({"expiry": ""}, "month and year"),
        ({"cvc": "12"}, "three digits"),
        ({"cvc": "abc"}, "three digits"),
        ({"email": "nobody"}, "e-mail"),
    ],
)
def test_what_cannot_be_used_is_asked_for_again(shop: Any, typed: dict[str, str], words: str) -> None:
    session = shop.session()
    refused = shop.pay(session.id, **typed)
    assert refused.status == 402
    assert words in refused.page
    assert shop.seen(session.id).status == "open"


@pytest.mark.parametrize("iban", ["FR1420041010050500013M02606", "DE89370400440532013000"])
def test_a_sepa_debit_is_unpaid_for_five_days_and_then_paid(shop: Any, iban: str) -> None:
    session = shop.give(iban)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert (session.payment_intent.status, session.payment_intent.latest_charge.status) == ("processing", "pending")
    shop.days(4)
    assert shop.seen(session.id).payment_status == "unpaid"
    shop.days(1)
    seen = shop.seen(session.id)
    assert (seen.payment_status, seen.payment_intent.status) == ("paid", "succeeded")
    movement = seen.payment_intent.latest_charge.balance_transaction
    assert (movement.type, movement.fee, movement.net) == ("payment", 35, 4965)
    assert "checkout.session.async_payment_succeeded" in shop.types()


def test_a_slow_debit_takes_twice_as_long(shop: Any) -> None:
    session = shop.give("FR3020041010050500013M02609")
    shop.days(6)
    assert shop.seen(session.id).payment_status == "unpaid"
    shop.days(5)
    assert shop.seen(session.id).payment_status == "paid"


@pytest.mark.parametrize(
    ("iban", "days"),
    [
        ("FR8420041010050500013M02607", 5),
        ("FR7920041010050500013M02600", 10),
        ("FR9720041010050000002222227", 5),
        ("DE62370400440532013001", 5),
    ],
)
def test_a_failing_debit_fails_after_the_donor_has_left(shop: Any, iban: str, days: int) -> None:
    session = shop.give(iban)
    assert session.status == "complete"
    shop.days(days)
    seen = shop.seen(session.id)
    assert (seen.payment_status, seen.payment_intent.latest_charge.status) == ("unpaid", "failed")
    assert shop.types()[-1] == "checkout.session.async_payment_failed"
    assert shop.client.v1.balance_transactions.list().data == []


def test_the_debit_delay_can_be_shortened(shop_with: Any) -> None:
    shop = shop_with(sepa_delay_seconds=0)
    assert shop.give("FR1420041010050500013M02606").payment_status == "paid"


def test_sepa_is_offered_in_euros_only(shop: Any) -> None:
    assert "IBAN" in shop.donor.look(f"/c/pay/{shop.session().id}").page
    session = shop.session(currency="usd")
    assert "IBAN" not in shop.donor.look(f"/c/pay/{session.id}").page
    assert shop.pay(session.id, "FR1420041010050500013M02606").status == 402


def test_pressing_pay_twice_pays_once(shop: Any) -> None:
    session = shop.session()
    first, second = shop.pay(session.id), shop.pay(session.id)
    assert first.location == second.location
    assert len(shop.client.v1.charges.list().data) == 1


def test_a_finished_session_says_so(shop: Any) -> None:
    session = shop.give()
    page = shop.donor.look(f"/c/pay/{session.id}")
    assert page.status == 200
    assert "already made" in page.page


def test_an_expired_session_says_so_and_takes_nothing(shop: Any) -> None:
    session = shop.session(expires_at=int((datetime.now(UTC) + timedelta(minutes=31)).timestamp()))
    shop.box.advance(32 * 60)
    page = shop.donor.look(f"/c/pay/{session.id}")
    assert page.status == 410
    assert "expired" in page.page
    assert shop.pay(session.id).status == 410
    assert shop.seen(session.id).status == "expired"
    assert shop.types() == ["checkout.session.expired"]


def test_a_caller_whose_clock_is_behind_may_still_set_the_end(shop: Any) -> None:
    shop.days(90)
    in_an_hour = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    assert abs(shop.session(expires_at=in_an_hour).expires_at - shop.box.world.now() - 3600) <= 2


def test_a_session_can_be_expired_once(shop: Any) -> None:
    session = shop.session()
    shop.pay(session.id, "4000000000000002")
    assert shop.client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert shop.seen(session.id).payment_intent.status == "canceled"
    with pytest.raises(InvalidRequestError, match="can be expired"):
        shop.client.v1.checkout.sessions.expire(session.id)


def test_an_unknown_page_is_not_found(shop: Any) -> None:
    assert shop.donor.look("/c/pay/cs_test_nothing").status == 404
    assert shop.donor.send("/c/pay/cs_test_nothing", number="4242424242424242").status == 404
    assert shop.donor.look("/c/pay/cs_test_nothing/authenticate").status == 404


def test_the_page_speaks_the_sessions_language(shop: Any) -> None:
    french = shop.donor.look(f"/c/pay/{shop.session(locale='fr', submit_type='donate').id}").page
    assert '<html lang="fr">' in french
    assert "50,00" in french
    assert "Donner" in french
    english = shop.donor.look(f"/c/pay/{shop.session(locale='en').id}").page
    assert "Pay 50.00" in english


def test_a_language_the_service_does_not_have_is_refused(shop: Any) -> None:
    with pytest.raises(InvalidRequestError, match="locale"):
        shop.session(locale="ne")


def test_forms_may_lead_only_to_the_charity(shop: Any) -> None:
    response = shop.app.test_client().get(f"/c/pay/{shop.session().id}")
    policy = response.headers["Content-Security-Policy"]
    assert "form-action 'self' https://charity.example;" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_what_a_donor_types_is_shown_as_text(shop: Any) -> None:
    page = shop.pay(shop.session().id, "1", name="<script>alert(1)</script>", email='"><b>@x').page
    assert "<script>" not in page
    assert "<b>" not in page


def test_a_session_with_a_known_customer_keeps_them(shop: Any) -> None:
    customer = shop.client.v1.customers.create({"email": "asha@example.org", "name": "Asha"})
    session = shop.session(customer=customer.id)
    assert "asha@example.org" in shop.donor.look(f"/c/pay/{session.id}").page
    shop.pay(session.id)
    seen = shop.seen(session.id)
    assert (seen.customer, seen.payment_intent.customer) == (customer.id, customer.id)
    assert seen.customer_details.email == "asha@example.org"


def test_a_customer_is_made_when_asked_for(shop: Any) -> None:
    assert shop.give().customer is None
    session = shop.give(customer_creation="always")
    assert shop.client.v1.customers.retrieve(session.customer).email == "donor@example.org"


REFUSED = [
    ({"payment_method_types": ["card"]}, "payment_method_types"),
    ({"ui_mode": "hosted"}, "ui_mode"),
    ({"ui_mode": "embedded"}, "ui_mode"),
    ({"mode": "gift"}, "mode"),
    ({"line_items": []}, "line_items"),
    ({"success_url": "javascript:alert(1)"}, "success_url"),
    ({"metadata": {"k": "x" * 501}}, "metadata"),
    ({"metadata": {"k" * 41: "x"}}, "metadata"),
    ({"expires_at": 1}, "expires_at"),
    ({"client_reference_id": "x" * 201}, "client_reference_id"),
    ({"customer_email": "nobody"}, "customer_email"),
    ({"customer": "cus_nobody"}, "customer"),
    ({"subscription_data": {"metadata": {"a": "b"}}}, "subscription_data"),
    ({"surprise": "yes"}, "surprise"),
    ({"payment_intent_data": {"surprise": "yes"}}, "payment_intent_data[surprise]"),
    ({"discounts": [{"coupon": "x"}]}, "discounts"),
    ({"submit_type": "give"}, "submit_type"),
    ({"invoice_creation": {"enabled": True}}, "invoice_creation"),
    ({"expires_at": "soon"}, "expires_at"),
]


@pytest.mark.parametrize(("change", "param"), REFUSED)
def test_parameters_the_service_would_refuse_are_refused(shop: Any, change: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        shop.session(**change)
    assert refusal.value.http_status in {400, 404}
    assert str(refusal.value.param).startswith(param)
    assert shop.types() == []


@pytest.mark.parametrize(("amount", "currency"), [(-1, "eur"), (0, "eur"), (49, "eur"), (10**8, "eur"), (5000, "xyz")])
def test_amounts_that_cannot_be_charged_are_refused(shop: Any, amount: int, currency: str) -> None:
    with pytest.raises(InvalidRequestError):
        shop.session(amount, currency)


def test_three_decimal_amounts_must_end_in_nought(shop: Any) -> None:
    with pytest.raises(InvalidRequestError, match="end in 0"):
        shop.session(5001, "kwd")
    assert shop.session(5000, "kwd").amount_total == 5000


def test_sessions_are_found_by_their_payment_and_their_donor(shop: Any) -> None:
    session = shop.give()
    shop.session()
    by_payment = shop.client.v1.checkout.sessions.list({"payment_intent": session.payment_intent.id})
    assert [row.id for row in by_payment.data] == [session.id]
    by_email = shop.client.v1.checkout.sessions.list({"customer_details": {"email": "donor@example.org"}})
    assert [row.id for row in by_email.data] == [session.id]
    assert len(shop.client.v1.checkout.sessions.list({"status": "open"}).data) == 1
    lines = shop.client.v1.checkout.sessions.line_items.list(session.id)
    assert [line.amount_total for line in lines.data] == [5000]
