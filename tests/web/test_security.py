"""Every answer carries the headers that keep pages ours; forms need their token; nobody is led elsewhere."""

import re
from dataclasses import replace

import pytest

from app.factory import create_app
from app.web.addresses import safe_next
from app.web.security import ALWAYS

pytestmark = pytest.mark.db
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self' http://127.0.0.1:1; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ANSWERS = {
    "/healthz": 200, "/static/css/base.css": 200, "/static/no/such.css": 404, "/nowhere": 404, "/sign-in": 200,
    "/probe/fail/refused": 409, "/probe/fail/fault": 500, "/probe/fail/outside": 503, "/probe/fail/413": 413,
    "/contacts/": 303,
}  # fmt: skip
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@pytest.mark.parametrize(("address", "status"), ANSWERS.items())
def test_every_answer_carries_the_headers(visitor, address, status):
    with visitor.get(address) as answer:
        assert answer.status_code == status
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(("address", "status"), ANSWERS.items())
def test_nothing_is_kept_by_browsers_but_static_files(visitor, address, status):
    with visitor.get(address) as answer:
        is_static = status == 200 and address.startswith("/static")
        assert (answer.headers["Cache-Control"] == "no-store") is not is_static


@pytest.mark.parametrize(("query", "seconds"), [("?v=0123456789ab", 31_536_000), ("", 86_400)])
def test_static_files_are_kept_for_ever_where_their_address_changes_with_them(visitor, query, seconds):
    with visitor.get(f"/static/css/base.css{query}") as answer:
        assert answer.cache_control.max_age == seconds
        assert answer.cache_control.public


def test_papers_that_views_send_are_nobodys_to_keep(visitor):
    with visitor.get("/probe/paper") as answer:
        assert not answer.cache_control.public
        assert answer.cache_control.max_age is None
        assert answer.cache_control.no_store


def test_over_https_browsers_come_back_over_https_and_cookies_stay_there(settings):
    made = create_app(replace(settings, PUBLIC_URL="https://give.example.org"))
    client = made.test_client()
    answer = client.get("/sign-in", base_url="https://give.example.org")
    made.database.close()

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert all({"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; ")) for cookie in cookies(answer))
    assert cookies(answer)


@pytest.mark.parametrize("address", ["/sign-in", "/forgotten-password"])
def test_over_https_a_browser_that_does_as_the_page_tells_it_can_send_the_form(app, address):
    site = "https://give.example.org"
    made = create_app(replace(app.settings, PUBLIC_URL=site))
    client = made.test_client()
    page = client.get(address, base_url=site)
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page.text)[1]
    told = {} if page.headers["Referrer-Policy"] == "no-referrer" else {"Referer": site + address}
    sent = {"csrf_token": token, "email": "asha@example.org", "password": "seven quiet mountains"}
    answer = client.post(address, base_url=site, headers=told, data=sent)
    elsewhere = client.post(address, base_url=site, headers={"Referer": "https://evil.example/"}, data=sent)
    made.database.close()

    assert answer.status_code in {303, 422}  # taken, or refused for what was typed; not for where it came from
    assert elsewhere.status_code == 400


def cookies(answer):
    return answer.headers.getlist("Set-Cookie")


def test_an_installation_without_a_gateway_sends_nobody_elsewhere(settings):
    made = create_app(replace(settings, STRIPE_SECRET_KEY="", STRIPE_CHECKOUT_ORIGINS=""))
    policy = made.test_client().get("/nowhere-near-a-database").headers["Content-Security-Policy"]
    made.database.close()

    assert "form-action 'self'; " in policy


@pytest.mark.parametrize(
    ("origins", "ancestors"),
    [
        (["https://ngo.example"], "https://ngo.example"),
        (["https://a.example", "https://*.b.example:8443"], "https://a.example https://*.b.example:8443"),
        (["'none'"], "'none'"), ([], "'none'"),
        (["https://a.example; script-src *", "javascript:x", "*", "https://a b", "https://b.example"],
         "https://b.example"),
    ],
)  # fmt: skip
def test_a_page_may_be_framed_by_the_origins_it_names_and_by_nothing_else(visitor, origins, ancestors):
    policy = visitor.get("/probe/framed", query_string={"origin": origins}).headers["Content-Security-Policy"]

    assert policy == POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")


def test_framing_one_page_allows_no_other(visitor):
    visitor.get("/probe/framed?origin=https://ngo.example")

    assert visitor.get("/probe/away").headers["Content-Security-Policy"] == POLICY


@pytest.fixture
def guarded(probe):
    """The product with CSRF on, as it is served."""
    probe.config["WTF_CSRF_ENABLED"] = True
    yield probe.test_client()
    probe.config["WTF_CSRF_ENABLED"] = False


def test_a_form_from_elsewhere_is_refused_with_a_page(guarded, database):
    answer = guarded.post("/probe/write", data={"code": "EDU"})

    assert answer.status_code == 400
    assert "Error 400" in answer.text


def test_a_form_with_its_token_is_taken(guarded):
    token = TOKEN.search(guarded.get("/sign-in").text)[1]

    assert guarded.post("/probe/write", data={"code": "EDU", "csrf_token": token}).status_code == 200
    assert guarded.post("/probe/write", data={"code": "ABC"}, headers={"X-CSRFToken": token}).status_code == 200


def test_a_token_of_somebody_else_is_refused(guarded, probe):
    token = TOKEN.search(probe.test_client().get("/sign-in").text)[1]
    guarded.get("/sign-in")

    assert guarded.post("/probe/write", data={"code": "EDU", "csrf_token": token}).status_code == 400


def test_only_public_giving_pages_need_no_token(whole_probe):
    exempt = {name for name, view in whole_probe.view_functions.items() if getattr(view, "csrf_exempt", False)}

    assert exempt <= {"site.give", "site.again"}


@pytest.mark.parametrize(
    "address", ["/", "/contacts", "/contacts?q=a&after=b", "/a/b#c", "/नेपाल", "/a:b", "/?next=//x"]
)
def test_an_address_of_ours_is_followed(address):
    assert safe_next(address, "/otherwise") == address


@pytest.mark.parametrize(
    "address",
    [
        None, "", "contacts", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
        "\\\\evil.example", "\\/evil.example", "https://evil.example", "https:evil.example", "http:///evil.example",
        "javascript:alert(1)", "data:text/html,x", " //evil.example", "/\t/evil.example", "/\n/evil.example",
        "\x00//evil.example", "//[", "/\u2028x", "mailto:a@b.c", ".", "?next=/",
    ],
)  # fmt: skip
def test_an_address_elsewhere_is_not(address):
    assert safe_next(address, "/otherwise") == "/otherwise"
