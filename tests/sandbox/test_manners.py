"""How the API behaves whatever is asked: keys, errors, idempotency, pages, expansion, shapes, faults."""

import json
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from sandbox.in_process import InProcessClient
from sandbox.shapes import faults
from sandbox.world import public


def ask(shop: Any, method: str, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    response = shop.app.test_client().open(path, method=method, headers=headers)
    return response.status_code, response.get_json()


def test_a_missing_key_is_unauthorised(shop: Any) -> None:
    status, body = ask(shop, "GET", "/v1/customers")
    assert (status, body["error"]["type"]) == (401, "invalid_request_error")


@pytest.mark.parametrize("key", ["sk_live_12345678", "rk_live_1", "pk_test_1", "nonsense"])
def test_keys_that_are_not_secret_test_keys_are_refused(shop: Any, key: str) -> None:
    client = StripeClient(key, http_client=InProcessClient(shop.app), max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list()


def test_another_api_version_is_refused(shop: Any) -> None:
    client = StripeClient("sk_test_1", stripe_version="2024-06-20", http_client=InProcessClient(shop.app))
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        client.v1.customers.list()


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/payment_intents/pi_1/confirm", "/v1/setup_intents"])
def test_unknown_routes_answer_in_stripes_shape(shop: Any, path: str) -> None:
    status, body = ask(shop, "POST", path, Authorization="Bearer sk_test_1")
    assert status == 404
    assert body["error"]["message"].startswith("Unrecognized request URL")


def test_an_unknown_object_is_missing(shop: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.charges.retrieve("ch_nothing")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_an_object_of_another_kind_is_missing_too(shop: Any) -> None:
    session = shop.session()
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        shop.client.v1.charges.retrieve(session.id)


def test_the_same_key_replays_the_first_answer(shop: Any) -> None:
    options = {"idempotency_key": "attempt-1"}
    first = shop.client.v1.customers.create({"email": "a@example.org"}, options)
    second = shop.client.v1.customers.create({"email": "a@example.org"}, options)
    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(shop.client.v1.customers.list().data) == 1
    assert shop.types() == ["customer.created"]


def test_the_same_key_with_other_parameters_is_refused(shop: Any) -> None:
    options = {"idempotency_key": "attempt-1"}
    shop.client.v1.customers.create({"email": "a@example.org"}, options)
    with pytest.raises(stripe.IdempotencyError):
        shop.client.v1.customers.create({"email": "b@example.org"}, options)


def test_a_refused_call_does_not_use_up_its_key(shop: Any) -> None:
    options = {"idempotency_key": "attempt-1"}
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.customers.create({"nonsense": "1"}, options)
    assert shop.client.v1.customers.create({"email": "a@example.org"}, options).id


def test_keys_are_forgotten_after_a_day(shop: Any) -> None:
    options = {"idempotency_key": "attempt-1"}
    first = shop.client.v1.customers.create({}, options)
    shop.days(1)
    assert shop.client.v1.customers.create({}, options).id != first.id


def test_lists_page_in_both_directions(shop: Any) -> None:
    made = [shop.client.v1.customers.create({"name": str(n)}).id for n in range(25)]
    newest_first = made[::-1]
    page = shop.client.v1.customers.list({"limit": 10})
    assert ([row.id for row in page.data], page.has_more) == (newest_first[:10], True)
    after = shop.client.v1.customers.list({"limit": 20, "starting_after": newest_first[9]})
    assert ([row.id for row in after.data], after.has_more) == (newest_first[10:], False)
    before = shop.client.v1.customers.list({"limit": 3, "ending_before": newest_first[9]})
    assert [row.id for row in before.data] == newest_first[6:9]
    assert [row.id for row in page.auto_paging_iter()] == newest_first


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"starting_after": "cus_nothing"}, {"created": {"gt": "x"}}]
)
def test_pages_that_make_no_sense_are_refused(shop: Any, params: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.customers.list(params)


def test_lists_are_bounded_by_their_creation(shop: Any) -> None:
    old = shop.client.v1.customers.create({})
    shop.days(2)
    new = shop.client.v1.customers.create({})
    found = shop.client.v1.customers.list({"created": {"gt": old.created}})
    assert [row.id for row in found.data] == [new.id]


def test_expansion_stops_after_four_levels(shop: Any) -> None:
    session = shop.give()
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["a.b.c.d.e"]})


@pytest.mark.parametrize("path", ["nothing", "amount_total", "payment_intent.nothing", "metadata.a"])
def test_what_cannot_be_expanded_is_refused(shop: Any, path: str) -> None:
    session = shop.give()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_lists_expand_their_rows(shop: Any) -> None:
    shop.give()
    rows = shop.client.v1.checkout.sessions.list({"expand": ["data.payment_intent", "data.line_items"]}).data
    assert rows[0].payment_intent.status == "succeeded"
    assert rows[0].line_items.data[0].amount_total == 5000


def test_lists_on_request_are_absent_otherwise(shop: Any) -> None:
    session = shop.give()
    assert "line_items" not in session
    assert "refunds" not in session.payment_intent.latest_charge


