"""A donor's new e-mail address: it counts once its reader, signed in as the donor, has pressed the button."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import func, select

from app.contacts.models import Contact, ContactReview, HoldReason, ReviewField
from app.giving.letters import reader_of
from app.giving.models import Gift
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now, today
from app.kernel.mail import Message, Renderer
from app.portal.letters import Desk
from app.portal.links import PortalLinks
from app.portal.models import NewEmail
from app.portal.services.new_email import confirm_email
from app.portal.services.one_time import Verdict
from app.web.limits import limiter
from tests.factories.contacts import make_contact
from tests.factories.giving import make_online_gift, make_submission
from tests.portal.conftest import MAYA, deeds

pytestmark = pytest.mark.db
NEW = "maya@nouvelle.example.org"
RAM = "ram@example.org"


def give(browser, address=NEW):
    """Type a new address, as if nobody had before."""
    limiter.reset()
    return browser.post("/my/email", data={"email": address})


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


def receivers(letters):
    return [letter["To"].addresses[0].addr_spec for letter in letters]


def path_of(letter):
    return re.search(r"http://localhost(/my/email/link/\S+)", text_of(letter))[1]


def confirm(browser, path):
    browser.get(path)
    return browser.post("/my/email/confirm")


def addresses(database, contact):
    with database.reading() as db:
        return {each.address: each.is_primary for each in db.get_one(Contact, contact.id).emails}


def desk_of(app):
    return Desk(app.ports.get(Renderer), app.ports.get(PortalLinks))


@pytest.fixture
def donor(maya, come_in):
    """Maya's browser."""
    return come_in(maya)


