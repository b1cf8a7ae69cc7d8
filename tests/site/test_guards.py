"""What keeps programs that try stolen cards away from a giving page, without accounts, cookies or puzzles."""

from itertools import count

import pytest
import time_machine
from sqlalchemy import func, select

from app.giving.models import Submission
from app.kernel.clock import now
from app.kernel.text import make_token

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("world")]
DAY = 24 * 3600


def _kept(database) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(Submission)) or 0


def test_a_page_sent_back_at_once_is_asked_for_once_more_and_then_taken(database, client, send, stamp, form):
    shown = stamp(form, age=0)

    with time_machine.travel(now(), tick=False):
        hasty = send(form, stamp=shown)
    again = send(form, stamp=stamp(form, age=3))

    assert hasty.status_code == 422
    assert "very quick" in hasty.text
    assert f'value="{shown}"' in hasty.text
    assert again.status_code == 303
    assert _kept(database) == 1


def test_a_page_older_than_a_day_is_asked_for_once_more_with_a_new_stamp_of_the_same_page(send, stamp, form):
    answer = send(form, stamp=stamp(form, age=DAY + 60))

    assert answer.status_code == 422
    assert "open for a long time" in answer.text
    assert 'value="Jeanne"' in answer.text


@pytest.mark.parametrize("forged", ["", "x", "WzEsIngiLDFd.bad", "\x00", "é" * 50])
def test_a_page_without_our_stamp_is_not_taken(database, send, form, forged):
    answer = send(form, stamp=forged)

    assert answer.status_code == 422
    assert "Something was missing" in answer.text
    assert _kept(database) == 0


def test_the_stamp_of_one_form_is_no_good_for_another(send, stamp, make_page):
    first, second = make_page(slug="first"), make_page(slug="second", consent_purposes=[])

    assert send(second, stamp=stamp(first)).status_code == 422


def test_the_trap_that_people_do_not_see_catches_programs_kindly(database, client, send, form):
    answer = send(form, website="https://spam.example")

    assert answer.status_code == 422
    assert "spam.example" not in answer.text
    assert _kept(database) == 0


def test_one_address_may_send_only_so_many_gifts_a_minute(send, form):
    numbers = count()

    answers = [send(form, email=f"donor{next(numbers)}@example.org").status_code for _ in range(14)]

    assert answers[:12] == [303] * 12
    assert answers[12:] == [429] * 2


def test_one_e_mail_may_be_used_only_so_often_whatever_its_capitals(app, send, stamp, form):
    answers = []
    for number in range(8):
        email = "Jeanne@example.org" if number % 2 else " jeanne@EXAMPLE.org "
        client = app.test_client()
        fields = {"stamp": stamp(form), "email": email}
        answers.append(client.post(f"/give/{form.slug}", data=fields, environ_base={"REMOTE_ADDR": f"10.0.0.{number}"}))

    assert [answer.status_code for answer in answers][-2:] == [429, 429]
    assert answers[0].status_code == 422


def test_an_address_that_is_refused_again_and_again_has_to_wait(app, stamp, form):
    codes = []
    with time_machine.travel(now(), tick=False) as clock:
        for number in range(30):
            clock.shift(20)
            fields = {"stamp": stamp(form), "email": f"wrong{number}@"}
            codes.append(app.test_client().post(f"/give/{form.slug}", data=fields).status_code)

    assert codes[:25] == [422] * 25
    assert codes[25:] == [429] * 5


def test_one_form_takes_only_so_many_gifts_in_five_minutes_from_everywhere(app, form):
    codes = [
        app.test_client()
        .post(f"/give/{form.slug}", data={"stamp": "x", "email": f"{make_token(8)}@example.org"},
              environ_base={"REMOTE_ADDR": f"10.{number // 200}.1.{number % 200}"})
        .status_code
        for number in range(152)
    ]  # fmt: skip

    assert codes[149] == 422
    assert codes[150:] == [429, 429]


def test_the_page_is_taken_without_the_sessions_token(app, send, form, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)

    assert send(form).status_code == 303


def test_looking_is_not_limited_like_sending(client, form):
    assert {client.get(f"/give/{form.slug}").status_code for _ in range(20)} == {200}
