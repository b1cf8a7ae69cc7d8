"""Coming in by a mailed link: known or not the answer is the same, and a link lets one person in once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import func, select

from app.contacts.models import Contact, HoldReason
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now, today
from app.kernel.jobs import Job, run_job
from app.portal.models import DonorLink, DonorSession, SignInEnd
from app.portal.services.entering import open_link
from app.portal.services.one_time import Verdict
from app.web.limits import limiter
from tests.factories.contacts import make_contact
from tests.portal.conftest import MAYA, ask, deeds, follow, link_of

pytestmark = pytest.mark.db


def change(database, contact, **values):
    with database.writing() as db:
        act_as(db, SYSTEM)
        found = db.get_one(Contact, contact.id)
        for name, value in values.items():
            setattr(found, name, value)


def test_a_mailed_link_and_a_button_open_the_page(client, maya, mailbox, database):
    assert ask(client, "MAYA.Lefevre@Example.org ").status_code == 303
    path = link_of(mailbox)
    assert client.get(path).location == "/my/open"
    assert "Open my page" in client.get("/my/open").text

    answer = client.post("/my/open")

    assert answer.location == "/my/gifts"
    assert "Signed in as Maya Lefèvre" in client.get("/my/gifts").text
    assert [each.record_id for each in deeds(database, "donor.signed_in")] == [maya.id]


def test_the_answer_is_the_same_for_an_address_of_nobody(client, maya, mailbox):
    ours, nobodys = ask(client), ask(client, "nobody@example.org")

    assert (ours.status_code, ours.data, ours.headers["Location"]) == (
        nobodys.status_code, nobodys.data, nobodys.headers["Location"],
    )  # fmt: skip
    assert [letter["To"].addresses[0].addr_spec for letter in mailbox.open()] == [MAYA]


def test_the_work_is_the_same_for_an_address_of_nobody(client, maya, statements):
    statements.take()
    done = []
    for email in (MAYA, "nobody@example.org"):
        ask(client, email)
        done.append(statements.take())

    assert done[0] == done[1]
    assert any("INSERT INTO job" in each for each in done[0])


@pytest.mark.parametrize("how", ["deceased", "archived", "on hold", "over"])
def test_nothing_is_sent_to_whom_nothing_may_be_sent(client, maya, mailbox, database, how):
    if how == "deceased":
        change(database, maya, is_deceased=True)
    elif how == "archived":
        change(database, maya, archived_at=now())
    else:
        with database.writing() as db:
            act_as(db, SYSTEM)
            row = db.get_one(Contact, maya.id).emails[0]
            if how == "on hold":
                row.hold_reason, row.hold_since = HoldReason.BOUNCED, today()
            else:
                row.valid_until = today() - timedelta(days=2)

    assert ask(client).status_code == 303
    assert mailbox.open() == []


def test_a_letter_that_waits_does_not_leave_once_its_reader_has_died(app, client, maya, mailbox, database):
    ask(client)
    with database.reading() as db:
        (row,) = db.scalars(select(Job))
    run_job(app.work, row.id)
    change(database, maya, is_deceased=True)

    assert mailbox.open() == []


def test_looking_at_a_link_uses_nothing_up(app, client, maya, mailbox):
    ask(client)
    path = link_of(mailbox)
    for _ in range(3):
        scanner = app.test_client()
        scanner.get(path, follow_redirects=True)

    assert follow(client, path).status_code == 303


def test_a_link_is_good_once(app, client, maya, mailbox, database):
    ask(client)
    path = link_of(mailbox)
    follow(client, path)

    again = follow(app.test_client(), path)

    assert again.status_code == 410
    assert "used already" in again.text
    (note,) = deeds(database, "donor.link_refused")
    assert note.changes == {"verdict": "used"}
    assert note.record_type == "donor_link"
    assert MAYA not in repr((note.changes, note.actor_name))


def test_a_link_runs_out_after_a_quarter_of_an_hour(client, maya, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client)
        path = link_of(mailbox)
        clock.shift(timedelta(minutes=15))
        answer = follow(client, path)

    assert answer.status_code == 410
    assert "run out" in answer.text
    assert client.get("/my/gifts").status_code == 303


def test_a_newer_link_takes_the_place_of_the_one_before(client, maya, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client)
        first = link_of(mailbox)
        clock.shift(timedelta(minutes=1))
        ask(client)
        second = link_of(mailbox)

        assert "newer link" in follow(client, first).text
        assert follow(client, second).status_code == 303


@pytest.mark.parametrize("token", ["0" * 52, "a", "%00", "../x".replace("/", "%2f"), "é"])
def test_a_guessed_link_opens_nothing_and_leaves_a_trace(client, maya, database, token):
    answer = follow(client, f"/my/link/{token}")

    assert answer.status_code == 410
    assert "opens nothing" in answer.text
    assert len(deeds(database, "donor.link_unknown")) == 1
    with database.reading() as db:
        assert db.scalar(select(func.count(DonorSession.id))) == 0


def test_without_a_link_the_button_opens_nothing(client, maya):
    assert client.post("/my/open").status_code == 410


def test_of_two_who_use_one_link_at_once_one_gets_in(app, client, maya, mailbox, database):
    ask(client)
    token = link_of(mailbox).rpartition("/")[2]
    together = Barrier(2)

    def enter(_number):
        together.wait()
        with database.writing() as db:
            act_as(db, SYSTEM)
            return isinstance(open_link(db, token, None, actor=SYSTEM), Verdict)

    with ThreadPoolExecutor(2) as pool:
        refused = list(pool.map(enter, range(2)))

    assert sorted(refused) == [False, True]
    with database.reading() as db:
        assert db.scalar(select(func.count(DonorSession.id))) == 1


def test_one_address_is_sent_four_links_an_hour_at_most(client, maya, mailbox):
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(7):
            ask(client)
            clock.shift(timedelta(minutes=2))

        assert len(mailbox.open()) <= 4


def test_a_second_press_sends_no_second_letter(client, maya, mailbox):
    ask(client)
    ask(client)

    assert len(mailbox.open()) == 1


def test_asking_is_throttled_by_address_typed_and_by_network_address_alike_for_all(client, maya):
    limiter.reset()
    known = [client.post("/my", data={"email": MAYA}).status_code for _ in range(6)]
    limiter.reset()
    unknown = [client.post("/my", data={"email": "nobody@example.org"}).status_code for _ in range(6)]
    limiter.reset()
    many = [client.post("/my", data={"email": f"n{each}@example.org"}).status_code for each in range(7)]

    assert known == unknown == [303] * 5 + [429]
    assert many == [303] * 6 + [429]


def test_pressing_the_button_is_throttled(client, maya):
    limiter.reset()
    answers = [client.post("/my/open").status_code for _ in range(11)]

    assert answers == [410] * 10 + [429]


def test_what_is_no_address_is_refused_kindly(client, maya):
    answer = ask(client, "not an address")

    assert answer.status_code == 422
    assert "does not look right" in answer.text


def test_coming_in_as_somebody_else_ends_the_sign_in_before(client, maya, mailbox, database, come_in):
    with database.writing() as db:
        act_as(db, SYSTEM)
        ram = make_contact(db, given_name="Ram", family_name="Thapa", email="ram@example.org")
    come_in(ram, client)
    ask(client)
    client.get(link_of(mailbox))
    assert "You are signed in as Ram T." in client.get("/my/open?lang=en").text

    client.post("/my/open")

    assert "Maya Lefèvre" in client.get("/my/gifts").text
    with database.reading() as db:
        ended = db.scalars(select(DonorSession).where(DonorSession.ended_at.is_not(None))).all()
        assert [each.end_reason for each in ended] == [SignInEnd.REPLACED]


def test_those_who_share_an_address_choose_by_first_name_and_initial(client, maya, mailbox, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_contact(db, given_name="Ram", family_name="Lefèvre", language="en")
        stranger = make_contact(db, given_name="Zoé", family_name="Blanc", email="zoe@example.org")
    ask(client)
    (letter,) = mailbox.open()
    text = letter.get_body(("plain",)).get_content()
    assert "Maya" not in text
    follow(client, text[text.index("/my/link/") :].split()[0])

    assert client.get("/my/gifts").location == "/my/who"
    page = client.get("/my/who?lang=en").text
    assert "Maya L." in page
    assert "Ram L." in page
    assert "Lefèvre" not in page
    assert "Zoé" not in page
    assert client.post("/my/who", data={"contact": stranger.id}).status_code == 404
    assert client.post("/my/who", data={"contact": "x"}).status_code == 200
    assert client.post("/my/who", data={"contact": maya.id}).location == "/my/gifts"
    assert "Signed in as Maya Lefèvre" in client.get("/my/gifts").text


def test_the_letter_is_in_the_language_of_the_page(client, maya, mailbox):
    for language, word in (("fr", "lien"), ("ne", "लिंक")):
        with time_machine.travel(now() + timedelta(hours=2 if language == "fr" else 4), tick=False):
            limiter.reset()
            client.post(f"/my?lang={language}", data={"email": MAYA})
            (letter,) = mailbox.open()
        assert word in letter["Subject"].casefold()


def test_no_link_is_kept_anywhere(client, maya, mailbox, database):
    ask(client)
    token = link_of(mailbox).rpartition("/")[2]
    with database.engine.connect() as connection:
        for table in ("message", "job", "donor_link", "audit_entry"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert token not in repr(rows)
    with database.reading() as db:
        assert db.scalar(select(func.count(DonorLink.id))) == 1
