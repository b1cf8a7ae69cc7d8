"""`flask users …`: staff accounts without a browser."""

import pytest

from app.accounts.models import StaffStatus
from app.accounts.queries.staff import staff_by_email
from tests.accounts.conftest import PASSWORD, deeds, knock

pytestmark = pytest.mark.db


@pytest.fixture
def users(app):
    """Runs `flask users …`; the outcome."""
    runner = app.test_cli_runner()
    return lambda *words, **given: runner.invoke(args=["users", *words], **given)


def status(database, email="asha@example.org"):
    with database.reading() as db:
        user = staff_by_email(db, email)
        return user.status if user is not None else None


def test_somebody_is_made_with_a_password(users, client):
    done = users("create", "lou@example.org", "--name", "Lou", "--role", "Reader", "--password", PASSWORD)

    assert done.exit_code == 0, done.output
    assert knock(client, "lou@example.org").status_code == 303


def test_somebody_is_invited_and_invited_again(users, client, mailbox, database):
    done = users("invite", "Lou@example.org", "--name", "Lou", "--role", "Reader", "--language", "fr")
    assert done.exit_code == 0, done.output
    mailbox.open()

    assert users("invite", "lou@example.org").exit_code == 0

    client.get(mailbox.link())
    assert client.post("/choose-password", data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert status(database, "lou@example.org") is StaffStatus.ACTIVE
    assert users("invite", "lou@example.org").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("invite", "lou@example.org"),
        ("invite", "lou@example.org", "--name", "Lou", "--role", "No such role"),
        ("disable", "nobody@example.org"),
        ("enable", "nobody@example.org"),
        ("end-sessions", "nobody@example.org"),
        ("reset-password-link", "nobody@example.org"),
        ("set-password", "nobody@example.org", "--password", PASSWORD),
        ("set-password", "asha@example.org", "--password", "short"),
        ("disable", "asha@example.org"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(users, asha, database, words):
    done = users(*words)

    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert status(database) is StaffStatus.ACTIVE


def test_somebody_is_switched_off_and_on(users, sign_in, client, asha, database):
    sign_in("accounts.manage")  # somebody must be left
    knock(client)

    assert users("disable", asha.email).exit_code == 0
    assert status(database) is StaffStatus.OFF
    assert client.get("/account").status_code == 303
    assert users("enable", asha.email).exit_code == 0
    assert knock(client).status_code == 303


def test_every_sign_in_of_somebody_is_ended(users, client, asha):
    knock(client)

    assert users("end-sessions", asha.email).output == "Ended: 1.\n"
    assert client.get("/account").status_code == 303


def test_everybody_is_listed_with_state_and_roles(users, asha, mailbox):
    users("invite", "lou@example.org", "--name", "Lou", "--role", "Reader")

    lines = users("list").output.splitlines()

    assert lines == [
        "active   asha@example.org  Asha  [Administrator]",
        "invited  lou@example.org  Lou  [Reader]",
    ]


def test_a_link_to_a_new_password_is_printed_when_mail_does_not_leave(users, client, asha, database):
    address = users("reset-password-link", asha.email).output.strip()

    client.get(address.removeprefix("http://localhost"))
    new = {"password": "eight loud rivers go", "again": "eight loud rivers go"}
    assert client.post("/choose-password", data=new).status_code == 303
    assert len(deeds(database, "staff.reset_sent")) == 1


def test_a_password_is_set_and_the_sign_ins_end(users, client, asha, mailbox):
    knock(client)

    assert users("set-password", asha.email, "--password", "eight loud rivers go").exit_code == 0

    assert client.get("/account").status_code == 303
    assert knock(client, password="eight loud rivers go").status_code == 303
    assert [each["Subject"] for each in mailbox.open()] == ["Your password was changed"]
