"""A donor's sign-in: when it ends, and that it opens nothing of the staff's, nor theirs anything of the donor's."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contacts.models import Contact
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.retention import Forgettings, forget
from app.portal.models import DonorLink, DonorSession, SignInEnd
from tests.portal.conftest import ask, deeds, follow, link_of

pytestmark = pytest.mark.db
PAGES = ("/my/gifts", "/my/receipts", "/my/years", "/my/years/2026", "/my/recurring", "/my/consents", "/my/details",
         "/my/data", "/my/data.json")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_nobody_gets_in_without_a_sign_in(client, maya, sign_in, path):
    for browser in (client, sign_in()):
        answer = browser.get(path)
        assert (answer.status_code, answer.location) == (303, "/my")


def test_donors_are_nobody_in_the_back_office(maya, come_in):
    donor = come_in(maya)

    for path in ("/contacts/", "/gifts", "/dashboard", "/account"):
        assert donor.get(path).location.startswith("/sign-in")


def test_one_browser_may_be_both_and_neither_ends_the_other(maya, come_in, sign_in):
    both = come_in(maya, sign_in())
    assert both.get("/contacts/").status_code == both.get("/my/gifts").status_code == 200

    both.post("/my/sign-out")

    assert both.get("/contacts/").status_code == 200
    assert both.get("/my/gifts").status_code == 303


def test_what_a_donor_does_is_not_written_down_as_the_staffs(maya, come_in, sign_in, database):
    both = come_in(maya, sign_in())
    both.post("/my/language", data={"language": "ne"})

    (note,) = deeds(database, "donor.chose_language")
    assert (note.actor_kind, note.actor_name, note.actor_id) == ("public", "Donor", None)


@pytest.mark.parametrize("cookie", ["", "1", "1:", "1:wrong", "x:y", "9" * 30 + ":x", "²:x", "1:é"])
def test_a_made_up_cookie_opens_nothing(client, maya, come_in, cookie):
    come_in(maya)
    client.set_cookie("donor", cookie, domain="localhost")

    assert client.get("/my/gifts").status_code == 303


def test_signing_out_makes_a_copied_cookie_worth_nothing(app, maya, come_in):
    client = come_in(maya)
    copied = client.get_cookie("donor").value
    client.post("/my/sign-out")
    other = app.test_client()
    other.set_cookie("donor", copied, domain="localhost")

    assert other.get("/my/gifts").status_code == 303


def test_signing_out_everywhere_ends_every_sign_in_by_the_address(maya, come_in, database):
    here, elsewhere = come_in(maya), come_in(maya)
    here.post("/my/sign-out", data={"everywhere": "yes"})

    assert elsewhere.get("/my/gifts").status_code == 303
    with database.reading() as db:
        assert {each.end_reason for each in db.scalars(select(DonorSession))} == {SignInEnd.EVERYWHERE}


def test_a_sign_in_left_alone_ends_after_an_hour(maya, come_in):
    with time_machine.travel(now(), tick=False) as clock:
        client = come_in(maya)
        clock.shift(timedelta(minutes=50))
        assert client.get("/my/gifts").status_code == 200
        clock.shift(timedelta(minutes=50))
        assert client.get("/my/gifts").status_code == 200
        clock.shift(timedelta(minutes=61))
        assert client.get("/my/gifts").status_code == 303


def test_a_sign_in_ends_after_twelve_hours_however_it_is_used(maya, come_in):
    with time_machine.travel(now(), tick=False) as clock:
        client = come_in(maya)
        for _ in range(23):
            clock.shift(timedelta(minutes=31))
            client.get("/my/gifts")
        assert client.get("/my/gifts").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert client.get("/my/gifts").status_code == 303


@pytest.mark.parametrize("what", ["archived", "deceased", "address gone"])
def test_a_sign_in_ends_with_what_it_rests_on(maya, come_in, database, what):
    client = come_in(maya)
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = db.get_one(Contact, maya.id)
        if what == "archived":
            contact.archived_at = now()
        elif what == "deceased":
            contact.is_deceased = True
        else:
            contact.emails.clear()

    assert client.get("/my/gifts").status_code == 303


def test_no_page_is_kept_found_or_named_to_others(maya, come_in):
    client = come_in(maya)
    for path in ("/my", *PAGES):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "script-src 'self'" in headers["Content-Security-Policy"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app, maya, client, mailbox):
    ask(client)
    said = next(each for each in follow(client, link_of(mailbox)).headers.getlist("Set-Cookie") if "donor=" in each)

    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Path=/" in said


def test_every_write_asks_for_the_token_of_the_page(app, maya, come_in):
    client = come_in(maya)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for path in ("/my", "/my/open", "/my/who", "/my/sign-out", "/my/details", "/my/language", "/my/consents"):
            assert client.post(path, data={"email": "a@example.org"}).status_code == 400, path
        assert client.get("/my/gifts").status_code == 200
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_sign_ins_and_links_that_are_over_are_forgotten(app, maya, come_in, database):
    come_in(maya)
    with time_machine.travel(now() + timedelta(days=40), tick=False):
        for what in app.ports.get(Forgettings):
            if what.name in {"donor_sessions", "donor_links"}:
                forget(database, what)
    with database.reading() as db:
        assert db.scalars(select(DonorSession)).all() == []
        assert db.scalars(select(DonorLink)).all() == []
