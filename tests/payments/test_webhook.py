"""The door for the gateway's messages: what is let in, once, and what is turned away without a trace."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from stripe import WebhookSignature

from app.kernel.clock import now
from app.kernel.jobs import Job
from app.kernel.tallies import Tallies, happened_since
from app.payments.gateway import Gateway
from app.payments.models import EventStatus
from app.payments.no_gateway import NoGateway
from app.payments.services.gateway_events import BAD_SIGNATURE
from app.payments.stripe_gateway import StripeGateway
from app.web.application import Application
from tests.payments.conftest import Look

pytestmark = pytest.mark.db
ADDRESS = "/webhooks/stripe"
SECRET = "whsec_for_tests"
Send = Callable[..., int]


def message(**changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_790_000_000,
        "type": "product.created",
        "livemode": False,
        "data": {"object": {"id": "prod_1", "object": "product"}},
        **changes,
    }


def sign(body: bytes, secret: str = SECRET, at: int | None = None) -> str:
    return str(WebhookSignature.generate_signature_header(body.decode("utf-8", "surrogateescape"), secret, at))


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Post a message, signed unless a signature is given; the status of the answer."""

    def post(what: Any, signature: str | None = None, **options: Any) -> int:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        header = sign(body, **options) if signature is None else signature
        return client.post(ADDRESS, data=body, headers={"Stripe-Signature": header}).status_code

    return post


def test_a_message_is_kept_with_its_payload_and_worked_by_a_job(app: Application, send: Send, look: Look) -> None:
    assert send(message()) == 200
    (event,) = look.events()
    assert (event.reference, event.kind, event.object_reference) == ("evt_1", "product.created", "prod_1")
    assert (event.is_test, event.status) == (True, EventStatus.WAITING)
    assert event.payload == message()
    with app.database.reading() as db:
        kinds = list(db.scalars(select(Job.kind).order_by(Job.kind)))
    assert kinds == ["payments.work_event"]


def test_the_same_message_again_is_answered_well_and_kept_once(send: Send, look: Look) -> None:
    assert [send(message()), send(message())] == [200, 200]
    assert len(look.events()) == 1
    assert len([job for job in look.all(Job) if job.kind == "payments.work_event"]) == 1


def test_a_kind_that_does_not_concern_us_is_ignored_and_says_so(
    send: Send, look: Look, run_jobs: Callable[[], int]
) -> None:
    send(message())
    run_jobs()
    (event,) = look.events()
    assert (event.status, event.effect) == (EventStatus.IGNORED, "not_handled")


@pytest.mark.parametrize(
    "wrong",
    [
        {"livemode": True},
        {"account": "acct_of_somebody_else"},
        {"livemode": "no"},
        {"livemode": None},
        {"object": "v2.core.event"},
        {"id": None},
        {"id": "evt 1; drop table"},
        {"id": "e" * 300},
        {"type": 7},
        {"created": "yesterday"},
        {"created": 10**30},
        {"created": -(10**30)},
        {"created": True},
        {"created": 1.5},
        {"data": None},
        {"data": []},
        {"data": {"object": "prod_1"}},
    ],
)
def test_a_signed_message_of_another_form_mode_or_account_is_turned_away(
    send: Send, look: Look, wrong: dict[str, Any]
) -> None:
    assert send(message(**wrong)) == 400
    assert look.events() == []
    assert look.all(Job) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a":' * 500 + b"1" + b"}" * 500, b"[]", b"null", b'"event"', b"\xff\xfe", b"NaN", b"[" * 60_000],
)
def test_a_signed_body_that_is_no_message_is_turned_away(send: Send, look: Look, body: bytes) -> None:
    header = sign(body) if body != b"\xff\xfe" else "t=1,v1=00"
    assert send(body, header) == 400
    assert look.events() == []


