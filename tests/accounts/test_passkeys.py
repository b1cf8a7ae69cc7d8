"""Passkeys: true answers let in, and every kind of false one does not."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import CeremonyPurpose, Passkey, PasskeyChallenge, SignInMethod, StaffSession, StaffUser
from app.accounts.queries.factors import factors_of
from app.accounts.rules.passkeys import PasskeySite
from app.accounts.services.passkeys import Ceremony, begin_ceremony, use_passkey
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.mail import Message
from tests.factories.passkeys import Device, text
from tests.factories.staff import PASSWORD, SITE, give_authenticator, give_passkey, give_recovery_codes, make_staff

pytestmark = pytest.mark.db
PAGE = "/account/security/"


@pytest.fixture
def maya(database) -> StaffUser:
    return make_staff(database, "gifts.read")


@pytest.fixture
def device(database, maya) -> Device:
    """A device with a passkey of Maya's."""
    return give_passkey(database, maya)


def come_in(app, user):
    client = app.test_client()
    client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
    return client


def add(client, device, name="My telephone"):
    options = client.post(PAGE + "passkeys/options").json
    return client.post(PAGE + "passkeys/new", data={"name": name, "answer": device.make(options)})


def touch_to_enter(client, device: Device, change: Callable[[dict], dict] = lambda options: options):
    options = client.post("/sign-in/passkey/options").json
    return client.post("/sign-in/passkey/", data={"answer": device.touch(change(options))})


