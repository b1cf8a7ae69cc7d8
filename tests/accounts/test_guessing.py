"""Guessing at passwords: slowed down for whoever guesses, and for nobody else."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.accounts.models import FailedSignIn
from app.accounts.services.signing_in import FREE, LONGEST_WAIT, Attempt, note_failure, seconds_to_wait, wait_after
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.web.limits import limiter
from tests.accounts.conftest import PASSWORD, deeds, knock

pytestmark = pytest.mark.db


@pytest.fixture
def elsewhere(app):
    """A stranger's browser on another network."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    return client


def fail(client, times, email="asha@example.org"):
    """Guess wrongly, whatever the limit of the whole network says."""
    answers = []
    for _ in range(times):
        limiter.reset()
        answers.append(knock(client, email, "guess").status_code)
    return answers


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (99, 900)]
)
def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(failures, seconds):
    assert wait_after(failures) == seconds
    assert (FREE, LONGEST_WAIT) == (5, 900)


def test_after_five_failures_one_has_to_wait_and_the_right_password_is_not_even_looked_at(client, asha):
    assert fail(client, 6) == [422] * 5 + [429]

    answer = knock(client)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 30
    assert "asha@example.org" in answer.text  # what was typed is still there


def test_waiting_helps(client, asha):
    with time_machine.travel(now(), tick=False) as clock:
        fail(client, 5)
        clock.shift(timedelta(seconds=31))
        assert knock(client).status_code == 303


def test_an_address_of_nobody_is_slowed_down_alike(client, asha):
    assert fail(client, 6, "nobody@example.org") == [422] * 5 + [429]


def test_a_stranger_on_another_network_keeps_nobody_out(client, elsewhere, asha):
    fail(elsewhere, 20)

    assert knock(client).status_code == 303


def test_a_known_device_is_not_slowed_down_by_strangers_on_its_own_network(app, client, asha):
    knock(client)
    client.post("/sign-out")
    fail(app.test_client(), 8)

    assert knock(client).status_code == 303


def test_a_known_device_is_slowed_down_by_its_own_failures(client, asha):
    knock(client)
    client.post("/sign-out")

    assert fail(client, 6) == [422] * 5 + [429]


def test_the_cookie_of_a_device_is_good_for_its_own_accounts_alone(client, sign_in, asha, database):
    knock(client)
    client.post("/sign-out")
    with database.writing() as db:
        act_as(db, SYSTEM)
    fail(client, 5, "somebody@example.org")
    with database.reading() as db:
        sources = set(db.scalars(select(FailedSignIn.source)))

    assert sources == {"127.0.0.1"}


@pytest.mark.parametrize("cookie", ["", "junk", "a.b.c", "eyJtYXJrIjoiWCIsImFjY291bnRzIjpbMV19.x.y"])
def test_a_device_that_we_did_not_sign_is_unknown(client, asha, database, cookie):
    client.set_cookie("device", cookie)
    fail(client, 1)

    with database.reading() as db:
        assert db.scalars(select(FailedSignIn.is_known_device)).one() is False


def test_guesses_from_everywhere_slow_down_strangers_but_not_a_known_device(app, client, elsewhere, asha, database):
    knock(client)
    client.post("/sign-out")
    fail(elsewhere, 1)
    with database.writing() as db:
        act_as(db, SYSTEM)
        (key,) = db.scalars(select(FailedSignIn.account_key))
        for number in range(100):
            note_failure(db, Attempt(key, f"198.51.100.{number}"), asha.id, actor=SYSTEM)
    third = app.test_client()
    third.environ_base["REMOTE_ADDR"] = "192.0.2.1"

    assert knock(third).status_code == 429
    assert knock(client).status_code == 303


def test_waiting_is_never_longer_than_a_few_minutes_however_many_guess(client, asha, database):
    fail(client, 1)
    with database.writing() as db:
        act_as(db, SYSTEM)
        (key,) = db.scalars(select(FailedSignIn.account_key))
        for number in range(300):
            note_failure(db, Attempt(key, f"198.51.100.{number % 250}"), asha.id, actor=SYSTEM)
        assert 0 < seconds_to_wait(db, Attempt(key, "192.0.2.1")) <= 300


def test_one_network_cannot_try_many_accounts(client, asha):
    answers = [knock(client, f"name{number}@example.org", "guess").status_code for number in range(22)]

    assert answers == [422] * 20 + [429] * 2


def test_what_was_typed_is_kept_nowhere(client, asha, database):
    fail(client, 1, "private.person@example.org")
    fail(client, 1)

    entries = deeds(database, "staff.sign_in_failed")
    with database.reading() as db:
        failures = list(db.scalars(select(FailedSignIn).order_by(FailedSignIn.id)))
        kept = repr([vars(each) for each in (*entries, *failures)])
    assert [each.staff_user_id for each in failures] == [None, asha.id]
    assert "private" not in kept
    assert "guess" not in kept
    assert PASSWORD not in kept


def test_the_owner_sees_how_often_somebody_tried_since_they_were_here(client, elsewhere, asha):
    knock(client)
    fail(elsewhere, 3)
    knock(client)

    text = client.get("/account/sessions").text

    assert "3 attempts to sign in as you failed" in text
    assert "203.0.113.9" in text


def test_a_refusal_that_was_only_told_to_wait_counts_as_no_failure(client, asha, database):
    fail(client, 8)

    with database.reading() as db:
        assert db.scalar(select(func.count(FailedSignIn.id))) == 5
