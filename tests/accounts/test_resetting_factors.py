"""Somebody lost their phone; and confirming who one is without a password."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import OutsideIdentity, Role, StaffUser
from app.accounts.queries.factors import codes_left, factors_of
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.mail import Message
from tests.factories.staff import PASSWORD, give_authenticator, give_passkey, give_recovery_codes, make_staff

pytestmark = pytest.mark.db


@pytest.fixture
def maya(database) -> StaffUser:
    """Somebody with an app, a passkey and recovery codes."""
    user = make_staff(database, "gifts.read")
    give_authenticator(database, user)
    give_passkey(database, user)
    give_recovery_codes(database, user)
    return user


def has_nothing(database, user) -> bool:
    with database.reading() as db:
        return factors_of(db, user).count == 0 and codes_left(db, user) == 0


def test_an_administrator_resets_everything_the_sign_ins_end_and_the_person_is_told(
    client, database, sign_in, maya, run_jobs
):
    device = give_passkey(database, maya)
    options = client.post("/sign-in/passkey/options").json
    client.post("/sign-in/passkey/", data={"answer": device.touch(options)})
    assert client.get("/account").status_code == 200
    page = sign_in().get(f"/staff/{maya.id}").text
    assert "Reset the second factors" in page
    assert "My telephone" in page

    answer = sign_in().post(f"/staff/{maya.id}/second-factor/reset")

    assert answer.location == f"/staff/{maya.id}"
    assert has_nothing(database, maya)
    assert client.get("/account").status_code == 303
    run_jobs()
    with database.reading() as db:
        told = db.scalars(select(Message).order_by(Message.id.desc())).first()
        assert (told.to_address, told.subject) == (
            maya.email, "An administrator removed the second factors of your account"
        )  # fmt: skip
        noted = db.scalars(select(AuditEntry).where(AuditEntry.action == "staff.factors_reset")).one()
        assert noted.record_id == maya.id
    assert client.post("/sign-in", data={"email": maya.email, "password": PASSWORD}).location == "/"


def test_whoever_may_do_less_than_the_person_resets_nothing(database, sign_in):
    chief = make_staff(database, "accounts.manage", "gifts.refund")
    give_passkey(database, chief)

    answer = sign_in("accounts.manage").post(f"/staff/{chief.id}/second-factor/reset")

    assert answer.status_code == 409
    assert not has_nothing(database, chief)


def test_nobody_resets_their_own(app, database):
    chief = make_staff(database, "accounts.manage")
    code = give_authenticator(database, chief).now()
    client = app.test_client()
    client.post("/sign-in", data={"email": chief.email, "password": PASSWORD})
    client.post("/sign-in/second-step/", data={"code": code})

    assert client.post(f"/staff/{chief.id}/second-factor/reset").status_code == 409
    assert not has_nothing(database, chief)


def test_resetting_what_is_not_there_is_said(database, sign_in):
    maya = make_staff(database, "gifts.read")

    assert sign_in().post(f"/staff/{maya.id}/second-factor/reset").status_code == 409
    assert sign_in().post(f"/staff/{maya.id}/identity/forget").status_code == 409


def test_the_command_resets_for_whoever_is_the_last_administrator(app, database, maya):
    done = app.test_cli_runner().invoke(args=["users", "reset-second-factor", maya.email.upper()])

    assert (done.exit_code, done.output) == (0, "Reset.\n")
    assert has_nothing(database, maya)
    again = app.test_cli_runner().invoke(args=["users", "reset-second-factor", maya.email])
    assert (again.exit_code, "has no second factor" in again.output) == (1, True)


def test_an_administrator_unties_somebody_from_the_organisations_sign_in(database, sign_in, maya):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(OutsideIdentity(staff_user_id=maya.id, issuer="https://id.example.org", subject="7"))

    assert sign_in().post(f"/staff/{maya.id}/identity/forget").status_code == 303
    with database.reading() as db:
        assert db.scalars(select(OutsideIdentity)).all() == []


def test_a_role_is_made_to_ask_for_a_second_factor_on_its_page(database, sign_in, maya):
    role_id = maya.roles[0].id
    form = {"name": "Book-keeping", "capabilities": ["gifts.read"]}

    assert sign_in().post(f"/staff/roles/{role_id}", data={**form, "needs_second_factor": "y"}).status_code == 303
    with database.reading() as db:
        assert db.get_one(Role, role_id).needs_second_factor
    assert sign_in().post(f"/staff/roles/{role_id}", data=form).status_code == 303
    with database.reading() as db:
        assert not db.get_one(Role, role_id).needs_second_factor
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.record_type == "role")).all()
    assert actions.count("role.asks_for_second_factor") == 2


@pytest.fixture
def stale(app, database):
    """Somebody without a password whose sign-in was confirmed a while ago: the browser, their app and passkey."""
    user = make_staff(database, "gifts.read")
    code, device = give_authenticator(database, user), give_passkey(database, user)
    client = app.test_client()
    with time_machine.travel(now(), tick=False) as clock:
        options = client.post("/sign-in/passkey/options").json
        client.post("/sign-in/passkey/", data={"answer": device.touch(options)})
        with database.writing() as db:
            act_as(db, SYSTEM)
            db.get_one(StaffUser, user.id).password_hash = ""
        clock.shift(timedelta(minutes=20))
        yield client, code, device


def test_without_a_password_a_passkey_confirms_once(stale):
    client, _code, device = stale
    page = client.get("/confirm?next=/account/security/passkeys/new").text
    assert 'name="confirm-password"' not in page
    answer = device.touch(client.post("/confirm/passkey/options").json)
    sent = {"confirm-answer": answer, "confirm-next": "/account/security/passkeys/new"}

    assert client.post("/confirm", data=sent).location == "/account/security/passkeys/new"
    assert client.get("/account/security/passkeys/new").status_code == 200


def test_a_code_of_ones_app_confirms_and_what_was_typed_is_carried_on(stale):
    client, code, _device = stale
    wrong = client.post("/confirm", data={"confirm-code": "000000", "confirm-carries": "yes", "name": "Kept"})
    assert wrong.status_code == 422
    assert 'name="name" value="Kept"' in wrong.text
    sent = {
        "confirm-code": code.now(),
        "confirm-next": "/account/security/authenticator/begin",
        "confirm-carries": "yes",
    }

    answer = client.post("/confirm", data=sent)

    assert (answer.status_code, answer.location) == (307, "/account/security/authenticator/begin")
    assert client.post(answer.location).status_code == 303


def test_an_empty_password_confirms_nobody_who_has_none(stale):
    client, _code, _device = stale

    assert client.post("/confirm", data={"confirm-password": ""}).status_code == 422
    assert client.get("/account/security/passkeys/new").status_code == 303


def test_a_challenge_of_the_sign_in_confirms_nobody(stale):
    client, _code, device = stale
    answer = device.touch(client.post("/sign-in/passkey/options").json)

    assert client.post("/confirm", data={"confirm-answer": answer}).status_code == 422
