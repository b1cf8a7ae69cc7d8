"""The log tells what happened, how long it took and where it failed; never who it was about."""

import json
import logging

import pytest
import structlog

from app.web.logs import configure_logs, places_of

pytestmark = pytest.mark.db
SECRETS = ("asha", "example.org", "0612345678", "Lefèvre", "SECRETTOKEN")


@pytest.fixture
def lines(probe, capsys):
    """What is logged from here on, as it stands on standard error."""
    configure_logs("INFO")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    configure_logs("ERROR")


def test_a_request_is_one_line_with_its_view_status_and_time(visitor, lines):
    answer = visitor.get("/probe/language")
    [line] = lines()

    assert (line["event"], line["view"], line["method"], line["status"]) == (
        "request", "probes.what_language", "GET", 200,
    )  # fmt: skip
    assert line["ms"] >= 0
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "address",
    ["/probe/language?email=asha@example.org&phone=0612345678", "/give/thanks/SECRETTOKEN?name=Lef%C3%A8vre",
     "/nowhere/asha@example.org", "/probe/fail/fault?q=asha", "/probe/fail/outside", "/probe/wrong-sql",
     "/probe/write?code=asha&flush=1", "/contacts?q=asha"],
)  # fmt: skip
def test_no_line_holds_what_people_typed_or_are_called(visitor, lines, address):
    visitor.get(address, headers={"User-Agent": "asha", "Referer": "https://example.org/asha"})
    text = json.dumps(lines(), ensure_ascii=False)

    assert '"event": "request"' in text
    assert not [secret for secret in SECRETS if secret in text]


def test_a_form_leaves_nothing_of_itself_in_the_log(visitor, lines):
    visitor.post("/sign-in", data={"email": "asha@example.org", "password": "0612345678"})
    text = json.dumps(lines())

    assert '"view": "accounts.sign_in"' in text
    assert not [secret for secret in SECRETS if secret in text]


def test_a_fault_is_logged_with_its_kind_and_places_and_without_its_words(visitor, lines):
    visitor.get("/probe/fail/fault")
    fault = next(line for line in lines() if line["event"] == "fault")

    assert (fault["error"], fault["level"]) == ("ValueError", "error")
    assert any("conftest.py" in place and place.endswith(" fail") for place in fault["places"])


def test_the_cause_of_an_error_is_told_with_it():
    try:
        int("asha")
    except ValueError as cause:
        error = RuntimeError("asha")
        error.__cause__ = cause
    places = places_of(error)

    assert [place for place in places if not place.startswith(" ")] == ["RuntimeError", "ValueError"]
    assert not [place for place in places if "asha" in place]


def test_warnings_of_libraries_are_lines_too_without_their_values(lines):
    logging.getLogger("some.library").warning("Could not send to %s", "asha@example.org")
    logging.getLogger("some.library").info("Nobody needs to know")
    [line] = lines()

    assert (line["event"], line["logger"], line["words"]) == ("library", "some.library", "Could not send to %s")


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [("0123456789abcdef", True), ("a-b-c-d-e-f", True), ("short", False), ("x" * 65, False), ("a b c d e f", False),
     ("<script>alert", False)],
)  # fmt: skip
def test_a_proxys_number_of_a_request_is_taken_over_if_it_looks_like_one(visitor, given, is_taken):
    assert (visitor.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given) is is_taken


def test_two_requests_have_two_numbers(visitor):
    assert len({visitor.get("/healthz").headers["X-Request-ID"] for _ in range(5)}) == 5


def test_the_audit_and_the_log_tell_the_same_number(visitor, lines):
    visitor.get("/healthz", headers={"X-Request-ID": "proxy-number-1"})
    assert lines()[0]["request_id"] == "proxy-number-1"
    assert structlog.contextvars.get_contextvars()["request_id"] == "proxy-number-1"
