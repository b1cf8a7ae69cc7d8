"""Signing in: who gets in, who does not, and that nothing is learnt from a refusal."""

import pytest
from sqlalchemy import func, select

from app.accounts.models import StaffUser
from app.accounts.queries import all_roles
from app.accounts.services import StaffDetails, create_staff
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as

pytestmark = pytest.mark.db
PASSWORD = "seven quiet mountains"


@pytest.fixture
def asha(database) -> StaffUser:
    with database.writing() as db:
        act_as(db, SYSTEM)
        roles = [role for role in all_roles(db) if role.name == "Administrator"]
        return create_staff(
            db,
            StaffDetails(email="Asha@Example.org", name="Asha", language="fr", roles=roles, password=PASSWORD),
            actor=SYSTEM,
        )


def enter(client, email: str, password: str, **query):
    return client.post("/sign-in", data={"email": email, "password": password}, query_string=query)


def test_the_right_password_opens_the_back_office_whatever_the_capitals_of_the_address(client, asha):
    answer = enter(client, "ASHA@example.ORG", PASSWORD)

    assert answer.status_code == 303
    assert client.get("/account").status_code == 200


def test_a_wrong_password_and_an_unknown_address_are_refused_in_the_same_words(client, asha):
    wrong = enter(client, "asha@example.org", "not her password")
    unknown = enter(client, "nobody@example.org", "not her password")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert b"do not go together" in wrong.data
    assert b"do not go together" in unknown.data


def test_after_signing_in_one_lands_on_the_page_one_asked_for_and_never_elsewhere(client, asha):
    assert enter(client, "asha@example.org", PASSWORD, next="/staff/").location == "/staff/"
    client.post("/sign-out")
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x"):
        assert enter(client, "asha@example.org", PASSWORD, next=elsewhere).location == "/"
        client.post("/sign-out")


def test_too_many_attempts_on_one_account_are_stopped(client, asha):
    answers = [enter(client, "asha@example.org", "guess").status_code for _ in range(8)]

    assert answers[-1] == 429


def test_signing_out_ends_the_session(client, asha):
    enter(client, "asha@example.org", PASSWORD)
    client.post("/sign-out")

    assert client.get("/account").status_code == 303


def test_a_copied_cookie_is_worth_nothing_once_its_owner_has_signed_out(app, client, asha):
    thief = app.test_client()
    enter(client, "asha@example.org", PASSWORD)
    thief.set_cookie("session", client.get_cookie("session").value)
    assert thief.get("/account").status_code == 200

    client.post("/sign-out")

    assert thief.get("/account").status_code == 303


def test_signing_in_is_written_down(client, asha, database):
    enter(client, "asha@example.org", "guess")
    enter(client, "asha@example.org", PASSWORD)

    with database.reading() as db:
        assert db.get_one(StaffUser, asha.id).last_signed_in_at is not None
        assert db.scalar(select(func.count()).where(AuditEntry.action == "staff.signed_in")) == 1


def test_trying_a_password_keeps_nobody_from_writing(client, asha, database):
    with database.writing() as db:
        db.execute(select(StaffUser.id))  # SQLite gives its one lock at the beginning

        assert enter(client, "asha@example.org", "guess").status_code == 422


def test_a_new_password_ends_the_other_sessions(app, client, asha):
    elsewhere = app.test_client()
    enter(client, "asha@example.org", PASSWORD)
    enter(elsewhere, "asha@example.org", PASSWORD)

    new = {"old_password": PASSWORD, "password": "eight loud rivers go", "again": "eight loud rivers go"}
    assert client.post("/account", data=new).status_code == 303

    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303


def test_weak_passwords_are_refused(client, asha):
    enter(client, "asha@example.org", PASSWORD)
    for weak in ("short", "password1234", "aaaaaaaaaaaaaaa", "Motdepasse2026!"):
        answer = client.post("/account", data={"old_password": PASSWORD, "password": weak, "again": weak})
        assert answer.status_code == 422


def test_somebody_switched_off_is_out_at_once(client, asha, database):
    enter(client, "asha@example.org", PASSWORD)
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, asha.id).is_active = False

    assert client.get("/account").status_code == 303
    assert enter(client, "asha@example.org", PASSWORD).status_code == 422


def test_the_last_administrator_cannot_lock_everyone_out(client, asha, database):
    enter(client, "asha@example.org", PASSWORD)

    answer = client.post(f"/staff/{asha.id}", data={"name": "Asha", "email": "asha@example.org", "language": "fr"})

    assert answer.status_code == 422
    with database.reading() as db:
        assert db.get_one(StaffUser, asha.id).is_active


def test_staff_without_the_capability_do_not_manage_accounts(sign_in):
    reader = sign_in("contacts.read")

    assert reader.get("/staff/").status_code == 403
    assert reader.post("/staff/new", data={"name": "X"}).status_code == 403


def test_an_administrator_gives_access_and_changes_roles(sign_in, client, database):
    admin = sign_in("accounts.manage", "contacts.read")
    with database.reading() as db:
        fundraiser = next(role for role in all_roles(db) if role.name == "Fundraiser")
    details = {
        "name": "Émile", "email": "emile@example.org", "language": "fr", "role_ids": [str(fundraiser.id)],
        "password": PASSWORD, "is_active": "y",
    }  # fmt: skip

    assert admin.post("/staff/new", data=details).status_code == 303
    assert enter(client, "emile@example.org", PASSWORD).status_code == 303
    assert admin.post("/staff/new", data=details).status_code == 422
    assert admin.post("/staff/new", data={**details, "role_ids": ["999"]}).status_code == 422