def test_numbers_that_json_does_not_know_are_turned_away(send: Send, look: Look) -> None:
    body = json.dumps(message(data={"object": {"id": "x", "rate": float("nan")}})).encode()
    assert send(body) == 400
    assert look.events() == []


def test_signs_a_database_cannot_hold_are_replaced_and_the_rest_is_kept(send: Send, look: Look) -> None:
    body = json.dumps(message(data={"object": {"id": "x", "name": "A\u0000B \ud800 Céline \\u0000"}})).encode()
    assert send(body) == 200
    (event,) = look.events()
    name = event.payload["data"]["object"]["name"]
    assert "\u0000" not in name
    assert "Céline" in name


@pytest.mark.parametrize(
    ("name", "escapes"),
    [
        ("Céline “C” 🙂", True), ("Céline “C” 🙂", False), ("एक", True), ("एक", False),
        ("half \ud83d a smile", True), ("NUL \u0000", True), ("no NUL \\u0000", True),
    ],
)  # fmt: skip
def test_what_a_message_says_is_kept_whole_however_it_is_written(
    send: Send, look: Look, name: str, escapes: bool
) -> None:
    about = {"id": "x", "name": name, "large": 2**80, "small": 0.1, "none": None, "list": [[], {}]}
    assert send(json.dumps(message(data={"object": about}), ensure_ascii=escapes).encode()) == 200
    (event,) = look.events()
    kept = event.payload["data"]["object"]
    told = name.replace("\0", "?").encode("utf-8", "replace").decode()
    assert kept == {**about, "name": told, "large": pytest.approx(2**80)}


def test_a_message_may_be_nested_as_deep_as_any_is_and_no_deeper(send: Send) -> None:
    def nested(levels: int) -> Any:
        inner: Any = 1
        for level in range(levels):
            inner = {"in": inner} if level % 2 else [inner]
        return message(data={"object": {"id": "x", "deep": inner}})

    answers = [send({**nested(levels), "id": f"evt_{levels}"}) for levels in range(40, 56)]
    slowly = [send({**nested(levels), "id": f"evt_{levels}_", "request": "\ud800"}) for levels in range(40, 56)]
    assert answers == slowly == sorted(answers)
    assert (answers[0], answers[-1]) == (200, 400)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-8-sig"])
def test_a_message_in_another_encoding_than_utf_8_is_turned_away(send: Send, look: Look, encoding: str) -> None:
    assert send(json.dumps(message(), ensure_ascii=False).encode(encoding)) == 400
    assert look.events() == []


@pytest.mark.parametrize(
    "signature",
    ["", "t=", "v1=abc", "t=1,v1=", "t=abc,v1=abc", "t=1", "nonsense", "t=1=2,v1=3", "é", "t=" + "9" * 400 + ",v1=0"],
)
def test_a_signature_that_is_none_is_turned_away(send: Send, look: Look, signature: str) -> None:
    assert send(message(), signature.encode("utf-8").decode("latin-1")) == 400
    assert look.events() == []