def from_address(app, number):
    """A browser at an address of its own, which has its own limits."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number + 1}"
    return client


def is_in(client) -> bool:
    return client.get("/account").status_code == 200


def only_passkey(database) -> Passkey:
    with database.reading() as db:
        return db.scalars(select(Passkey)).one()


def test_a_passkey_is_made_and_lets_in_alone_as_two_factors(app, client, database, maya):
    device = Device()
    assert add(come_in(app, maya), device).status_code == 200

    entered = touch_to_enter(client, device)

    assert (entered.status_code, entered.location) == (303, "/")
    assert is_in(client)
    kept = only_passkey(database)
    assert (kept.name, kept.sign_count, kept.is_backed_up, kept.transports) == ("My telephone", 1, False, ["internal"])
    assert kept.last_used_at is not None
    with database.reading() as db:
        methods = db.scalars(select(StaffSession.method).order_by(StaffSession.id)).all()
    assert methods == [SignInMethod.PASSWORD, SignInMethod.PASSKEY]


def test_a_passkey_leads_where_one_wanted_to_go_and_never_elsewhere(app, maya, device):
    for wanted, found in (("/gifts?page=2", "/gifts?page=2"), ("//evil.example", "/")):
        client = app.test_client()
        options = client.post("/sign-in/passkey/options").json
        answer = client.post("/sign-in/passkey/", data={"answer": device.touch(options)}, query_string={"next": wanted})
        assert answer.location == found


def test_after_the_password_a_passkey_is_the_second_step_even_unverified(app, maya, device):
    client = come_in(app, maya)
    assert not is_in(client)
    options = client.post("/sign-in/second-step/passkey/options").json
    assert [each["id"] for each in options["allowCredentials"]] == [text(device.credential_id)]

    answer = client.post(
        "/sign-in/second-step/passkey", data={"answer": replace(device, verifies=False).touch(options)}
    )

    assert answer.status_code == 303
    assert is_in(client)


def test_alone_a_passkey_is_refused_unless_the_device_verified_the_person(client, maya, device):
    answer = touch_to_enter(client, replace(device, verifies=False))

    assert answer.location == "/sign-in?next=/"
    assert b"could not be checked" in client.get("/sign-in").data


FALSE = {
    "another origin": lambda device: replace(device, origin="https://evil.example"),
    "another host": lambda device: replace(device, host="evil.example"),
    "another port": lambda device: replace(device, origin="http://localhost:8080"),
    "a frame of another site": lambda device: replace(device, is_cross_origin=True),
    "another key": lambda device: replace(device, key=Device().key),
    "an unknown passkey": lambda device: replace(device, credential_id=b"somebody"),
    "somebody else's name on it": lambda device: replace(device, handle=b"somebody else"),
}


@pytest.mark.parametrize("lie", FALSE.values(), ids=FALSE.keys())
def test_a_false_answer_lets_nobody_in(client, maya, device, lie):
    answer = touch_to_enter(client, lie(device))

    assert answer.location.startswith("/sign-in")
    assert not is_in(client)


def test_another_challenge_than_the_one_that_was_given_is_refused(client, maya, device):
    answer = touch_to_enter(client, device, lambda options: {**options, "challenge": text(b"x" * 32)})

    assert answer.location.startswith("/sign-in")
    assert not is_in(client)


def test_an_answer_is_good_once(app, client, maya, device):
    options = client.post("/sign-in/passkey/options").json
    answer = device.touch(options)
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    assert client.post("/sign-in/passkey/", data={"answer": answer}).location == "/"
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie.update(kept)

    assert thief.post("/sign-in/passkey/", data={"answer": answer}).location.startswith("/sign-in")
    assert not is_in(thief)


def test_an_answer_is_good_only_in_the_browser_that_asked(app, client, maya, device):
    options = client.post("/sign-in/passkey/options").json
    other = app.test_client()
    other.post("/sign-in/passkey/options")

    assert other.post("/sign-in/passkey/", data={"answer": device.touch(options)}).location.startswith("/sign-in")
    assert not is_in(other)


def test_an_answer_comes_within_five_minutes(client, maya, device):
    with time_machine.travel(now(), tick=False) as clock:
        options = client.post("/sign-in/passkey/options").json
        clock.shift(timedelta(minutes=5, seconds=1))
        answer = client.post("/sign-in/passkey/", data={"answer": device.touch(options)})

    assert answer.location.startswith("/sign-in")
    assert not is_in(client)


def test_a_challenge_for_one_purpose_is_worth_nothing_for_another(app, client, database, maya, device):
    signed_in = come_in(app, maya)
    signed_in.post("/sign-in/second-step/passkey", data={"answer": ""})
    options = signed_in.post("/sign-in/second-step/passkey/options").json
    client.post("/sign-in/passkey/options")

    assert client.post("/sign-in/passkey/", data={"answer": device.touch(options)}).location.startswith("/sign-in")
    assert not is_in(client)


def test_somebody_elses_passkey_is_no_second_step(app, database, maya, device):
    ram = make_staff(database, "gifts.read")
    give_authenticator(database, ram)
    client = come_in(app, ram)
    options = client.post("/sign-in/second-step/passkey/options").json

    answer = client.post("/sign-in/second-step/passkey", data={"answer": device.touch(options)})

    assert answer.status_code == 422
    assert not is_in(client)


def test_a_copied_passkey_is_refused_written_down_and_its_owner_told(client, database, run_jobs, maya, device):
    copy = device.copy()
    for _ in range(2):
        assert touch_to_enter(client.application.test_client(), device).location == "/"

    answer = touch_to_enter(client, copy)

    assert answer.location.startswith("/sign-in")
    assert b"A copy of this passkey" in client.get("/sign-in").data
    run_jobs()
    with database.reading() as db:
        assert db.scalars(select(AuditEntry.action).where(AuditEntry.action == "staff.passkey_copied")).all()
        assert "copy of it" in db.scalars(select(Message.subject).order_by(Message.id.desc())).first()


def test_a_passkey_that_does_not_count_may_be_used_again_and_again(app, database, maya):
    made = Device(counts=False, is_backed_up=True, transports=("hybrid", "internal"))
    add(come_in(app, maya), made)

    for _ in range(3):
        assert touch_to_enter(app.test_client(), made).location == "/"

    assert only_passkey(database).is_backed_up
    assert only_passkey(database).sign_count == 0


def test_of_two_answers_to_one_challenge_sent_at_once_one_gets_in(database, maya, device):
    ceremony = Ceremony(SITE, CeremonyPurpose.SIGN_IN)
    with database.writing() as db:
        act_as(db, SYSTEM)
        options, _ = begin_ceremony(db, ceremony)
    answer = device.touch(options)

    def enter(_):
        try:
            with database.writing() as db:
                act_as(db, SYSTEM)
                use_passkey(db, ceremony, answer)
        except Refused:
            return "refused"
        return "in"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enter, range(4))) == ["in", "refused", "refused", "refused"]


def test_a_passkey_is_kept_once_and_for_one_person(app, database, maya, device):
    ram = make_staff(database, "gifts.read")

    answer = add(come_in(app, ram), device)

    assert answer.status_code == 422
    assert b"This passkey is here already." in answer.data


@pytest.mark.parametrize(
    "device", [Device(origin="https://evil.example"), Device(host="evil.example"), Device(is_cross_origin=True)]
)
def test_a_passkey_that_was_made_elsewhere_is_not_kept(app, database, maya, device):
    assert add(come_in(app, maya), device).status_code == 422
    with database.reading() as db:
        assert factors_of(db, maya).count == 0


def test_a_second_passkey_needs_no_new_codes_and_known_ones_are_told_to_the_browser(database, client, maya, device):
    give_recovery_codes(database, maya)
    touch_to_enter(client, device)
    options = client.post(PAGE + "passkeys/options").json

    assert [each["id"] for each in options["excludeCredentials"]] == [text(device.credential_id)]
    assert add(client, Device(), "Key ring").location == PAGE


def test_what_identifies_a_person_in_their_device_says_nothing_of_them(app, maya):
    options = come_in(app, maya).post(PAGE + "passkeys/options").json

    assert options["rp"]["id"] == "localhost"
    assert len(options["user"]["id"]) > 40
    assert maya.email not in options["user"]["id"]


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(app, client, database, maya, device):
    touch_to_enter(client, device)
    key = only_passkey(database).id
    ram = come_in(app, make_staff(database, "gifts.read"))
    for address in (f"passkeys/{key}", f"passkeys/{key}/remove"):
        assert ram.get(PAGE + address).status_code == 404
        assert ram.post(PAGE + address, data={"name": "Mine"}).status_code == 404

    assert client.post(f"{PAGE}passkeys/{key}", data={"name": "  "}).status_code == 422
    assert client.post(f"{PAGE}passkeys/{key}", data={"name": "Old telephone"}).location == PAGE
    assert only_passkey(database).name == "Old telephone"
    assert client.post(f"{PAGE}passkeys/{key}/remove").location == PAGE
    assert touch_to_enter(app.test_client(), device).location != "/"


def test_whoever_is_switched_off_does_not_get_in_with_their_passkey(client, database, maya, device):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, maya.id).is_active = False

    assert touch_to_enter(client, device).location.startswith("/sign-in")


JUNK = ["", "{}", "[]", "null", "1", '"x"', "{" * 500, "[" * 19_000, "x" * 30_000, '{"response": {}}',
        '{"response": {"clientDataJSON": 1}}', '{"response": {"clientDataJSON": "e30"}}',
        '{"response": {"clientDataJSON": "%%%"}}', '{"response": []}', "\x00", "é" * 100]  # fmt: skip


def test_junk_is_no_answer_to_whoever_comes(app, maya, device):
    for number, junk in enumerate(JUNK):
        client = from_address(app, number)
        client.post("/sign-in/passkey/options")
        assert client.post("/sign-in/passkey/", data={"answer": junk}).status_code == 303
        assert not is_in(client)


@pytest.mark.parametrize("part", [JUNK[:5], JUNK[5:10], JUNK[10:]])
def test_junk_is_no_answer_at_the_second_step(app, maya, device, part):
    waiting = come_in(app, maya)
    statuses = [waiting.post("/sign-in/second-step/passkey", data={"answer": junk}).status_code for junk in part]

    assert statuses == [422] * len(part)


def test_junk_is_no_new_passkey(app, maya):
    client = come_in(app, maya)
    client.post(PAGE + "passkeys/options")
    for junk in JUNK:
        assert client.post(PAGE + "passkeys/new", data={"answer": junk, "name": "x"}).status_code == 422


@pytest.mark.parametrize("part", ["authenticatorData", "signature", "userHandle", "clientDataJSON"])
def test_an_answer_with_a_broken_part_is_no_answer(app, maya, device, part):
    for number, value in enumerate(["", "AAAA", "A" * 500, None, 7, []]):
        client = from_address(app, number)
        options = client.post("/sign-in/passkey/options").json
        answer = json.loads(device.touch(options))
        answer["response"][part] = value

        assert client.post("/sign-in/passkey/", data={"answer": json.dumps(answer)}).status_code == 303
        assert not is_in(client) or (part, value) in {("userHandle", ""), ("userHandle", None)}


def test_a_broken_attestation_is_no_passkey(app, maya):
    client = come_in(app, maya)
    for value in ["", "AAAA", "o2NmbXRkbm9uZQ", "/////", "A" * 900]:
        answer = json.loads(Device().make(client.post(PAGE + "passkeys/options").json))
        answer["response"]["attestationObject"] = value

        assert client.post(PAGE + "passkeys/new", data={"answer": json.dumps(answer), "name": "x"}).status_code == 422


def test_old_challenges_are_cleared_away_by_new_ones(client, database):
    client.post("/sign-in/passkey/options")
    with time_machine.travel(now() + timedelta(hours=1)):
        client.post("/sign-in/passkey/options")

    with database.reading() as db:
        assert len(db.scalars(select(PasskeyChallenge)).all()) == 1


def test_passkeys_and_recovery_codes_go_together(app, client, database, maya, device):
    give_recovery_codes(database, maya)
    waiting = come_in(app, maya)

    page = waiting.get("/sign-in/second-step/").text

    assert "Use a passkey" in page
    assert "recovery-code" in page
    assert 'name="code"' not in page


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://give.example.org", "give.example.org"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
        ("http://give.example.org", None),
    ],
)
def test_passkeys_are_for_names_that_are_reached_safely(address, host):
    found = PasskeySite.at(address)

    assert (found.host if found else None) == host
    assert found is None or found.origin == address
