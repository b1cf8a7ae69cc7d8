"""Signing in: who gets in, who does not, and that nothing is learnt from a refusal."""

import re

import pytest
from sqlalchemy import func, select

from app.accounts.models import StaffUser
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from tests.accounts.conftest import PASSWORD, knock

pytestmark = pytest.mark.db


def words(page, email: str) -> str:
    """A page without the address that was typed and the token that is another each time."""
    return re.sub(r'name="csrf_token"[^>]*>', "", page.text).replace(email, "")


def test_the_right_password_opens_the_back_office_whatever_the_capitals_of_the_address(client, asha):
    answer = knock(client, "ASHA@example.ORG")

    assert answer.status_code == 303
    assert client.get("/account").status_code == 200


def test_a_wrong_password_and_an_unknown_address_are_refused_in_the_same_words(client, asha):
    wrong = knock(client, "asha@example.org", "not her password")
    unknown = knock(client, "nobody@example.org", "not her password")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert words(wrong, "asha@example.org") == words(unknown, "nobody@example.org")


def test_as_much_work_is_done_for_an_address_of_nobody_as_for_one_of_ours(client, asha, statements):
    knock(client, "asha@example.org", "not her password")
    ours = statements.take()
    knock(client, "nobody@example.org", "not her password")
    nobodys = statements.take()

    assert ours == nobodys
    assert any("failed_sign_in" in each for each in ours)


def test_trying_a_password_writes_nothing_before_it_was_looked_at(client, asha, statements):
    knock(client, password="guess")
    done = [each for each in statements.take() if not each.startswith("SELECT")]

    assert all(each.startswith(("INSERT INTO failed_sign_in", "INSERT INTO audit_entry")) for each in done)


def test_after_signing_in_one_lands_on_the_page_one_asked_for_and_never_elsewhere(client, asha):
    assert knock(client, next="/staff/").location == "/staff/"
    client.post("/sign-out")
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x"):
        assert knock(client, next=elsewhere).location == "/"
        client.post("/sign-out")


def test_signing_in_is_written_down_by_whom_and_how(client, asha, database):
    knock(client, password="guess")
    knock(client)

    with database.reading() as db:
        assert db.get_one(StaffUser, asha.id).last_signed_in_at is not None
        (entry,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "staff.signed_in"))
        assert (entry.actor_id, entry.changes) == (asha.id, {"way": "password"})
        failed = db.scalar(select(func.count()).where(AuditEntry.action == "staff.sign_in_failed"))
        assert failed == 1


def test_weak_passwords_are_refused(client, asha):
    knock(client)
    for weak in ("short", "password1234", "aaaaaaaaaaaaaaa", "Motdepasse2026!"):
        answer = client.post("/account", data={"old_password": PASSWORD, "password": weak, "again": weak})
        assert answer.status_code == 422


def test_somebody_switched_off_is_out_at_once(client, asha, database):
    knock(client)
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, asha.id).is_active = False

    assert client.get("/account").status_code == 303
    assert knock(client).status_code == 422


def test_whoever_is_signed_in_and_opens_the_page_again_goes_on(client, asha):
    knock(client)

    assert client.get("/sign-in?next=/account").location == "/account"


def test_a_second_tab_with_an_old_form_signs_in_all_the_same(client, asha):
    assert knock(client).status_code == 303
    assert knock(client).status_code == 303
    assert client.get("/account").status_code == 200
