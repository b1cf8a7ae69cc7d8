"""Invitations by mail: a link that is good once, for three days, to choose one's own password."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import AccountLink, StaffStatus, StaffUser
from app.accounts.queries.staff import staff_by_email
from app.accounts.services.passwords import choose_password
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.mail import Message
from tests.accounts.conftest import PASSWORD, deeds, knock, link_in, role_id

pytestmark = pytest.mark.db
CHOSEN = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def admin(sign_in):
    return sign_in()


@pytest.fixture
def emile(database):
    """What an administrator types about somebody who is invited."""
    return {
        "name": "Émile", "email": "Emile@Example.org", "language": "fr", "role_ids": [role_id(database, "Fundraiser")],
    }  # fmt: skip


def found(database, email="emile@example.org") -> StaffUser | None:
    with database.reading() as db:
        return staff_by_email(db, email)


def test_whoever_is_invited_gets_a_letter_in_their_language_and_chooses_a_password(
    admin, client, emile, mailbox, database
):
    assert admin.post("/staff/new", data=emile).status_code == 303
    assert found(database).status is StaffStatus.INVITED
    assert "Invited" in admin.get("/staff/").text

    (letter,) = mailbox.open()
    assert letter["Content-Language"] == "fr"
    answer = client.get(link_in(letter))
    assert (answer.status_code, answer.location) == (303, "/choose-password")
    assert "Émile" in client.get("/choose-password").text
    assert client.post("/choose-password", data=CHOSEN).status_code == 303

    assert client.get("/account").status_code == 200
    assert found(database).status is StaffStatus.ACTIVE
    client.post("/sign-out")
    assert knock(client, "emile@example.org").status_code == 303


def test_the_token_is_in_the_letter_alone(admin, client, emile, mailbox, database):
    admin.post("/staff/new", data=emile)
    token = mailbox.link().rpartition("/")[2]

    with database.reading() as db:
        kept = [repr(vars(each)) for each in (*db.scalars(select(Message)), *db.scalars(select(AccountLink)))]
        kept += [repr(vars(each)) for each in deeds(database, "staff.invited")]
    assert len(token) == 52
    assert not any(token in each for each in kept)


def test_the_link_is_filled_into_both_parts_of_the_letter(admin, emile, mailbox):
    admin.post("/staff/new", data=emile)
    (letter,) = mailbox.open()

    for kind in ("plain", "html"):
        assert link_in(letter) in letter.get_body((kind,)).get_content()
        assert "[one-time-link]" not in letter.get_body((kind,)).get_content()


def test_the_page_of_the_link_tells_no_other_site_where_one_came_from(admin, client, emile, mailbox):
    admin.post("/staff/new", data=emile)
    link = mailbox.link()

    for address in (link, "/choose-password"):
        assert client.get(address).headers["Referrer-Policy"] == "same-origin"


def test_looking_at_the_link_uses_nothing_up(app, admin, emile, mailbox):
    admin.post("/staff/new", data=emile)
    link = mailbox.link()
    for _ in range(3):
        app.test_client().get(link, follow_redirects=True)
    client = app.test_client()
    client.get(link)

    assert client.post("/choose-password", data=CHOSEN).status_code == 303


def test_a_link_is_good_once(app, admin, client, emile, mailbox):
    admin.post("/staff/new", data=emile)
    link = mailbox.link()
    thief = app.test_client()
    thief.get(link)
    client.get(link)
    client.post("/choose-password", data=CHOSEN)

    assert thief.get("/choose-password").status_code == 410
    assert thief.post("/choose-password", data=CHOSEN).status_code == 410
    assert thief.get("/account").status_code == 303


def test_a_link_that_two_follow_at_one_moment_is_good_for_one_of_them(admin, emile, mailbox, database):
    admin.post("/staff/new", data=emile)
    mailbox.open()
    with database.reading() as db:
        link_id = db.scalars(select(AccountLink.id)).one()

    def choose(number):
        try:
            with database.writing() as db:
                act_as(db, SYSTEM)
                choose_password(db, link_id, f"seven quiet mountains {number}", actor=SYSTEM)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(choose, range(4))) == [False, False, False, True]


def test_a_link_runs_out_after_three_days(admin, client, emile, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        admin.post("/staff/new", data=emile)
        link = mailbox.link()
        clock.shift(timedelta(hours=71, minutes=59))
        assert client.get(link, follow_redirects=True).status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.post("/choose-password", data=CHOSEN).status_code == 410


def test_a_new_invitation_takes_the_place_of_the_one_before(app, admin, client, emile, mailbox):
    admin.post("/staff/new", data=emile)
    client.get(mailbox.link())
    user = found(app.database)

    assert admin.post(f"/staff/{user.id}/invite-again").status_code == 303
    assert client.get("/choose-password").status_code == 410
    second = app.test_client()
    second.get(mailbox.link())
    assert second.post("/choose-password", data=CHOSEN).status_code == 303
    assert admin.post(f"/staff/{user.id}/invite-again").status_code == 409


def test_an_invitation_that_is_withdrawn_leaves_nothing_behind(admin, client, emile, mailbox, database):
    admin.post("/staff/new", data=emile)
    client.get(mailbox.link())
    user = found(database)

    assert admin.post(f"/staff/{user.id}/withdraw").status_code == 303

    assert client.post("/choose-password", data=CHOSEN).status_code == 410
    assert found(database) is None
    assert admin.post("/staff/new", data=emile).status_code == 303  # the address is free again


def test_an_invitation_that_is_withdrawn_before_it_left_is_not_sent(admin, emile, mailbox, database):
    admin.post("/staff/new", data=emile)
    admin.post(f"/staff/{found(database).id}/withdraw")

    assert mailbox.open() == []


def test_only_what_nobody_has_followed_can_be_withdrawn(admin, asha, database):
    assert admin.post(f"/staff/{asha.id}/withdraw").status_code == 409
    assert found(database, asha.email) is not None


def test_an_invitation_to_a_mistyped_address_goes_to_the_right_one_once_it_is_put_right(
    app, admin, emile, mailbox, database
):
    admin.post("/staff/new", data={**emile, "email": "emlie@example.org"})
    wrong = app.test_client()
    wrong.get(mailbox.link())
    user = found(database, "emlie@example.org")

    assert admin.post(f"/staff/{user.id}", data={**emile, "is_active": "y"}).status_code == 303

    assert wrong.get("/choose-password").status_code == 410
    letters = {each["To"].addresses[0].addr_spec for each in mailbox.open()}
    assert letters == {"emile@example.org", "emlie@example.org"}


def test_an_address_is_invited_once(admin, emile, asha):
    admin.post("/staff/new", data=emile)

    assert admin.post("/staff/new", data=emile).status_code == 422
    assert admin.post("/staff/new", data={**emile, "email": asha.email.upper()}).status_code == 422


@pytest.mark.parametrize("token", ["x", "a" * 52, "%00", "é", "a" * 5000])
def test_a_link_that_we_did_not_send_opens_nothing(client, token):
    client.get(f"/link/{token}")

    assert client.get("/choose-password").status_code == 410


def test_a_weak_password_is_refused_and_the_link_stays_good(admin, client, emile, mailbox):
    admin.post("/staff/new", data=emile)
    client.get(mailbox.link())

    for bad in ({"password": "short", "again": "short"}, {"password": PASSWORD, "again": "another"}, {}):
        assert client.post("/choose-password", data=bad).status_code == 422
    assert client.post("/choose-password", data=CHOSEN).status_code == 303


def test_somebody_who_is_switched_off_cannot_follow_an_invitation(admin, client, emile, mailbox, database):
    admin.post("/staff/new", data=emile)
    client.get(mailbox.link())
    admin.post(f"/staff/{found(database).id}", data=emile)

    assert client.post("/choose-password", data=CHOSEN).status_code == 410


def test_whoever_is_invited_and_never_came_keeps_nobody_from_being_locked_out(sign_in, database, emile):
    admin = sign_in()
    admin.post("/staff/new", data={**emile, "role_ids": [role_id(database, "Administrator")]})
    with database.reading() as db:
        me = db.scalars(select(StaffUser).where(StaffUser.name == "Asha Gurung")).one()
    gone = {"name": me.name, "email": me.email, "language": "en"}

    assert admin.post(f"/staff/{me.id}", data=gone).status_code == 422
