"""Before what matters one proves once more who one is, and loses nothing by it."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from app.accounts.models import Role, StaffSession
from app.accounts.views.session import CONFIRMED_FOR
from app.kernel.clock import now
from app.web.logs import configure_logs
from tests.accounts.conftest import PASSWORD, deeds, knock

pytestmark = pytest.mark.db
LATER = CONFIRMED_FOR + timedelta(seconds=1)


@pytest.fixture
def stale(client, asha):
    """The administrator's browser, a quarter of an hour after signing in."""
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        clock.shift(LATER)
        yield client


def confirm(client, password=PASSWORD, **fields):
    return client.post("/confirm", data={"confirm-password": password, **fields})


def test_whoever_has_just_signed_in_is_not_asked(client, asha):
    knock(client)

    assert client.get("/staff/new").status_code == 200


def test_a_page_of_weight_is_opened_after_the_password_was_typed_once_more(stale):
    answer = stale.get("/staff/new?a=1&b=2")
    assert (answer.status_code, answer.location) == (303, "/confirm?next=/staff/new?a%3D1%26b%3D2")

    page = stale.get(answer.location)
    answer = confirm(stale, **{"confirm-next": "/staff/new?a=1&b=2"})

    assert "/staff/new?a=1&amp;b=2" in page.text
    assert (answer.status_code, answer.location) == (303, "/staff/new?a=1&b=2")
    assert stale.get("/staff/new").status_code == 200


def test_pages_without_weight_ask_nothing(stale):
    assert stale.get("/staff/").status_code == 200


def test_a_wrong_password_opens_nothing_and_after_six_there_is_a_pause(stale):
    answers = [confirm(stale, "guess").status_code for _ in range(7)]

    assert answers == [422] * 6 + [429]
    assert stale.get("/staff/new").status_code == 303


def test_what_was_typed_is_sent_again_as_it_was(stale, database):
    typed = {"name": "Trésorière <b>", "capabilities": ["gifts.read", "contacts.read"]}
    page = stale.post("/staff/roles/new", data=typed)

    assert page.status_code == 403
    assert 'name="name" value="Trésorière &lt;b&gt;"' in page.text
    assert page.text.count('name="capabilities"') == 2
    answer = confirm(stale, **{"confirm-next": "/staff/roles/new", "confirm-carries": "yes"}, **typed)
    assert (answer.status_code, answer.location) == (307, "/staff/roles/new")

    assert stale.post(answer.location, data=typed).status_code == 303
    with database.reading() as db:
        role = db.scalars(select(Role).where(Role.name == "Trésorière <b>")).one()
        assert role.capabilities == ["contacts.read", "gifts.read"]


def test_after_a_wrong_password_what_was_typed_is_still_there(stale):
    page = confirm(stale, "guess", **{"confirm-carries": "yes", "confirm-next": "/staff/roles/new", "name": "Kept"})

    assert 'name="name" value="Kept"' in page.text


def test_nothing_is_changed_before_the_password_was_typed(stale, database):
    stale.post("/staff/roles/new", data={"name": "Treasurer"})

    with database.reading() as db:
        assert db.scalars(select(Role).where(Role.name == "Treasurer")).one_or_none() is None


def test_a_confirmation_in_one_tab_is_good_for_the_other(stale):
    confirm(stale, **{"confirm-next": "/staff/new"})

    answer = confirm(stale, "", **{"confirm-next": "/staff/roles/new", "confirm-carries": "yes", "name": "Kept"})

    assert answer.status_code == 307


def test_one_is_never_led_elsewhere(stale):
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert confirm(stale, **{"confirm-next": elsewhere}).location == "/"


def test_a_confirmation_holds_for_a_quarter_of_an_hour(client, asha, database):
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        clock.shift(LATER)
        confirm(client)
        clock.shift(CONFIRMED_FOR - timedelta(seconds=1))
        assert client.get("/staff/new").status_code == 200
        clock.shift(timedelta(seconds=2))
        assert client.get("/staff/new").status_code == 303
    assert len(deeds(database, "staff.confirmed")) == 1


def test_a_confirmation_gives_the_browser_another_key_and_a_copy_of_the_old_one_is_worth_nothing(app, stale):
    with stale.session_transaction() as kept:
        before = kept["_user_id"]
    answer = confirm(stale, **{"confirm-next": "/staff/new"})
    copy = app.test_client()
    with copy.session_transaction() as kept:
        kept["_user_id"] = before

    assert answer.status_code == 303
    assert stale.get("/staff/new").status_code == 200
    assert copy.get("/account").status_code == 303


def test_a_new_password_gives_the_browser_another_key_too(app, client, asha):
    knock(client)
    with client.session_transaction() as kept:
        before = kept["_user_id"]
    typed = {
        "old_password": PASSWORD,
        "password": "quiet yaks over seven passes",
        "again": "quiet yaks over seven passes",
    }
    copy = app.test_client()
    with copy.session_transaction() as kept:
        kept["_user_id"] = before

    assert client.post("/account", data=typed).status_code == 303
    assert client.get("/account").status_code == 200
    assert copy.get("/account").status_code == 303


def test_a_proof_that_fails_is_in_the_log(stale, capsys):
    configure_logs("WARNING")
    confirm(stale, "a guess")
    configure_logs("ERROR")
    (line,) = capsys.readouterr().err.splitlines()

    assert '"view": "confirming.confirm", "event": "proof_failed"' in line
    assert "guess" not in line


def test_a_confirmation_is_of_one_sign_in_alone(app, asha):
    first, second = app.test_client(), app.test_client()
    with time_machine.travel(now(), tick=False) as clock:
        knock(first)
        knock(second)
        clock.shift(LATER)
        confirm(first)
        assert first.get("/staff/new").status_code == 200
        assert second.get("/staff/new").status_code == 303


def test_a_part_of_a_page_leads_the_whole_page_to_the_question(stale):
    answer = stale.get("/staff/new", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/staff/?page=2"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/confirm?next=/staff/?page%3D2")


def test_who_may_not_is_told_so_and_asked_nothing(sign_in, database):
    reader = sign_in("contacts.read")
    with database.writing() as db:
        an_hour_ago = now() - timedelta(hours=1)
        db.execute(update(StaffSession).values(started_at=an_hour_ago, confirmed_at=an_hour_ago))

    assert reader.get("/staff/new").status_code == 403


def test_a_form_without_its_token_is_refused_before_anything_is_carried(app, asha):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        client = app.test_client()
        with time_machine.travel(now(), tick=False) as clock:
            app.config["WTF_CSRF_ENABLED"] = False
            knock(client)
            app.config["WTF_CSRF_ENABLED"] = True
            clock.shift(LATER)
            answer = client.post("/staff/roles/new", data={"name": "From elsewhere"})
            assert answer.status_code == 400
            assert "From elsewhere" not in answer.text
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


WEIGHTY = {
    "staff.new", "staff.edit", "staff.again", "staff.withdraw", "staff.reset", "staff.end_all", "staff.end_one",
    "staff.roles", "staff.new_role", "staff.role", "staff.remove_role", "gifts.reverse", "gifts.refund",
    "receipts.void", "receipts.replace", "organisation.edit", "rates.new", "rates.edit", "gateway_events.replay",
}  # fmt: skip


def test_these_acts_ask_for_a_proof(whole_app):
    marked = {name for name, view in whole_app.view_functions.items() if getattr(view, "needs_confirmation", False)}

    assert marked >= WEIGHTY
