"""Webhooks as the product meets them: signed, at least once, late, out of order, sometimes never."""

from typing import Any

import pytest
import stripe
from stripe import InvalidRequestError, api_version

SECRET = "whsec_of_the_tests"


def test_events_arrive_signed(shop: Any) -> None:
    session = shop.give()
    assert shop.box.deliver_due() > 0
    assert shop.inbox.types(shop.client) == shop.types()
    completed = next(event for event in shop.inbox.events(shop.client) if event.type == "checkout.session.completed")
    assert completed.data.object.id == session.id
    assert (completed.api_version, completed.livemode, completed.pending_webhooks) == (api_version, False, 1)


def test_a_changed_body_does_not_verify(shop: Any) -> None:
    shop.give()
    shop.box.deliver_due()
    body, headers = shop.inbox.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        shop.client.construct_event(body.replace(b"5000", b"9000"), headers["Stripe-Signature"], SECRET)


def test_signatures_are_fresh_however_far_the_sandbox_clock_is(shop: Any) -> None:
    shop.days(400)
    shop.give()
    shop.box.deliver_due()
    assert shop.inbox.types(shop.client) == shop.types()


def test_what_is_not_accepted_is_sent_again(shop: Any) -> None:
    shop.inbox.answers = [500, 302]
    shop.client.v1.customers.create({})
    assert shop.box.deliver_due() == 1
    assert shop.box.deliver_due() == 0  # the pause before the next attempt has not passed
    (event,) = shop.client.v1.events.list().data
    assert event.pending_webhooks == 1
    assert shop.box.deliver_due(ignore_pauses=True) == 2
    assert len({body for body, _headers in shop.inbox.received}) == 1
    assert shop.client.v1.events.retrieve(event.id).pending_webhooks == 0
    assert shop.box.deliver_due(ignore_pauses=True) == 0


def test_no_answer_is_not_an_acknowledgement(shop_with: Any) -> None:
    def refuse(*_: Any) -> int:
        raise OSError("connection refused")

    shop = shop_with()
    object.__setattr__(shop.box.world.settings, "deliver", refuse)
    shop.client.v1.customers.create({})
    shop.box.deliver_due()
    (waiting,) = shop.app.test_client().get("/_sandbox/deliveries").get_json()["data"]
    assert (waiting["attempts"], waiting["last_answer"]) == (1, "no answer: connection refused")


def test_a_duplicate_has_the_same_id(shop: Any) -> None:
    shop.box.turn_knobs(duplicate=1)
    shop.client.v1.customers.create({})
    shop.box.deliver_due()
    ids = [event.id for event in shop.inbox.events(shop.client)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_shuffled_events_all_arrive(shop: Any) -> None:
    shop.box.turn_knobs(shuffle=True, seed=3)
    shop.give()
    shop.give()
    shop.box.deliver_due()
    arrived = [event.id for event in shop.inbox.events(shop.client)]
    sent = [event["id"] for event in shop.box.events()]
    assert arrived != sent
    assert sorted(arrived) == sorted(sent)


def test_a_delayed_event_waits(shop: Any) -> None:
    shop.box.turn_knobs(delay_seconds=1000, seed=1)
    shop.client.v1.customers.create({})
    assert shop.box.deliver_due() == 0
    assert shop.box.deliver_due(ignore_pauses=True) == 1


def test_a_dropped_first_attempt_arrives_by_the_retry(shop: Any) -> None:
    shop.box.turn_knobs(drop_first_delivery=True)
    shop.client.v1.customers.create({})
    shop.box.deliver_due()
    assert shop.inbox.received == []
    shop.box.deliver_due(ignore_pauses=True)
    assert len(shop.inbox.received) == 1


def test_a_dropped_event_is_found_only_in_the_list(shop: Any) -> None:
    shop.client.v1.customers.create({"name": "delivered"})
    shop.box.turn_knobs(drop_rate=1)
    shop.client.v1.customers.create({"name": "dropped"})
    shop.box.deliver_due(ignore_pauses=True)
    assert len(shop.inbox.received) == 1
    (missed,) = shop.client.v1.events.list({"delivery_success": False}).data
    (arrived,) = shop.client.v1.events.list({"delivery_success": True}).data
    assert (missed.data.object.name, arrived.data.object.name) == ("dropped", "delivered")


def test_an_event_can_be_sent_again_from_the_dashboard(shop: Any) -> None:
    shop.client.v1.customers.create({})
    shop.box.deliver_due()
    (event,) = shop.client.v1.events.list().data
    assert shop.app.test_client().post(f"/_sandbox/redeliver/{event.id}").status_code == 200
    shop.box.deliver_due()
    assert len(shop.inbox.received) == 2
    assert shop.app.test_client().post("/_sandbox/redeliver/evt_nothing").status_code == 404


def test_events_are_listed_by_type_and_time(shop: Any) -> None:
    shop.give()
    shop.days(1)
    late = shop.client.v1.customers.create({})
    events = shop.client.v1.events
    assert [event.type for event in events.list({"type": "charge.succeeded"}).data] == ["charge.succeeded"]
    assert {event.type for event in events.list({"type": "charge.*"}).data} == {"charge.succeeded", "charge.updated"}
    wanted = ["customer.created", "checkout.session.completed"]
    assert [event.type for event in events.list({"types": wanted}).data] == wanted
    assert [event.type for event in events.list({"created": {"gte": late.created}}).data] == ["customer.created"]
    with pytest.raises(InvalidRequestError):
        events.list({"type": "a", "types": ["b"]})
    pages = [event.id for event in events.list({"limit": 2}).auto_paging_iter()]
    assert len(pages) == len(set(pages)) == len(shop.types())


def test_an_endpoint_gets_only_what_it_subscribed_to(shop_with: Any) -> None:
    shop = shop_with(enabled_events=("charge.succeeded", "checkout.session.completed"))
    shop.give()
    shop.box.deliver_due()
    assert shop.inbox.types(shop.client) == ["charge.succeeded", "checkout.session.completed"]


def test_endpoints_are_managed_over_the_api(shop: Any) -> None:
    endpoints = shop.client.v1.webhook_endpoints
    made = endpoints.create({"url": "http://other/hook", "enabled_events": ["customer.created"]})
    assert made.secret.startswith("whsec_")
    assert "secret" not in endpoints.retrieve(made.id)
    assert len(endpoints.list().data) == 2
    shop.client.v1.customers.create({})
    shop.box.deliver_due()
    assert len(shop.inbox.received) == 2
    endpoints.update(made.id, {"disabled": True})
    shop.client.v1.customers.create({})
    shop.box.deliver_due()
    assert len(shop.inbox.received) == 3
    assert endpoints.delete(made.id).deleted
    with pytest.raises(InvalidRequestError):
        endpoints.retrieve(made.id)


def test_an_event_says_which_call_caused_it(shop: Any) -> None:
    shop.client.v1.customers.create({}, {"idempotency_key": "attempt-1"})
    (event,) = shop.client.v1.events.list().data
    assert event.request.idempotency_key == "attempt-1"
    assert event.request.id.startswith("req_")


def test_snapshots_keep_the_moment_they_were_taken(shop: Any) -> None:
    charge = shop.give().payment_intent.latest_charge
    shop.client.v1.refunds.create({"charge": charge.id})
    (succeeded,) = shop.box.events("charge.succeeded")
    (refunded,) = shop.box.events("charge.refunded")
    assert succeeded["data"]["object"]["amount_refunded"] == 0
    assert refunded["data"]["object"]["amount_refunded"] == 5000
    assert refunded["data"]["previous_attributes"]["amount_refunded"] == 0
