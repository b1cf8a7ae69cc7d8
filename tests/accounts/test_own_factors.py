"""One's own second factors: set up, shown once, removed with care, and asked for where a role wants one."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import RecoveryCode, StaffUser
from app.accounts.queries.factors import codes_left, factors_of, has_second_factor
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.mail import Message
from tests.factories.staff import PASSWORD, give_authenticator, give_recovery_codes, make_staff, secret_of

pytestmark = pytest.mark.db
PAGE = "/account/security/"
CODE = re.compile(rb"<code>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</code>")


@pytest.fixture
def maya(database) -> StaffUser:
    return make_staff(database, "gifts.read")


@pytest.fixture
def chief(database) -> StaffUser:
    return make_staff(database, "gifts.read", must=True)


def come_in(app, user, code=None):
    client = app.test_client()
    client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
    if code:
        assert client.post("/sign-in/second-step/", data={"code": code}).status_code == 303
    return client


def set_up(client, database, user):
    client.post(PAGE + "authenticator/begin")
    return client.post(PAGE + "authenticator", data={"code": pyotp.TOTP(secret_of(database, user)).now()})


def subjects(database):
    with database.reading() as db:
        mine = select(Message.subject).where(Message.purpose == "staff.security_news").order_by(Message.id)
        return list(db.scalars(mine))


def test_an_app_is_set_up_with_a_picture_or_the_key_and_counts_once_it_showed_a_code(app, database, maya, run_jobs):
    client = come_in(app, maya)
    assert client.post(PAGE + "authenticator/begin").location == PAGE + "authenticator"
    secret = secret_of(database, maya)

    page = client.get(PAGE + "authenticator").text
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    assert grouped in page
    assert 'src="data:image/svg+xml' in page
    assert client.post(PAGE + "authenticator", data={"code": "000000"}).status_code == 422
    with database.reading() as db:
        assert not has_second_factor(db, maya)

    answer = client.post(PAGE + "authenticator", data={"code": pyotp.TOTP(secret).now()})

    assert len(CODE.findall(answer.data)) == 10
    with database.reading() as db:
        assert has_second_factor(db, maya)
        assert codes_left(db, maya) == 10
    run_jobs()
    assert subjects(database) == ["An authenticator app was added to your account"]


def test_the_codes_that_are_shown_let_in_and_only_their_hashes_are_kept(app, database, maya):
    codes = CODE.findall(set_up(come_in(app, maya), database, maya).data)

    client = come_in(app, maya)
    entered = client.post("/sign-in/second-step/recovery-code", data={"code": codes[3].decode()})

    assert entered.status_code == 303
    with database.reading() as db:
        kept = db.scalars(select(RecoveryCode)).all()
        assert {len(each.code_hash) for each in kept} == {32}
        assert [each for each in kept if codes[3].replace(b"-", b"") in each.code_hash] == []
        assert codes_left(db, maya) == 9


def test_new_recovery_codes_make_the_old_ones_void_and_their_owner_is_told(app, database, maya, run_jobs):
    first = CODE.findall(set_up(come_in(app, maya), database, maya).data)
    client = come_in(app, maya)
    assert client.post("/sign-in/second-step/recovery-code", data={"code": first[0].decode()}).status_code == 303

    fresh = CODE.findall(client.post(PAGE + "recovery-codes").data)

    assert len(set(fresh) | set(first)) == 20
    again = come_in(app, maya)
    assert again.post("/sign-in/second-step/recovery-code", data={"code": first[1].decode()}).status_code == 422
    run_jobs()
    assert subjects(database)[-1] == "New recovery codes were made for your account; the old ones are void"


def test_codes_are_refused_to_whoever_has_no_second_factor(app, maya):
    answer = come_in(app, maya).post(PAGE + "recovery-codes")

    assert answer.status_code == 409
    assert b"Set up an authenticator app or a passkey first." in answer.data


def test_a_new_telephone_takes_over_while_the_old_one_works_until_the_first_code(app, database, maya):
    old = give_authenticator(database, maya)
    give_recovery_codes(database, maya)
    client = come_in(app, maya, old.now())
    client.post(PAGE + "authenticator/begin")
    fresh = pyotp.TOTP(secret_of(database, maya))
    with time_machine.travel(now() + timedelta(minutes=1)):
        assert come_in(app, maya, old.now()).get("/account").status_code == 200

    with time_machine.travel(now() + timedelta(minutes=2)):
        assert client.post(PAGE + "authenticator", data={"code": fresh.now()}).location == PAGE
    with time_machine.travel(now() + timedelta(minutes=4)):
        other = come_in(app, maya)
        assert other.post("/sign-in/second-step/", data={"code": old.now()}).status_code == 422
        assert other.post("/sign-in/second-step/", data={"code": fresh.now()}).status_code == 303


def test_the_last_factor_may_go_where_no_role_asks_for_one_and_takes_the_codes_with_it(app, database, maya, run_jobs):
    client = come_in(app, maya)
    set_up(client, database, maya)
    assert b"your password alone will let you in" in client.get(PAGE + "authenticator/remove").data

    assert client.post(PAGE + "authenticator/remove").location == PAGE

    with database.reading() as db:
        assert factors_of(db, maya).count == 0
        assert codes_left(db, maya) == 0
    run_jobs()
    assert subjects(database)[-1] == "The authenticator app was removed from your account"


def test_the_last_factor_stays_where_a_role_asks_for_one(app, database, chief):
    client = come_in(app, chief, give_authenticator(database, chief).now())

    answer = client.post(PAGE + "authenticator/remove")

    assert answer.status_code == 409
    assert b"Your role asks for a second factor." in answer.data
    with database.reading() as db:
        assert has_second_factor(db, chief)


def test_factors_change_only_shortly_after_one_proved_who_one_is(app, database, maya):
    client = come_in(app, maya, give_authenticator(database, maya).now())

    with time_machine.travel(now() + timedelta(minutes=16)):
        assert client.get(PAGE).status_code == 200
        for address in ("authenticator", "authenticator/remove", "passkeys/new"):
            assert client.get(PAGE + address).location.startswith("/confirm?next="), address
        for address in ("authenticator/begin", "authenticator/remove", "recovery-codes", "passkeys/options"):
            assert client.post(PAGE + address).status_code == 403, address
    with database.reading() as db:
        assert factors_of(db, maya).count == 1


def test_a_role_that_asks_for_a_second_factor_leads_to_setting_one_up_and_nowhere_else(app, database, chief):
    client = come_in(app, chief)

    for address in ("/gifts", "/account", "/search?q=x", "/contacts/"):
        assert client.get(address).location.startswith(PAGE + "?next="), address
        assert client.post(address).status_code in {303, 405}, address
    assert client.get("/gifts", headers={"Accept": "application/json"}).status_code == 403
    page = client.get(PAGE + "?next=/gifts").text
    assert "Your role asks for a second factor." in page
    assert 'href="/gifts"' not in page
    assert set_up(client, database, chief).status_code == 200
    assert client.get("/gifts").status_code == 200


def test_whoever_must_set_up_first_may_choose_a_language_and_leave(app, chief):
    client = come_in(app, chief)

    assert client.post("/account/language", data={"language": "fr"}).status_code == 303
    assert "Votre rôle" in client.get(PAGE).text or client.get(PAGE).status_code == 200
    assert client.post("/sign-out").location == "/sign-in"


def test_a_role_that_begins_to_ask_for_a_second_factor_stops_who_is_in_already(app, database, maya):
    client = come_in(app, maya)
    assert client.get("/account").status_code == 200

    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, maya.id).roles[0].needs_second_factor = True

    assert client.get("/account").location.startswith(PAGE)


def test_what_is_done_about_factors_is_in_the_trail(app, database, maya):
    client = come_in(app, maya)
    set_up(client, database, maya)
    client.post(PAGE + "authenticator/remove")

    with database.reading() as db:
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.record_type == "staff_user")).all()
    assert {"staff.authenticator_begun", "staff.authenticator_added", "staff.authenticator_removed"} <= set(actions)