@pytest.fixture
def ram(database):
    """Somebody else whom we know."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_contact(db, given_name="Ram", family_name="Thapa", email=RAM, language="en")


@pytest.fixture
def strangers(app, ram, come_in):
    """A browser that is signed in as nobody, and one that is as somebody else."""
    return app.test_client(), come_in(ram)


def test_until_it_is_confirmed_nothing_changes_and_the_page_says_that_it_waits(donor, maya, mailbox, database):
    assert give(donor).location == "/my/email"

    (letter,) = mailbox.open()
    assert receivers([letter]) == [NEW]
    assert "Maya" not in letter.as_string()
    assert addresses(database, maya) == {MAYA: True}
    for page in ("/my/email", "/my/details"):
        assert NEW in donor.get(page).text
    assert "until then nothing changes" in donor.get("/my/email").text
    path = path_of(letter)
    for _ in range(3):
        donor.get(path, follow_redirects=True)
    assert addresses(database, maya) == {MAYA: True}


def test_confirmed_it_is_the_main_one_and_the_old_one_is_kept_and_told(donor, maya, mailbox, database):
    give(donor)
    path = path_of(mailbox.open()[-1])

    assert confirm(donor, path).location == "/my/email"

    assert addresses(database, maya) == {MAYA: False, NEW: True}
    told = mailbox.open()[-1]
    assert receivers([told]) == [MAYA]
    assert "Was it not you?" in text_of(told)
    assert NEW not in told.as_string()
    page = donor.get("/my/email").text
    assert "From now on we write to you at the new address" in page
    assert "We sent a link" not in page
    (entry,) = deeds(database, "donor.email_confirmed")
    assert (entry.record_id, entry.changes) == (maya.id, {"waits": False})


def test_letters_about_gifts_from_before_go_to_the_new_address_too(donor, maya, mailbox, database):
    answers = {"given_name": "Maya", "family_name": "Lefèvre", "email": MAYA}
    with database.writing() as db:
        act_as(db, SYSTEM)
        gift_id = make_online_gift(db, make_submission(db, answers=answers)).id
    mailbox.open()

    def reader():
        with database.reading() as db:
            gift = db.get_one(Gift, gift_id)
            return reader_of(db, gift.contact, gift.submission_id).address

    assert reader() == MAYA
    give(donor)
    confirm(donor, path_of(mailbox.open()[-1]))
    assert reader() == NEW


def test_a_link_is_good_once(donor, maya, mailbox, database):
    give(donor)
    path = path_of(mailbox.open()[-1])
    confirm(donor, path)
    before = addresses(database, maya)

    again = confirm(donor, path)

    assert again.status_code == 410
    assert "used already" in again.text
    assert addresses(database, maya) == before
    (note,) = deeds(database, "donor.email_link_refused")
    assert (note.record_type, note.changes) == ("donor_new_email", {"verdict": "used"})


def test_a_link_runs_out_after_a_day(maya, come_in, mailbox, database):
    with time_machine.travel(now(), tick=False) as clock:
        give(come_in(maya))
        path = path_of(mailbox.open()[-1])
        clock.shift(timedelta(hours=24))
        browser = come_in(maya)
        answer = confirm(browser, path)
        page = browser.get("/my/email").text

    assert answer.status_code == 410
    assert "run out" in answer.text
    assert NEW not in page
    assert addresses(database, maya) == {MAYA: True}


@pytest.mark.parametrize("token", ["0" * 52, "a", "%00", "é"])
def test_a_guessed_link_confirms_nothing_and_leaves_a_trace(donor, database, token):
    answer = confirm(donor, f"/my/email/link/{token}")

    assert answer.status_code == 410
    assert "opens nothing" in answer.text
    assert len(deeds(database, "donor.email_link_unknown")) == 1


def test_a_link_that_confirms_an_address_opens_no_page(donor, maya, mailbox, database):
    give(donor)
    token = path_of(mailbox.open()[-1]).rpartition("/")[2]
    donor.get(f"/my/link/{token}")

    assert donor.post("/my/open").status_code == 410
    assert addresses(database, maya) == {MAYA: True}


def test_a_newer_address_takes_the_place_of_one_that_waits(donor, maya, mailbox, database):
    give(donor)
    first = path_of(mailbox.open()[-1])
    give(donor, "maya@autre.example.org")
    second = path_of(mailbox.open()[-1])

    assert "not good any more" in confirm(donor, first).text
    assert confirm(donor, second).status_code == 303
    assert addresses(database, maya) == {MAYA: False, "maya@autre.example.org": True}


def test_a_slip_of_the_keys_gives_nobody_the_page_for_the_link_alone_is_not_enough(
    donor, maya, strangers, mailbox, database
):
    give(donor)
    path = path_of(mailbox.open()[-1])

    for browser in strangers:
        answer = confirm(browser, path)
        assert answer.status_code == 403
        assert "come in to your own page" in answer.text
        assert "Maya" not in answer.text
    assert addresses(database, maya) == {MAYA: True}
    assert [each.changes for each in deeds(database, "donor.email_link_refused")] == [{"verdict": "not_them"}] * 2
    assert confirm(donor, path).status_code == 303


def test_an_address_of_somebody_else_is_answered_and_mailed_alike_and_then_waits_for_a_person(
    donor, maya, ram, mailbox, database
):
    give(donor)
    (first,) = mailbox.open()
    unknown = donor.get("/my/email").text.replace(NEW, "x")
    give(donor, RAM)
    known = donor.get("/my/email").text.replace(RAM, "x")
    (second,) = mailbox.open()
    assert receivers([first, second]) == [NEW, RAM]
    cut = re.compile(r"http://\S+|\d\d:\d\d|value=\"[^\"]*\"|content=\"[^\"]*\"")
    assert cut.sub("", text_of(first)) == cut.sub("", text_of(second))
    assert cut.sub("", unknown) == cut.sub("", known)
    with database.reading() as db:
        assert db.scalar(select(func.count(ContactReview.id))) == 0

    confirm(donor, path_of(second))

    assert addresses(database, maya) == {MAYA: True}
    assert addresses(database, ram) == {RAM: True}
    with database.reading() as db:
        (review,) = db.scalars(select(ContactReview))
        assert (review.contact_id, review.field, review.proposed) == (maya.id, ReviewField.EMAIL, {"value": RAM})
        assert "portal:own" in review.source
    assert "One of us looks at the new address" in donor.get("/my/email").text
    assert mailbox.open() == []  # nothing changed, so nobody is told


def test_the_address_in_use_and_what_is_none_are_refused(donor, maya, mailbox):
    same, wrong = give(donor, "MAYA.lefevre@example.org"), give(donor, "nonsense")

    assert (same.status_code, wrong.status_code) == (422, 422)
    assert "write to already" in same.text
    assert "does not look right" in wrong.text
    assert mailbox.open() == []


def test_one_of_their_own_that_is_on_hold_is_used_again_once_it_is_confirmed(donor, maya, mailbox, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = db.get_one(Contact, maya.id)
        contact.emails.append(type(contact.emails[0])(address=NEW, folded=NEW, original=NEW))
        db.flush()
        contact.emails[1].hold_reason, contact.emails[1].hold_since = HoldReason.BOUNCED, today()
    give(donor)
    confirm(donor, path_of(mailbox.open()[-1]))

    with database.reading() as db:
        first, second = db.get_one(Contact, maya.id).emails
        assert (first.is_primary, second.is_primary, second.hold_reason) == (False, True, None)


def test_the_donor_may_do_without_and_staff_may_end_it(donor, maya, mailbox, database, sign_in):
    give(donor)
    path = path_of(mailbox.open()[-1])
    assert "given up" in donor.post("/my/email/leave", follow_redirects=True).text
    assert confirm(donor, path).status_code == 410
    assert donor.post("/my/email/leave").status_code == 303
    assert len(deeds(database, "donor.email_left")) == 1

    give(donor, "maya@autre.example.org")
    staff = sign_in("contacts.read", "contacts.edit")
    page = f"/contacts/{maya.id}/own-page"
    assert "maya@autre.example.org" in staff.get(page).text
    staff.post(f"{page}/end")
    with database.reading() as db:
        assert db.scalar(select(func.count(NewEmail.id)).where(NewEmail.withdrawn_at.is_(None))) == 0


def test_four_an_hour_and_a_second_press_sends_nothing_more(maya, ram, come_in, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        browser = come_in(maya)
        assert [give(browser).status_code for _ in range(2)] == [303, 303]
        assert len(mailbox.open()) == 1
        for number in range(3):
            clock.shift(timedelta(minutes=1))
            assert give(browser, f"n{number}@example.org").status_code == 303
        clock.shift(timedelta(minutes=1))
        refused = give(browser, "n9@example.org")
        # the address that was asked for may not be flooded by somebody else either
        others = [give(come_in(ram), NEW).status_code for _ in range(1)]

    assert refused.status_code == 422
    assert "Try again in an hour" in refused.text
    assert others == [303]


def test_typing_is_throttled(donor, maya):
    limiter.reset()
    answers = [donor.post("/my/email", data={"email": NEW}).status_code for _ in range(6)]

    assert answers == [303] * 5 + [429]


def test_a_letter_that_waits_does_not_leave_once_the_address_is_given_up(donor, maya, mailbox, database):
    give(donor)
    donor.post("/my/email/leave")

    assert mailbox.open() == []
    with database.reading() as db:
        assert db.scalars(select(Message).where(Message.purpose == "donor.confirm_email")).one().stopped_at


def test_of_two_who_confirm_at_once_one_does(app, donor, maya, mailbox, database):
    give(donor)
    token = path_of(mailbox.open()[-1]).rpartition("/")[2]
    together = Barrier(2)

    def press(_number):
        together.wait()
        with database.writing() as db:
            act_as(db, SYSTEM)
            return isinstance(confirm_email(db, token, maya.id, desk=desk_of(app), actor=SYSTEM), Verdict)

    with ThreadPoolExecutor(2) as pool:
        refused = list(pool.map(press, range(2)))

    assert sorted(refused) == [False, True]
    assert addresses(database, maya) == {MAYA: False, NEW: True}
    assert receivers(mailbox.open()).count(MAYA) == 1


def test_nobody_who_is_not_signed_in_sees_the_pages(app, maya):
    client = app.test_client()

    assert client.get("/my/email").status_code == 303
    assert client.post("/my/email", data={"email": NEW}).status_code == 303
    assert client.post("/my/email/confirm").status_code == 410
