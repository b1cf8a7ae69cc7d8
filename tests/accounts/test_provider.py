"""Signing in through the organisation's own provider: a real one is believed, a lying one in nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
import time_machine
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from app.accounts.models import OutsideIdentity, SignInMethod, StaffSession, StaffUser
from app.accounts.provider import Client, Provider
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.mail import Message
from sandbox.mailbox import free_port
from tests.factories.identity_provider import LyingProvider
from tests.factories.staff import give_authenticator, make_staff

pytestmark = pytest.mark.db
BACK = "http://localhost/sign-in/provider/back"


def plug_in(app, issuer, counts="no"):
    app.settings = replace(
        app.settings, OIDC_ISSUER=issuer, OIDC_CLIENT_ID="sahayog", OIDC_CLIENT_SECRET="a secret between us",
        OIDC_NAME="Himal", OIDC_COUNTS_AS_SECOND_FACTOR=counts,
    )  # fmt: skip
    app.ports.provide(Provider, Provider.of(app.settings))


@pytest.fixture
def plugged(app) -> Iterator[None]:
    """Whatever provider a test plugs in is taken out again."""
    before = app.settings
    yield
    app.settings = before
    app.ports.provide(Provider, Provider.of(before))


@pytest.fixture
def himal(app, plugged) -> Iterator[LyingProvider]:
    """A provider that does as it is told."""
    with LyingProvider() as provider:
        plug_in(app, provider.issuer)
        yield provider


@pytest.fixture
def maya(database) -> StaffUser:
    return make_staff(database, "gifts.read", email="maya@example.org")


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """`oidc-provider-mock` as a process of its own; its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ.copy())
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait_for(issuer)
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(issuer):
    until = time.monotonic() + 20
    while True:
        try:
            requests.get(f"{issuer}/.well-known/openid-configuration", timeout=2)
        except requests.ConnectionError:
            assert time.monotonic() < until, "the provider did not start"
            time.sleep(0.05)
        else:
            return


def go_and_come(client, provider, **query):
    """Leave for the provider, sign in there, and come back."""
    away = client.get("/sign-in/provider", query_string=query)
    assert away.status_code == 303
    return client.get(provider.agree(away.location))


def is_in(client) -> bool:
    return client.get("/account").status_code == 200


@pytest.fixture
def real(app, plugged, mock) -> str:
    """The real provider, plugged in; its address."""
    plug_in(app, mock)
    return mock


def test_a_real_provider_lets_in_whom_it_knows_by_a_verified_address(client, database, run_jobs, real):
    maya = make_staff(database, "gifts.read", email="maya@example.org")
    claims = {"email": "Maya@example.org", "email_verified": True}
    requests.put(f"{real}/users/maya-at-himal", json=claims, timeout=5).raise_for_status()
    assert b"Sign in with Himal" in client.get("/sign-in").data

    away = client.get("/sign-in/provider?next=/gifts")
    agreed = requests.post(away.location, data={"sub": "maya-at-himal"}, allow_redirects=False, timeout=5)
    assert agreed.headers["Location"].startswith(BACK)
    answer = client.get(agreed.headers["Location"].removeprefix("http://localhost"))

    assert (answer.status_code, answer.location) == (303, "/gifts")
    assert is_in(client)
    run_jobs()
    with database.reading() as db:
        tied = db.scalars(select(OutsideIdentity)).one()
        assert (tied.issuer, tied.subject, tied.staff_user_id) == (real, "maya-at-himal", maya.id)
        assert db.scalars(select(StaffSession.method)).one() is SignInMethod.PROVIDER
        assert "organisation’s sign-in for the first time" in db.scalars(select(Message.subject)).first()


def test_whoever_says_no_at_the_provider_is_led_back_with_kind_words(client, real):
    away = client.get("/sign-in/provider")
    denied = requests.post(away.location, data={"action": "deny"}, allow_redirects=False, timeout=5)
    state = away.location.partition("state=")[2].partition("&")[0]

    answer = client.get("/sign-in/provider/back", query_string={"error": "access_denied", "state": state})

    assert denied.status_code == 302
    assert answer.location == "/sign-in"
    assert b"was not completed" in client.get("/sign-in").data


def test_the_second_time_the_subject_counts_and_not_the_address(client, database, himal, maya):
    go_and_come(client, himal)
    client.post("/sign-out")
    himal.email = "somebody.else@example.org"

    assert go_and_come(client, himal).location == "/"
    assert is_in(client)


def test_every_request_has_its_own_state_nonce_and_challenge(client, himal, maya):
    asked = []
    for _ in range(2):
        himal.agree(client.get("/sign-in/provider").location)
        asked.append(himal.asked)

    assert {each["code_challenge_method"] for each in asked} == {"S256"}
    assert {each["response_type"] for each in asked} == {"code"}
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


