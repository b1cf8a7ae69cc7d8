"""The second step of signing in: codes that are good once, and nothing open before they were typed."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import Authenticator, StaffSession, StaffUser
from app.accounts.rules.one_time_codes import hash_recovery_code
from app.accounts.services.authenticators import spend_code
from app.accounts.services.recovery import spend_recovery_code
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.mail import Message
from app.web.limits import limiter
from tests.factories.staff import CODES, PASSWORD, give_authenticator, give_recovery_codes, make_staff

pytestmark = pytest.mark.db
STEP = "/sign-in/second-step/"


@pytest.fixture
def maya(database) -> StaffUser:
    return make_staff(database, "gifts.read")


@pytest.fixture
def app_of_maya(database, maya):
    return give_authenticator(database, maya)


@pytest.fixture
def codes_of_maya(database, maya, app_of_maya):
    give_recovery_codes(database, maya)


def first_step(client, user, onward=None):
    return client.post(
        "/sign-in", data={"email": user.email, "password": PASSWORD}, query_string={"next": onward or ""}
    )


def type_code(client, code):
    return client.post(STEP, data={"code": code})


def test_the_password_alone_opens_nothing_when_there_is_a_second_factor(client, maya, app_of_maya):
    answer = first_step(client, maya)

    assert (answer.status_code, answer.location) == (303, STEP)
    assert client.get("/account").status_code == 303
    assert client.get(STEP).status_code == 200


def test_the_code_opens_the_back_office_and_leads_where_one_wanted_to_go(client, database, maya, app_of_maya):
    first_step(client, maya, "/account?tab=1")

    answer = type_code(client, app_of_maya.now())

    assert (answer.status_code, answer.location) == (303, "/account?tab=1")
    assert client.get("/account").status_code == 200
    with database.reading() as db:
        noted = db.scalars(select(AuditEntry).where(AuditEntry.action == "staff.second_step_passed")).one()
    assert (noted.record_id, noted.actor_id, noted.changes) == (maya.id, maya.id, {"by": "code"})


def test_a_code_with_a_blank_in_the_middle_is_read(client, maya, app_of_maya):
    first_step(client, maya)
    code = app_of_maya.now()

    assert type_code(client, f" {code[:3]} {code[3:]} ").status_code == 303


@pytest.mark.parametrize("typed", ["000000", "", "12345", "1234567", "१२३४५६", "abcdef", "x" * 41, "0" * 5000])
def test_a_wrong_code_is_refused_and_nobody_is_signed_in(client, database, maya, app_of_maya, typed):
    first_step(client, maya)

    assert type_code(client, typed).status_code == 422
    assert client.get("/account").status_code == 303
    with database.reading() as db:
        assert db.scalars(select(StaffSession)).all() == []


def test_a_code_is_good_once(app, client, maya, app_of_maya):
    code = app_of_maya.now()
    first_step(client, maya)
    assert type_code(client, code).status_code == 303
    other = app.test_client()
    first_step(other, maya)

    assert type_code(other, code).status_code == 422
    assert other.get("/account").status_code == 303


@pytest.mark.parametrize(("steps", "is_let_in"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_one_step(client, maya, app_of_maya, steps, is_let_in):
    with time_machine.travel(now(), tick=False):
        first_step(client, maya)
        code = app_of_maya.at(time.time() + steps * 30)

        assert type_code(client, code).status_code == (303 if is_let_in else 422)


def test_an_older_code_is_refused_once_a_newer_one_was_used(database, maya, app_of_maya):
    with time_machine.travel(now(), tick=False):
        newer, older = app_of_maya.now(), app_of_maya.at(time.time() - 30)
        with database.writing() as db:
            spend_code(db, maya, newer)
        with database.writing() as db, pytest.raises(Refused):
            spend_code(db, maya, older)


def test_of_two_who_send_the_same_code_at_once_one_gets_in(database, maya, app_of_maya):
    code = app_of_maya.now()

    def enter(_):
        with database.writing() as db:
            spend_code(db, db.get_one(StaffUser, maya.id), code)

    assert sorted(outcomes(enter)) == ["in", "refused", "refused", "refused"]


def test_of_two_who_send_the_same_recovery_code_at_once_one_gets_in(database, maya, codes_of_maya):
    code_hash = hash_recovery_code(CODES[0], b"salt of the tests")

    def enter(_):
        with database.writing() as db:
            act_as(db, SYSTEM)
            spend_recovery_code(db, db.get_one(StaffUser, maya.id), code_hash, actor=SYSTEM)

    assert sorted(outcomes(enter)) == ["in", "refused", "refused", "refused"]


def outcomes(enter):
    def one(number):
        try:
            enter(number)
        except Refused:
            return "refused"
        return "in"

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(4)))


def test_whoever_guesses_codes_is_stopped_by_account_wherever_they_come_from(app, maya, app_of_maya):
    def guess(number):
        client = app.test_client()
        first = client.post(
            "/sign-in",
            data={"email": maya.email, "password": PASSWORD},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        )
        assert first.status_code == 303
        return client.post(STEP, data={"code": "000000"}, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"}).status_code

    assert [guess(number) for number in range(1, 8)][-1] == 429


def test_strangers_who_know_the_password_keep_the_owner_out_of_no_browser_of_theirs(app, client, maya, app_of_maya):
    first_step(client, maya)
    assert type_code(client, app_of_maya.now()).status_code == 303  # a browser the owner came in with
    client.post("/sign-out")
    stranger = app.test_client()
    first_step(stranger, maya)
    assert [type_code(stranger, "000000").status_code for _ in range(7)][-1] == 429

    with time_machine.travel(now() + timedelta(minutes=1)):
        first_step(client, maya)
        assert type_code(client, app_of_maya.now()).status_code == 303


def test_an_address_that_no_cookie_can_hold_does_not_keep_anybody_from_the_second_step(client, maya, app_of_maya):
    answer = first_step(client, maya, "/" + "".join(f"{number:x}" for number in range(2_000)))

    assert all(len(cookie) < 4_000 for cookie in answer.headers.getlist("Set-Cookie"))
    assert client.get(STEP).status_code == 200


def test_guesses_are_remembered_in_the_database_shown_to_the_owner_and_have_to_wait(app, client, maya, app_of_maya):
    first_step(client, maya)
    for _ in range(5):
        assert type_code(client, "000000").status_code == 422
    limiter.reset()  # as in another process

    refused = type_code(client, app_of_maya.now())

    assert refused.status_code == 422
    assert b"Too many attempts have failed. Wait 1 min, please." in refused.data
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert type_code(client, app_of_maya.now()).status_code == 303
        assert b"5 attempts to sign in as you failed" in client.get("/account/sessions").data


def test_after_ten_minutes_one_begins_again(client, maya, app_of_maya):
    with time_machine.travel(now(), tick=False) as clock:
        first_step(client, maya)
        clock.shift(timedelta(minutes=10, seconds=1))

        answer = type_code(client, app_of_maya.now())

        assert (answer.status_code, answer.location) == (303, "/sign-in")
        assert b"within ten minutes" in client.get("/sign-in").data


def test_a_new_password_meanwhile_and_an_account_that_is_switched_off_end_the_waiting(
    client, database, maya, app_of_maya
):
    first_step(client, maya)
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, maya.id).password_hash = "another"

    assert client.get(STEP).location == "/sign-in"


def test_without_the_first_step_the_second_asks_for_it(client):
    for address in (STEP, STEP + "recovery-code"):
        assert client.get(address).location == "/sign-in"
        assert client.post(address, data={"code": "123456"}).location == "/sign-in"
    assert client.post(STEP + "passkey", data={"answer": "{}"}).location == "/sign-in"
    assert client.post(STEP + "passkey/options").status_code == 409


def test_going_back_to_the_second_step_after_signing_in_changes_nothing(client, maya, app_of_maya):
    first_step(client, maya)
    type_code(client, app_of_maya.now())

    assert client.get(STEP).status_code == 303
    assert client.get("/account").status_code == 200


def test_a_recovery_code_lets_in_once_whatever_its_capitals_and_its_owner_is_told(
    client, database, run_jobs, maya, codes_of_maya
):
    first_step(client, maya)

    answer = client.post(STEP + "recovery-code", data={"code": " 2222 3333-4444 "}, follow_redirects=True)

    assert b"1 recovery code left" in answer.data
    other = client.application.test_client()
    first_step(other, maya)
    assert other.post(STEP + "recovery-code", data={"code": CODES[0]}).status_code == 422
    assert other.get("/account").status_code == 303
    run_jobs()
    with database.reading() as db:
        letters = [each for each in db.scalars(select(Message)) if each.purpose == "staff.security_news"]
    assert [(each.to_address, each.subject) for each in letters] == [
        (maya.email, "Somebody signed in to your account with one of your recovery codes")
    ]


def test_the_secret_is_unreadable_in_the_database_and_named_nowhere_in_the_audit(database, maya, app_of_maya):
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT secret FROM authenticator").scalar_one()
        told = str(connection.exec_driver_sql("SELECT changes FROM audit_entry").fetchall())

    assert stored.startswith("v1:")
    assert app_of_maya.secret not in stored + told
    with database.reading() as db:
        assert db.scalars(select(Authenticator)).one().secret == app_of_maya.secret