def test_everything_has_the_shape_the_sdk_describes(shop: Any) -> None:
    charge = shop.give("4000000000007726").payment_intent.latest_charge
    shop.client.v1.refunds.create({"charge": charge.id, "amount": 100})
    shop.give("4000000000000259")
    shop.give("4000000000005423")
    shop.give("FR5720041010050500013M02608")
    shop.give("4000000000000002")
    subscription = shop.give_monthly("4000000000000341", metadata={"a": "b"})
    shop.give_monthly("FR8420041010050500013M02607")
    shop.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    shop.days(60)
    found = set()
    rows = shop.box.world.store.db.execute("SELECT body FROM object").fetchall()
    rows += shop.box.world.store.db.execute("SELECT body FROM event").fetchall()
    for (body,) in rows:
        thing = public(json.loads(body))
        found |= set(faults(thing))
        if thing["object"] == "event":
            found |= set(faults(thing["data"]["object"]))
    assert found == {"webhook_endpoint.secret is missing"}  # shown once only, when it is created


def test_the_account_is_a_test_account(shop: Any) -> None:
    assert shop.client.v1.accounts.retrieve_current().id == "acct_sandbox"


def test_catalogue_entries_are_made_and_found(shop: Any) -> None:
    product = shop.client.v1.products.create({"name": "Monthly gift"})
    price = shop.client.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 1000, "recurring": {"interval": "month"}}
    )
    assert shop.client.v1.prices.retrieve(price.id).unit_amount == 1000
    assert [row.id for row in shop.client.v1.prices.list({"product": product.id}).data] == [price.id]
    session = shop.session(monthly=True, line_items=[{"price": price.id, "quantity": 2}])
    assert session.amount_total == 2000


def test_customers_are_changed_and_removed(shop: Any) -> None:
    customer = shop.client.v1.customers.create({"name": "Asha", "metadata": {"a": "1", "b": "2"}})
    changed = shop.client.v1.customers.update(customer.id, {"name": "Asha T.", "metadata": {"a": "", "c": "3"}})
    assert (changed.name, changed.metadata.to_dict()) == ("Asha T.", {"b": "2", "c": "3"})
    assert shop.client.v1.customers.delete(customer.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.customers.retrieve(customer.id)


class TestFaultsOnRequest:
    def test_a_rate_limit_does_nothing(self, shop: Any) -> None:
        shop.box.turn_knobs(error_rate_429=1)
        with pytest.raises(stripe.RateLimitError):
            shop.client.v1.customers.create({})
        shop.box.turn_knobs(error_rate_429=0)
        assert shop.client.v1.customers.list().data == []

    def test_an_error_before_the_work_does_nothing(self, shop: Any) -> None:
        shop.box.turn_knobs(error_rate_500=1)
        with pytest.raises(stripe.APIError):
            shop.client.v1.customers.create({}, {"idempotency_key": "k"})
        shop.box.turn_knobs(error_rate_500=0)
        assert shop.client.v1.customers.list().data == []
        assert shop.client.v1.customers.create({}, {"idempotency_key": "k"}).id

    def test_a_lost_answer_is_found_again_under_its_key(self, shop: Any) -> None:
        shop.box.turn_knobs(lost_answer_rate=1)
        with pytest.raises(stripe.APIError):
            shop.client.v1.customers.create({}, {"idempotency_key": "k"})
        shop.box.turn_knobs(lost_answer_rate=0)
        again = shop.client.v1.customers.create({}, {"idempotency_key": "k"})
        assert [row.id for row in shop.client.v1.customers.list().data] == [again.id]

    def test_a_sticky_error_is_replayed_for_ever(self, shop: Any) -> None:
        shop.box.turn_knobs(sticky_500_rate=1)
        with pytest.raises(stripe.APIError):
            shop.client.v1.customers.create({}, {"idempotency_key": "k"})
        shop.box.turn_knobs(sticky_500_rate=0)
        with pytest.raises(stripe.APIError):
            shop.client.v1.customers.create({}, {"idempotency_key": "k"})
        assert shop.client.v1.customers.create({}, {"idempotency_key": "k2"}).id

    def test_a_hanging_call_is_carried_out_and_times_out(self, shop: Any) -> None:
        shop.box.turn_knobs(hang_seconds=60)
        with pytest.raises(stripe.APIConnectionError):
            shop.client.v1.customers.create({}, {"idempotency_key": "k"})
        shop.box.turn_knobs(hang_seconds=0)
        assert len(shop.client.v1.customers.list().data) == 1

    def test_the_sdks_own_retries_get_through_occasional_errors(self, shop: Any) -> None:
        shop.box.turn_knobs(error_rate_500=0.3, lost_answer_rate=0.2, seed=7)
        client = StripeClient("sk_test_1", http_client=InProcessClient(shop.app), max_network_retries=20)
        for _ in range(20):
            client.v1.customers.create({})
        shop.box.turn_knobs(error_rate_500=0, lost_answer_rate=0)
        assert len(shop.client.v1.customers.list({"limit": 100}).data) == 20

    @pytest.mark.parametrize("knobs", [{"nothing": 1}, {"drop_rate": 2}, {"drop_rate": "often"}, {"hang_seconds": -1}])
    def test_knobs_that_make_no_sense_are_refused(self, shop: Any, knobs: dict[str, Any]) -> None:
        response = shop.app.test_client().post("/_sandbox/knobs", json=knobs)
        assert response.status_code == 400
        assert not any(shop.box.knobs().values())


def test_where_the_dashboard_shows_a_dispute_the_panel_does(shop: Any) -> None:
    answer = shop.app.test_client().get("/test/disputes/dp_1")
    assert (answer.status_code, answer.location) == (302, "/_sandbox#dp_1")