FALSE = {
    "another nonce": {"nonce": "of another sign-in"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another client"},
    "several audiences, and we are not whom it was given to": {"aud": ["sahayog", "other"], "azp": "other"},
    "several audiences, and it is not said to whom it was given": {"aud": ["sahayog", "other"]},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://evil.example"},
    "run out": {"exp": int(time.time()) - 3600},
    "never running out": {"exp": None},
    "from the future": {"iat": int(time.time()) + 36000},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is no text": {"sub": 7},
}


@pytest.mark.parametrize("lie", FALSE.values(), ids=FALSE.keys())
def test_a_token_that_is_false_in_one_thing_lets_nobody_in(client, database, himal, maya, lie):
    with himal.lying(**lie):
        answer = go_and_come(client, himal)

    assert answer.location == "/sign-in"
    assert not is_in(client)
    with database.reading() as db:
        assert db.scalars(select(OutsideIdentity)).all() == []


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(client, himal, maya, algorithm):
    secret = OctKey.import_key("a secret between us, which is longer than it has to be")
    himal.header = {"alg": algorithm}
    himal.signs_with = secret if algorithm == "HS256" else RSAKey.generate_key(2048, {"kid": "one"})

    assert go_and_come(client, himal).location == "/sign-in"
    assert not is_in(client)


def test_a_new_key_of_the_provider_is_looked_for(client, himal, maya):
    go_and_come(client, himal)
    client.post("/sign-out")
    himal.key, himal.header = RSAKey.generate_key(2048, {"kid": "two"}), {"kid": "two"}

    with time_machine.travel(now() + timedelta(minutes=2)):
        assert go_and_come(client, himal).location == "/"
    assert himal.requests.count("/.well-known/openid-configuration") == 1
    assert himal.requests.count("/keys") == 2


def test_an_answer_is_good_once_and_in_the_browser_that_asked(app, client, himal, maya):
    back = himal.agree(client.get("/sign-in/provider").location)

    assert app.test_client().get(back).location == "/sign-in"
    assert client.get(back).location == "/"
    client.post("/sign-out")
    assert client.get(back).location == "/sign-in"
    assert not is_in(client)


def test_an_answer_comes_within_ten_minutes(client, himal, maya):
    with time_machine.travel(now(), tick=False) as clock:
        back = himal.agree(client.get("/sign-in/provider").location)
        clock.shift(timedelta(minutes=10, seconds=1))
        assert client.get(back).location == "/sign-in"


def test_two_tabs_can_be_on_the_way_at_once(client, himal, maya):
    first = client.get("/sign-in/provider?next=/gifts").location
    second = client.get("/sign-in/provider?next=/contacts/").location

    assert client.get(himal.agree(first)).location == "/gifts"
    assert is_in(client)
    assert client.get(himal.agree(second)).location in {"/contacts/", "/sign-in"}


@pytest.mark.parametrize(
    "answer", [{}, {"state": "x"}, {"code": "x", "state": "y" * 5000}, {"state": "\x00"}, {"error": "server_error"}]
)
def test_junk_from_elsewhere_lets_nobody_in(client, himal, maya, answer):
    client.get("/sign-in/provider")

    assert client.get("/sign-in/provider/back", query_string=answer).location == "/sign-in"
    assert not is_in(client)


def test_an_answer_of_another_provider_is_refused(client, himal, maya):
    back = himal.agree(client.get("/sign-in/provider").location)

    assert client.get(back.replace("iss=http", "iss=https")).location == "/sign-in"
    assert himal.requests.count("/token") == 0


def test_nobody_gets_an_account_by_signing_in_elsewhere(client, database, himal, maya):
    himal.email = "stranger@example.org"

    assert go_and_come(client, himal).location == "/sign-in"
    assert b"Nobody here has the e-mail address of that sign-in." in client.get("/sign-in").data
    with database.reading() as db:
        assert len(db.scalars(select(StaffUser)).all()) == 1


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": 7}])
def test_an_address_that_the_provider_has_not_verified_is_not_believed(client, himal, maya, said):
    himal.told = said

    with himal.lying(**said):
        assert go_and_come(client, himal).location == "/sign-in"
    assert b"did not say which e-mail address" in client.get("/sign-in").data


def test_an_address_that_is_not_in_the_token_is_asked_for_and_must_be_the_same_persons(client, himal, maya):
    himal.told = {"sub": "somebody else"}
    with himal.lying(email=None, email_verified=None):
        assert go_and_come(client, himal).location == "/sign-in"
        himal.told = {}
        assert go_and_come(client, himal).location == "/"


def test_whoever_takes_over_an_address_at_the_provider_does_not_take_over_the_account(client, himal, maya):
    go_and_come(client, himal)
    client.post("/sign-out")
    himal.subject = "a newcomer with an old address"

    assert go_and_come(client, himal).location == "/sign-in"
    assert b"belongs to another sign-in of your organisation" in client.get("/sign-in").data


def test_whoever_is_switched_off_here_does_not_get_in_from_there(client, database, himal, maya):
    go_and_come(client, himal)
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, maya.id).is_active = False

    assert go_and_come(client.application.test_client(), himal).location == "/sign-in"


