"""Sign-ins: each a record that ends on its own, runs out, and can be looked at and ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import EndReason, StaffSession, StaffUser
from app.accounts.services.sessions import see_session
from app.factory import create_app
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.retention import forget
from tests.accounts.conftest import PASSWORD, deeds, knock

pytestmark = pytest.mark.db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"


@pytest.fixture
def elsewhere(app):
    """Another browser."""
    return app.test_client()


def records(database) -> list[StaffSession]:
    with database.reading() as db:
        return list(db.scalars(select(StaffSession).order_by(StaffSession.id)))


def is_in(client) -> bool:
    return client.get("/account").status_code == 200


def test_the_cookie_holds_a_key_of_which_only_the_hash_is_stored(client, asha, database):
    knock(client)

    (record,) = records(database)
    with client.session_transaction() as session:
        name, _, key = session["_user_id"].partition(":")
    assert int(name) == record.id
    assert record.opens_with(key)
    assert key not in repr(vars(record))


@pytest.mark.parametrize(
    "forged", ["{id}:", "{id}:AAAA", "0:{key}", "-1:{key}", "x:{key}", "{id}", "9" * 30 + ":{key}", "²:{key}"]
)
def test_a_cookie_without_the_key_opens_nothing(client, asha, database, forged):
    knock(client)
    with client.session_transaction() as session:
        name, _, key = session["_user_id"].partition(":")
        session["_user_id"] = forged.format(id=name, key=key)

    assert not is_in(client)


def test_signing_out_ends_this_sign_in_and_no_other(client, elsewhere, asha, database):
    knock(client)
    knock(elsewhere)

    client.post("/sign-out")

    assert not is_in(client)
    assert is_in(elsewhere)
    assert [each.end_reason for each in records(database)] == [EndReason.SIGNED_OUT, None]
    assert len(deeds(database, "staff.signed_out")) == 1


def test_a_copied_cookie_is_worth_nothing_once_its_owner_has_signed_out(app, client, elsewhere, asha):
    knock(client)
    elsewhere.set_cookie("session", client.get_cookie("session").value)
    assert is_in(elsewhere)

    client.post("/sign-out")

    assert not is_in(elsewhere)


def test_signing_in_anew_ends_the_sign_in_of_the_same_browser(client, asha, database):
    knock(client)
    knock(client)

    assert [each.end_reason for each in records(database)] == [EndReason.REPLACED, None]
    assert is_in(client)


def test_a_sign_in_that_is_left_alone_ends_after_the_idle_time(client, asha):
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        clock.shift(timedelta(minutes=119))
        assert is_in(client)
        clock.shift(timedelta(minutes=119))
        assert is_in(client)  # it was used in between
        clock.shift(timedelta(minutes=121))
        assert not is_in(client)


def test_a_sign_in_ends_after_a_day_of_work_however_busy_it_was(client, asha):
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        for _ in range(7):
            clock.shift(timedelta(minutes=100))
            assert is_in(client)
        clock.shift(timedelta(minutes=21))
        assert not is_in(client)


def test_a_page_that_is_read_keeps_last_seen_every_few_minutes_and_never_more_often(client, asha, database, statements):
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        began = records(database)[0].last_seen_at
        clock.shift(timedelta(minutes=2))
        statements.take()
        client.get("/account")
        assert not any(each.startswith("UPDATE") for each in statements.take())
        clock.shift(timedelta(minutes=4))
        client.get("/account")
        client.get("/account")
        assert [each.split()[1] for each in statements.take() if each.startswith("UPDATE")] == ["staff_session"]
    assert records(database)[0].last_seen_at == began + timedelta(minutes=6)


def test_last_seen_is_kept_after_a_refused_form_too(client, asha, database):
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        clock.shift(timedelta(minutes=6))
        assert client.post("/account", data={}).status_code == 422
    (record,) = records(database)
    assert record.last_seen_at - record.started_at == timedelta(minutes=6)


def test_last_seen_never_goes_back(client, asha, database):
    knock(client)
    (record,) = records(database)
    with database.writing() as db:
        see_session(db, record.id, now() - timedelta(hours=1))

    assert records(database)[0].last_seen_at == record.last_seen_at


def test_a_page_is_answered_although_last_seen_cannot_be_kept(client, asha, database):
    with time_machine.travel(now(), tick=False) as clock:
        knock(client)
        clock.shift(timedelta(minutes=6))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE staff_session RENAME TO hidden_session")
            connection.exec_driver_sql("CREATE VIEW staff_session AS SELECT * FROM hidden_session")
            connection.commit()

        assert is_in(client)


def test_over_https_no_other_host_can_set_our_cookies(settings, asha):
    safe = create_app(replace(settings, PUBLIC_URL="https://give.example.org", RATE_LIMIT_URL="memory://"))
    safe.config["WTF_CSRF_ENABLED"] = False
    answer = knock(safe.test_client())
    safe.database.close()

    made = {each.partition("=")[0]: each for each in answer.headers.getlist("Set-Cookie")}
    assert set(made) == {"__Host-session", "__Host-device"}
    for each in made.values():
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(each.split("; "))
        assert "Domain" not in each


def test_a_new_password_ends_the_other_sign_ins(client, elsewhere, asha, database):
    knock(client)
    knock(elsewhere)

    new = {"old_password": PASSWORD, "password": "eight loud rivers go", "again": "eight loud rivers go"}
    assert client.post("/account", data=new).status_code == 303

    assert is_in(client)
    assert not is_in(elsewhere)
    assert [each.end_reason for each in records(database)] == [None, EndReason.NEW_PASSWORD]


def test_ones_page_lists_where_one_is_signed_in_with_what_and_marks_this_one(client, elsewhere, asha):
    client.post("/sign-in", data={"email": asha.email, "password": PASSWORD}, headers={"User-Agent": FIREFOX})
    elsewhere.post("/sign-in", data={"email": asha.email, "password": PASSWORD}, headers={"User-Agent": PHONE})

    text = client.get("/account/sessions").text

    assert "Firefox · Linux" in text
    assert "Safari · iPhone" in text
    assert text.count("This one") == 1
    assert text.count("127.0.0.1") == 2


def test_one_sign_in_is_ended_from_another(client, elsewhere, asha, database):
    knock(client)
    knock(elsewhere)
    other = records(database)[1].id

    assert client.post(f"/account/sessions/{other}/end").status_code == 303

    assert not is_in(elsewhere)
    assert is_in(client)


def test_all_other_sign_ins_are_ended_at_once(app, client, asha):
    others = [app.test_client() for _ in range(3)]
    for each in (client, *others):
        knock(each)

    client.post("/account/sessions/end-others")

    assert [is_in(each) for each in (client, *others)] == [True, False, False, False]


def test_ending_this_one_signs_out(client, asha, database):
    knock(client)

    answer = client.post(f"/account/sessions/{records(database)[0].id}/end")

    assert answer.location == "/sign-in"
    assert not is_in(client)


def test_nobody_ends_the_sign_ins_of_others_from_their_own_page(client, sign_in, asha, database):
    knock(client)
    stranger = sign_in("accounts.manage")

    assert stranger.post(f"/account/sessions/{records(database)[0].id}/end").status_code == 404
    assert stranger.post("/account/sessions/999/end").status_code == 404
    assert is_in(client)


def test_an_administrator_sees_and_ends_somebodys_sign_ins(client, elsewhere, sign_in, asha, database):
    knock(client)
    knock(elsewhere)
    admin = sign_in()
    first = records(database)[0].id

    assert "127.0.0.1" in admin.get(f"/staff/{asha.id}").text
    assert admin.post(f"/staff/{asha.id}/sessions/{first}/end").status_code == 303
    assert (is_in(client), is_in(elsewhere)) == (False, True)
    assert admin.post(f"/staff/{asha.id}/sessions/end").status_code == 303
    assert not is_in(elsewhere)


def test_an_administrator_names_the_owner_of_the_sign_in_rightly(client, sign_in, asha, database):
    knock(client)
    admin = sign_in()

    assert admin.post(f"/staff/{asha.id + 1}/sessions/{records(database)[0].id}/end").status_code == 404
    assert is_in(client)


def test_being_switched_off_ends_every_sign_in(client, sign_in, asha, database):
    knock(client)
    details = {"name": "Asha", "email": asha.email, "language": "fr"}

    assert sign_in().post(f"/staff/{asha.id}", data=details).status_code == 303

    assert records(database)[0].end_reason is EndReason.SWITCHED_OFF
    assert not is_in(client)


def test_a_change_of_roles_holds_at_once(client, asha, database):
    knock(client)
    assert client.get("/staff/").status_code == 200
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, asha.id).roles = []

    assert client.get("/staff/").status_code == 403


def test_a_known_device_is_no_news_and_a_new_one_is_told_by_mail(client, elsewhere, asha, mailbox):
    knock(client)
    assert mailbox.open() == []  # the first time ever
    knock(client)
    assert mailbox.open() == []
    elsewhere.post("/sign-in", data={"email": asha.email, "password": PASSWORD}, headers={"User-Agent": PHONE})

    (letter,) = mailbox.open()

    assert letter["To"].addresses[0].addr_spec == asha.email
    assert "Safari · iPhone" in letter.get_body(("plain",)).get_content()


def test_sign_ins_that_are_long_over_are_forgotten(app, client, elsewhere, asha, database):
    with time_machine.travel(now() - timedelta(days=200), tick=False):
        knock(client)
        knock(client, password="guess")
    knock(elsewhere)

    for what in app.extensions["features"].forgets:
        if what.name in {"staff_sessions", "failed_sign_ins", "account_links"}:
            forget(database, what)

    assert len(records(database)) == 1
    assert is_in(elsewhere)
