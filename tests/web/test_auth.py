"""Who may come in: everybody where it says so, staff with the capability elsewhere, nobody where nothing is said."""

import pytest

pytestmark = pytest.mark.db


def test_who_is_not_signed_in_is_asked_to_and_led_back(visitor):
    answer = visitor.get("/probe/managers?q=a")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/probe/managers?q%3Da"


def test_a_form_that_came_too_late_leads_to_the_sign_in_without_a_way_back_to_itself(visitor):
    assert visitor.post("/reading/nothing").status_code == 404
    assert visitor.post("/account").headers["Location"] == "/sign-in"


def test_programs_are_told_that_they_must_sign_in(visitor):
    answer = visitor.get("/probe/managers", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json["status"]) == (401, 401)


def test_a_capability_opens_its_views_and_no_others(staff):
    assert staff("accounts.manage").get("/probe/managers").text == "welcome"
    assert staff("gifts.read").get("/probe/managers").status_code == 403


def test_a_view_without_a_rule_answers_nobody(visitor, staff):
    assert visitor.get("/probe/unruled").status_code == 403
    assert staff().get("/probe/unruled").status_code == 403


@pytest.mark.parametrize("cookie", ["junk", "a.b.c", "eyJfdXNlcl9pZCI6IjEifQ.x.y"])
def test_a_session_that_we_did_not_sign_is_nobodys(visitor, cookie):
    visitor.set_cookie("session", cookie)

    assert visitor.get("/probe/managers").status_code == 303
    assert visitor.get("/probe/language").json["name"] is None