def test_somebody_who_was_invited_may_come_in_this_way_without_ever_choosing_a_password(client, database, himal):
    make_staff(database, "gifts.read", email="maya@example.org", password_hash="")

    assert go_and_come(client, himal).location == "/"
    assert is_in(client)


def test_a_second_factor_of_ours_is_asked_for_unless_the_provider_counts_as_one(app, client, database, himal, maya):
    give_authenticator(database, maya)
    assert go_and_come(client, himal).location == "/sign-in/second-step/"

    plug_in(app, himal.issuer, "yes")
    assert go_and_come(app.test_client(), himal).location == "/"


def test_where_the_provider_counts_a_role_that_asks_for_a_second_factor_is_content(app, client, database, himal):
    make_staff(database, "gifts.read", email="maya@example.org", must=True)
    go_and_come(client, himal)
    assert client.get("/account").location.startswith("/account/security/")

    plug_in(app, himal.issuer, "yes")
    assert is_in(client)


SILENT = {
    "down": {"openid-configuration": (503, "")},
    "talking nonsense": {"openid-configuration": (200, "<html>")},
    "a list": {"openid-configuration": (200, "[]")},
    "moved": {"openid-configuration": (302, "")},
    "endless": {"openid-configuration": (200, '{"issuer": "' + "x" * 600_000 + '"}')},
}


@pytest.mark.parametrize("answers", SILENT.values(), ids=SILENT.keys())
def test_a_provider_that_does_not_answer_is_said_kindly(client, himal, maya, answers):
    himal.answers = answers

    assert client.get("/sign-in/provider").location == "/sign-in"
    assert b"Himal does not answer at the moment." in client.get("/sign-in").data


@pytest.mark.parametrize("answers", [{"token": (503, "")}, {"keys": (500, "")}, {"keys": (200, '{"keys": 7}')}])
def test_a_provider_that_fails_half_way_lets_nobody_in(client, himal, maya, answers):
    himal.answers = answers

    assert go_and_come(client, himal).location == "/sign-in"
    assert not is_in(client)


@pytest.mark.parametrize(
    "described",
    [{"issuer": "https://evil.example"}, {"authorization_endpoint": "http://evil.example/"},
     {"authorization_endpoint": "javascript:alert(1)"}, {"authorization_endpoint": None}],
)  # fmt: skip
def test_a_provider_that_describes_itself_wrongly_is_not_gone_to(client, himal, maya, described):
    himal.described = described

    assert client.get("/sign-in/provider").location == "/sign-in"


def test_a_provider_that_is_not_there_at_all_is_said_kindly(app, client, plugged):
    plug_in(app, f"http://127.0.0.1:{free_port()}")

    assert client.get("/sign-in/provider").location == "/sign-in"
    assert b"does not answer" in client.get("/sign-in").data


def test_without_a_provider_there_is_no_such_sign_in(client):
    assert client.get("/sign-in/provider").status_code == 404
    assert client.get("/sign-in/provider/back?state=x").location == "/sign-in"
    assert b"Sign in with " not in client.get("/sign-in").data.replace(b"Sign in with a passkey", b"")


def test_the_secret_of_the_provider_is_in_no_printed_form():
    client = Client(issuer="https://id.example.org", client_id="x", client_secret="a secret", return_to=BACK)

    assert "a secret" not in repr(client)


@pytest.fixture
def stale(client, himal, maya):
    """Maya's browser, twenty minutes after she came in through her provider."""
    with time_machine.travel(now(), tick=False) as clock:
        go_and_come(client, himal)
        clock.shift(timedelta(minutes=20))
        yield client


def confirm_there(client, himal):
    away = client.get("/confirm/provider?next=/account/security/passkeys/new")
    return himal.agree(away.location)


def test_the_provider_confirms_who_one_is_when_it_has_asked_anew(stale, himal):
    assert stale.get("/account/security/passkeys/new").status_code == 303
    assert b"Confirm with Himal" in stale.get("/confirm").data
    back = confirm_there(stale, himal)
    assert (himal.asked["prompt"], himal.asked["max_age"]) == ("login", "0")

    assert stale.get(back).location == "/account/security/passkeys/new"
    assert stale.get("/account/security/passkeys/new").status_code == 200


@pytest.mark.parametrize("when", [None, -3600])
def test_a_provider_that_did_not_ask_anew_confirms_nobody(stale, himal, when):
    back = confirm_there(stale, himal)
    with himal.lying(auth_time=when and int(time.time()) + when):
        assert stale.get(back).location.startswith("/confirm")

    assert stale.get("/account/security/passkeys/new").status_code == 303


def test_somebody_else_at_the_provider_confirms_nobody_and_is_tied_to_nobody(stale, database, himal):
    make_staff(database, email="ram@example.org")
    back = confirm_there(stale, himal)
    himal.subject, himal.email = "ram-at-himal", "ram@example.org"

    assert stale.get(back).location.startswith("/confirm")
    assert stale.get("/account/security/passkeys/new").status_code == 303
    with database.reading() as db:
        assert [each.subject for each in db.scalars(select(OutsideIdentity))] == ["subject-1"]