def test_a_message_cut_off_on_the_way_is_turned_away(send: Send, look: Look) -> None:
    body = json.dumps(message()).encode()
    assert [send(body[:-1], sign(body)), send(body[: len(body) // 2], sign(body))] == [400, 400]
    assert look.events() == []


def test_what_is_turned_away_is_counted_for_whoever_watches(app: Application, send: Send) -> None:
    before = app.ports.get(Tallies)
    app.ports.provide(Tallies, Tallies(app.database))  # one that writes at once
    send(message(), secret="whsec_of_somebody_else")
    app.ports.provide(Tallies, before)
    with app.database.reading() as db:
        counted, last = happened_since(db, BAD_SIGNATURE, now().date())
    assert counted == 1
    assert last is not None


def test_a_signature_with_signs_no_digest_has_is_turned_away_like_any_other(client: FlaskClient, look: Look) -> None:
    header = f"t={int(time.time())},v1=é"
    answer = client.post(ADDRESS, json=message(), environ_overrides={"HTTP_STRIPE_SIGNATURE": header})
    assert answer.status_code == 400
    assert look.events() == []


def test_a_message_without_any_signature_is_turned_away(client: FlaskClient, look: Look) -> None:
    assert client.post(ADDRESS, json=message()).status_code == 400
    assert look.events() == []


def test_another_secret_is_turned_away(send: Send, look: Look) -> None:
    assert send(message(), secret="whsec_of_somebody_else") == 400
    assert look.events() == []


def test_a_body_changed_on_the_way_is_turned_away(send: Send, look: Look) -> None:
    assert send(message(), sign(json.dumps(message(id="evt_2")).encode())) == 400
    assert look.events() == []


@pytest.mark.parametrize(("age", "answer"), [(301, 400), (290, 200), (-290, 200), (-310, 400), (-86_400, 400)])
def test_a_message_too_old_or_from_the_future_is_turned_away(send: Send, age: int, answer: int) -> None:
    assert send(message(), at=int(time.time()) - age) == answer


def test_while_the_secret_is_being_rolled_both_are_accepted(app: Application, send: Send, look: Look) -> None:
    before = app.ports.get(Gateway)
    rolled = replace(app.settings, STRIPE_WEBHOOK_SECRETS="whsec_the_new_one, whsec_for_tests")
    app.ports.provide(Gateway, StripeGateway(rolled))
    assert send(message()) == 200
    assert send(message(id="evt_2"), secret="whsec_the_new_one") == 200
    assert send(message(id="evt_3"), secret="whsec_of_nobody") == 400
    app.ports.provide(Gateway, before)
    assert len(look.events()) == 2


def test_a_live_key_takes_live_messages_only(app: Application, send: Send) -> None:
    before = app.ports.get(Gateway)
    live = replace(app.settings, STRIPE_SECRET_KEY="rk_live_x", STRIPE_API_BASE="https://api.stripe.com")
    app.ports.provide(Gateway, StripeGateway(live))
    assert send(message()) == 400
    assert send(message(livemode=True)) == 200
    app.ports.provide(Gateway, before)


def test_too_large_a_body_is_turned_away_as_such(send: Send, look: Look) -> None:
    assert send(message(data={"object": {"id": "x", "text": "a" * 300_000}})) == 413
    assert look.events() == []


def test_too_large_a_body_without_a_length_is_turned_away_too(client: FlaskClient, look: Look) -> None:
    answer = client.post(
        ADDRESS,
        input_stream=BytesIO(b"a" * 400_000),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
        headers={"Stripe-Signature": "t=1,v1=0"},
    )
    assert answer.status_code == 413
    assert look.events() == []


def test_other_methods_are_not_answered(client: FlaskClient) -> None:
    assert client.get(ADDRESS).status_code == 405


def test_without_a_key_nothing_can_be_ours(app: Application, send: Send, look: Look) -> None:
    before = app.ports.get(Gateway)
    app.ports.provide(Gateway, NoGateway())
    assert send(message()) == 400
    app.ports.provide(Gateway, before)
    assert look.events() == []


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400), header=st.text(st.characters(max_codepoint=255), max_size=60))
def test_junk_is_turned_away_and_leaves_nothing(client: FlaskClient, look: Look, body: bytes, header: str) -> None:
    clean = header.replace("\r", "").replace("\n", "")
    assert client.post(ADDRESS, data=body, headers={"Stripe-Signature": clean}).status_code == 400
    assert look.events() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JUNK)
def test_junk_that_is_signed_is_turned_away_and_leaves_nothing(send: Send, look: Look, body: Any) -> None:
    assert send(body) == 400
    assert look.events() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["id", "object", "type", "created", "livemode", "data", "api_version"]), value=JUNK)
def test_a_message_with_one_part_that_is_junk_never_breaks_the_door(send: Send, name: str, value: Any) -> None:
    assert send(message(**{name: value})) in {200, 400}
