"""When something goes wrong people read a page that helps, programs a document, and nobody a stack trace."""

from dataclasses import replace

import pytest

from app.factory import create_app
from app.web.limits import limiter

pytestmark = pytest.mark.db
STATUSES = [400, 403, 404, 405, 409, 413, 429, 500, 503]
JSON = {"Accept": "application/json"}


@pytest.fixture
def homeless(settings, tmp_path):
    """The product when its database cannot be opened."""
    made = create_app(replace(settings, DATABASE_URL=f"sqlite:///{tmp_path}"))
    yield made
    made.database.close()


@pytest.mark.parametrize("status", STATUSES)
def test_every_error_has_a_page_with_a_number_to_quote(visitor, status):
    answer = visitor.get(f"/probe/fail/{status}")

    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert f"Error {status}" in answer.text
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("status", STATUSES)
def test_programs_get_a_problem_document(visitor, status):
    answer = visitor.get(f"/probe/fail/{status}", headers=JSON)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("status", STATUSES)
def test_staff_stay_in_their_back_office_where_that_can_be_shown(staff, status):
    page = staff("gifts.read").get(f"/probe/fail/{status}").text

    assert ('class="shell"' in page) is (status < 500)


@pytest.mark.parametrize(
    ("kind", "status"), [("refused", 409), ("missing", 404), ("outside", 503), ("stale", 409), ("fault", 500)]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_way_of_saying_no_has_its_status(visitor, kind, status, method):
    answer = visitor.open(f"/probe/fail/{kind}", method=method)

    assert answer.status_code == status
    assert "example.org" not in answer.text


def test_the_words_of_a_rule_are_shown_to_people_and_programs(visitor):
    assert "This gift is closed already." in visitor.get("/probe/fail/refused").text
    assert visitor.get("/probe/fail/refused", headers=JSON).json["detail"] == "This gift is closed already."


def test_a_wrong_method_says_which_are_right(visitor):
    answer = visitor.post("/probe/language")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_an_error_without_a_page_of_its_own_borrows_one(visitor):
    teapot, timeout = visitor.get("/probe/fail/418"), visitor.get("/probe/fail/504")

    assert (teapot.status_code, timeout.status_code) == (418, 504)
    assert "<h1>" in teapot.text
    assert "<h1>" in timeout.text


def test_a_request_that_is_too_large_is_told_so(visitor):
    assert visitor.post("/sign-in", data={"email": "x" * 9_000_000}).status_code == 413


def test_whoever_tried_too_often_is_told_how_long_to_wait(visitor):
    limiter.reset()
    names = [f"{number}@example.org" for number in range(21)]
    answers = [visitor.post("/sign-in", data={"email": name, "password": "x"}) for name in names]

    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
    assert "Error 429" in answers[-1].text
    assert "Retry-After" not in answers[0].headers


def test_error_pages_speak_the_readers_language(visitor):
    assert visitor.get("/nowhere?lang=fr").text.count('lang="fr"') >= 1
    assert '<html lang="ne"' in visitor.get("/nowhere", headers={"Accept-Language": "ne"}).text


def test_staff_read_the_page_that_is_not_there_in_their_language(staff):
    assert '<html lang="fr"' in staff("gifts.read", language="fr").get("/nowhere").text


def test_wrong_sql_is_a_fault_and_no_pause(visitor):
    answer = visitor.get("/probe/wrong-sql")

    assert answer.status_code == 500
    assert "example.org" not in answer.text


@pytest.mark.parametrize("address", ["/healthz", "/give/any", "/", "/contacts/1"])
@pytest.mark.parametrize("is_staff", [True, False])
def test_without_a_database_there_is_still_a_page(homeless, address, is_staff):
    client = homeless.test_client()
    if is_staff:
        with client.session_transaction() as session:
            session["_user_id"] = "1:key"
    answer = client.get(address, headers={"Accept-Language": "fr", "Accept": "text/html"}, follow_redirects=True)

    assert answer.status_code in ({503} if is_staff or address != "/contacts/1" else {200, 503})
    assert '<html lang="fr"' in answer.text


def test_without_a_database_programs_are_told_too(homeless):
    answer = homeless.test_client().get("/healthz", headers=JSON)

    assert (answer.status_code, answer.json["status"]) == (503, 503)


def test_a_page_that_is_not_there_and_a_database_that_is_not_there_are_a_page_all_the_same(homeless):
    answer = homeless.test_client().get("/nowhere")

    assert answer.status_code in {500, 503}
    assert "<h1>" in answer.text
