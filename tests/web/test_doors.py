"""Addresses that are answered before Flask: little is said there, but nothing less is promised."""

import json
import sqlite3
from dataclasses import replace
from http import HTTPStatus

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import BadRequest
from werkzeug.test import Client, create_environ

from app.web.doors import Door, Doors
from app.web.security import headers_always

pytestmark = pytest.mark.db
log = structlog.get_logger()


def taking(behind):
    """A visitor of the product with a door behind which `behind(body, headers)` answers."""

    def of(app):
        return Client(Doors(app, [Door("/door", 10, lambda _ports, body, headers: behind(body, headers))]))

    return of


@pytest.fixture
def served(app, monkeypatch):
    """The product as it is served: faults are answered, not raised."""
    monkeypatch.setitem(app.config, "TESTING", False)
    return app


def failing(error):
    def behind(_body, _headers):
        raise error

    return taking(behind)


def well(_body, _headers):
    return HTTPStatus.OK


def test_what_is_posted_is_taken_in_with_its_headers(app):
    seen = []

    def note(body, headers):
        seen.append((body, headers.get("Stripe-Signature"), headers.get("Nothing", "")))
        return HTTPStatus.ACCEPTED

    answer = taking(note)(app).post("/door", data=b"0123456789", headers={"Stripe-Signature": "t=1"})

    assert (answer.status, answer.data) == ("202 Accepted", b"")
    assert seen == [(b"0123456789", "t=1", "")]


def test_an_answer_has_the_headers_of_all_answers_and_is_kept_by_nobody(app):
    headers = taking(well)(app).post("/door", data=b"x").headers

    page = app.test_client().get("/sign-in").headers
    told = ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Opener-Policy")
    assert {name for name in told if headers[name] != page[name]} <= {"Content-Security-Policy"}
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Content-Length"]) == ("no-store", "0")


def test_over_https_an_answer_says_that_it_is_to_stay_so(app):
    told = headers_always(replace(app.settings, PUBLIC_URL="https://give.example.org"))

    assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "Strict-Transport-Security" not in headers_always(app.settings)


def test_a_server_need_not_name_the_root(app):
    def root(environ, start_response):
        start_response("200 OK", [])
        return [environ.get("PATH_INFO", "none").encode()]

    doors = Doors(app, [Door("/door", 10, lambda *_given: HTTPStatus.OK)])
    doors._inside = root
    environ = create_environ("/door")
    del environ["PATH_INFO"]

    assert b"".join(doors(environ, lambda *_given: None)) == b"none"


def test_other_addresses_are_the_products(app):
    visitor = taking(well)(app)

    assert [visitor.post(path).status_code for path in ("/door/", "/doors", "/Door")] == [404, 404, 404]
    assert visitor.get("/healthz").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_not_answered(app, method):
    answer = taking(well)(app).open("/door", method=method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_more_than_the_door_takes_is_refused(app):
    visitor = taking(well)(app)

    assert visitor.post("/door", data=b"x" * 10).status_code == 200
    assert visitor.post("/door", data=b"x" * 11).status_code == 413
    assert visitor.post("/door", data=b"x" * 4000).status_code == 413


def test_less_than_was_announced_is_refused(app):
    assert taking(well)(app).post("/door", data=b"xy", environ_overrides={"CONTENT_LENGTH": "9"}).status_code == 400


def test_a_fault_is_answered_and_its_place_is_logged_but_nothing_that_came(served, capsys):
    visitor = failing(ValueError("zerbinette@example.org"))(served)

    answer = visitor.post("/door", data=b"secret", headers={"X-Request-ID": "abcdef0123456789"})

    told = capsys.readouterr().err
    line = json.loads(told.splitlines()[-1])
    assert (answer.status_code, answer.data) == (500, b"")
    assert (line["event"], line["error"], line["request_id"]) == ("fault", "ValueError", "abcdef0123456789")
    assert "zerbinette" not in told
    assert "secret" not in told


def test_a_database_that_is_gone_is_no_fault_of_ours(served, capsys):
    gone = OperationalError("SELECT 1", {}, sqlite3.OperationalError("unable to open database file"))

    assert failing(gone)(served).post("/door", data=b"x").status_code == 503
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["event"] == "database"


def test_a_refusal_keeps_its_status(served):
    assert failing(BadRequest())(served).post("/door", data=b"x").status_code == 400


def test_in_tests_a_fault_is_raised_so_that_none_goes_unseen(app):
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())(app).post("/door", data=b"x")


def test_nothing_of_another_request_shows_behind_a_door(app):
    structlog.contextvars.bind_contextvars(request_id="of-another", job_id=7)
    seen = []

    def note(_body, _headers):
        seen.append(structlog.contextvars.get_contextvars())
        return HTTPStatus.OK

    try:
        taking(note)(app).post("/door", data=b"x")
        after = structlog.contextvars.get_contextvars()
    finally:
        structlog.contextvars.clear_contextvars()

    assert set(seen[0]) == {"request_id"}
    assert seen[0]["request_id"] != "of-another"
    assert after == {"request_id": "of-another", "job_id": 7}
