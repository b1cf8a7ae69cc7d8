"""A forgotten password: a link by mail, the same answer and the same work for every address."""

from datetime import timedelta

import pytest
import time_machine

from app.accounts.models import StaffUser
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.web.limits import limiter
from tests.accounts.conftest import PASSWORD, knock, link_in

pytestmark = pytest.mark.db
NEW = "eight loud rivers go"
CHOSEN = {"password": NEW, "again": NEW}


def ask(client, email="asha@example.org"):
    limiter.reset()
    return client.post("/forgotten-password", data={"email": email})


def test_the_link_leads_to_a_new_password_and_ends_every_sign_in(app, client, asha, mailbox):
    elsewhere = app.test_client()
    knock(elsewhere)
    assert ask(client, "ASHA@example.org ").status_code == 303
    client.get(mailbox.link())
    assert client.get("/choose-password").status_code == 200

    answer = client.post("/choose-password", data=CHOSEN)

    assert answer.location == "/sign-in"
    assert elsewhere.get("/account").status_code == 303
    assert knock(client).status_code == 422
    assert knock(client, password=NEW).status_code == 303


def test_a_letter_tells_afterwards_that_the_password_was_changed(client, asha, mailbox):
    ask(client)
    client.get(mailbox.link())
    client.post("/choose-password", data=CHOSEN)

    (letter,) = mailbox.open()

    assert letter["Subject"] == "Your password was changed"
    assert letter["To"].addresses[0].addr_spec == asha.email


def test_changing_ones_own_password_is_told_too(client, asha, mailbox):
    knock(client)
    client.post("/account", data={"old_password": PASSWORD, **CHOSEN})

    (letter,) = mailbox.open()

    assert letter["Subject"] == "Your password was changed"


def test_the_answer_is_the_same_for_an_address_of_nobody(client, asha, mailbox):
    ours, nobodys = ask(client), ask(client, "nobody@example.org")

    assert (ours.status_code, ours.data, ours.headers["Location"]) == (
        nobodys.status_code, nobodys.data, nobodys.headers["Location"],
    )  # fmt: skip
    assert len(mailbox.open()) == 1


def test_the_work_is_the_same_for_an_address_of_nobody(client, asha, database, statements):
    with database.writing() as db:
        act_as(db, SYSTEM)
        off = StaffUser(email="off@example.org", name="Off", is_active=False)
        db.add(off)
    statements.take()
    done = []
    for email in ("asha@example.org", "nobody@example.org", "off@example.org"):
        ask(client, email)
        done.append(statements.take())

    assert done[0] == done[1] == done[2]
    assert any("INSERT INTO job" in each for each in done[0])


def test_nothing_is_sent_to_somebody_who_is_switched_off(client, asha, mailbox, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(StaffUser(email="other@example.org", name="Other", is_active=False))
    ask(client, "other@example.org")

    assert mailbox.open() == []


def test_the_link_runs_out_after_half_an_hour(client, asha, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client)
        client.get(mailbox.link())
        clock.shift(timedelta(minutes=29))
        assert client.get("/choose-password").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.post("/choose-password", data=CHOSEN).status_code == 410
    assert knock(client).status_code == 303


def test_a_newer_link_takes_the_place_of_the_one_before(app, client, asha, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client)
        client.get(mailbox.link())
        clock.shift(timedelta(minutes=1))
        ask(client)
        second = app.test_client()
        second.get(mailbox.link())

        assert client.post("/choose-password", data=CHOSEN).status_code == 410
        assert second.post("/choose-password", data=CHOSEN).status_code == 303


def test_a_link_is_good_once_and_in_one_tab(app, client, asha, mailbox):
    ask(client)
    link = mailbox.link()
    other = app.test_client()
    for each in (client, other):
        each.get(link)
    client.post("/choose-password", data=CHOSEN)

    assert other.post("/choose-password", data={"password": PASSWORD, "again": PASSWORD}).status_code == 410
    assert client.post("/choose-password", data=CHOSEN).status_code == 410


def test_one_account_is_sent_three_letters_an_hour_at_most(client, asha, mailbox):
    sent = []
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(5):
            assert ask(client).status_code == 303
            sent.append(len(mailbox.open()))
            clock.shift(timedelta(minutes=2))
        clock.shift(timedelta(hours=1))
        ask(client)
        sent.append(len(mailbox.open()))

    assert sent == [1, 1, 1, 0, 0, 1]


def test_pressing_twice_sends_one_letter(client, asha, mailbox):
    ask(client)
    ask(client)

    assert len(mailbox.open()) == 1


def test_asking_time_and_again_is_slowed_down_whoever_it_is_about(client, asha):
    for email in ("asha@example.org", "nobody@example.org"):
        limiter.reset()
        answers = [client.post("/forgotten-password", data={"email": email}).status_code for _ in range(6)]
        assert answers == [303] * 5 + [429]


def test_what_is_no_address_is_told_so(client):
    assert client.post("/forgotten-password", data={"email": "nobody"}).status_code == 422


def test_the_browser_that_chose_the_new_password_is_no_stranger_any_more(client, asha, mailbox):
    ask(client)
    client.get(mailbox.link())
    client.post("/choose-password", data=CHOSEN)
    mailbox.open()

    knock(client, password=NEW)

    assert mailbox.open() == []


def test_an_administrator_sends_a_link_instead_of_knowing_the_password(client, sign_in, asha, mailbox):
    admin = sign_in()

    assert 'name="password"' not in admin.get(f"/staff/{asha.id}").text
    assert admin.post(f"/staff/{asha.id}/reset").status_code == 303
    client.get(mailbox.link())
    assert client.post("/choose-password", data=CHOSEN).status_code == 303


def test_a_changed_address_is_told_to_the_old_one(sign_in, asha, mailbox, database):
    with database.reading() as db:
        roles = [str(role.id) for role in db.get_one(StaffUser, asha.id).roles]
    typed = {"name": "Asha", "email": "new@example.org", "language": "en", "is_active": "y", "role_ids": roles}

    assert sign_in().post(f"/staff/{asha.id}", data=typed).status_code == 303

    (letter,) = mailbox.open()
    assert letter["To"].addresses[0].addr_spec == "asha@example.org"


def test_an_address_that_was_changed_makes_its_links_worthless(client, sign_in, asha, mailbox, database):
    ask(client)
    (letter,) = mailbox.open()
    client.get(link_in(letter))
    with database.reading() as db:
        roles = [str(role.id) for role in db.get_one(StaffUser, asha.id).roles]
    typed = {"name": "Asha", "email": "new@example.org", "language": "en", "is_active": "y", "role_ids": roles}
    sign_in().post(f"/staff/{asha.id}", data=typed)

    assert client.post("/choose-password", data=CHOSEN).status_code == 410
