"""Every address there is, driven with everything that may come, and what must never follow from it.

That is: no fault, nothing changed by what is refused, nothing of it read back as markup, nobody sent elsewhere.
The addresses come from the product's own map, and the names of fields from the pages that show them, so that what is
added later is driven too. The same ones are sent each time; HYPOTHESIS_PROFILE=long sends others, and many more.
"""

import hashlib
import os
import re
from collections import defaultdict
from itertools import count
from urllib.parse import urlsplit

import html5lib
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text
from werkzeug.routing import AnyConverter

from app.seed.story import tell_story
from app.web.auth import PUBLIC, rule_of
from app.web.limits import limiter
from tests.sandbox_world import SandboxWorld

pytestmark = pytest.mark.db
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MANY = 1500 if IS_LONG else 100
DRIVEN = settings(
    max_examples=MANY,
    derandomize=not IS_LONG, deadline=None, phases=(Phase.generate, Phase.shrink), print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
BRAND = "<q7x onmouseover=alert(1)>"
"""Markup that no page of ours holds: read back as it is, it would be a hole."""
NASTY = (
    "", " ", "\0", "\u200b", "²", "٣", "-1", "0", "1e309", "NaN", "1,5", "9" * 400, BRAND, f'"{BRAND}', f"'{BRAND}",
    "' OR 1=1 --", '"; DROP TABLE gift; --', "{{7*7}}", "${7*7}", "%s%n", "../../../../etc/passwd", "..%2f..%2fetc",
    "//elsewhere.example", "https://elsewhere.example", "\\\\elsewhere.example", "javascript:alert(1)",
    "x\r\nSet-Cookie: a=b", "\u202emoc.live", "😀" * 300, "é" * 5000, "2026-02-30", "0000-00-00", "9999-12-31",
    "true", "null", "[]", "{}", "fr", "EUR", "12.345", "a@b", "a@example.org", "1", "2",
)  # fmt: skip
NAMES = (
    "q", "after", "lang", "next", "page", "state", "kind", "method", "contact", "sort", "from", "to", "id", "amount",
    "name", "email", "language", "theme", "reason", "key", "fund", "status", "record_id", "action", "actor", "period",
    "_method", "_scheme", "endpoint", "csrf_token", "stamp", "utm_source", "code", "token", "version",
)  # fmt: skip
HEADERS = ("Accept", "Accept-Language", "Referer", "User-Agent", "X-Request-ID", "HX-Request", "Range", "If-None-Match",
           "If-Modified-Since", "Origin", "Content-Encoding", "Forwarded",
           "Authorization", "Stripe-Signature")  # fmt: skip
COOKIES = ("session", "language", "theme", "remember_token", "device")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "JUNK")
BODIES = (
    ("application/json", b'{"a": [1, {"b": null}]}'), ("application/json", b"{"), ("text/plain", b"\xff\xfe\x00"),
    ("application/x-www-form-urlencoded", b"%zz=%&&&=;=\xed\xa0\x80"), ("application/xml", b"<!DOCTYPE a><a/>"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'),
    ("multipart/form-data", b"no boundary"), ("application/x-www-form-urlencoded; charset=utf-16", b"a=\x00b"),
    ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _each in range(3000))), ("", b"a=b"),
)  # fmt: skip
KEPT_WHEN_REFUSED = {"audit_entry", "audit_seal", "staff_session", "sign_in_attempt", "known_device", "round_run"}
"""Bookkeeping of ours that a refused attempt may well leave behind: that somebody tried, and was there."""
OUR_HOST = "localhost"
values = st.one_of(st.sampled_from(NASTY), st.text(max_size=30).filter(lambda each: each.isprintable()))
fields = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)


@pytest.fixture
def charity(app, template):
    """A believable charity, filled once, with a gateway that answers."""
    if "charity" in template.saved:
        template.restore_saved("charity")
    else:
        with app.database.writing() as db:
            tell_story(db, "seven quiet mountains")
        template.save("charity")
    with SandboxWorld(app) as world:
        yield world


@pytest.fixture
def names_of(app, charity, sign_in):
    """The names of the fields that a page shows, asked once for each address."""
    client, found = sign_in(), {}

    def ask(rule):
        if rule.endpoint not in found:
            answer = client.get(address_of(app, rule, {}), follow_redirects=False) if "GET" in rule.methods else None
            shown = answer is not None and answer.status_code == 200 and answer.mimetype == "text/html"
            page = html5lib.parse(answer.get_data(as_text=True), namespaceHTMLElements=False) if shown else None
            inputs = page.iterfind(".//*[@name]") if page is not None else ()
            found[rule.endpoint] = sorted({each.get("name") for each in inputs if each.tag != "meta"} | {"submit"})
        return found[rule.endpoint]

    return ask


def rules_of(app):
    return sorted((rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"), key=str)


def address_of(app, rule, arguments):
    """The address of a rule; arguments that are not given are 1, or a word."""
    for name, converter in rule._converters.items():
        word = min(converter.items) if isinstance(converter, AnyConverter) else "soutenir"
        arguments.setdefault(name, 1 if type(converter).__name__ == "IntegerConverter" else word)
    return app.url_map.bind(OUR_HOST).build(rule.endpoint, arguments)


@pytest.fixture
def fingerprint(app):
    """All that the database holds, in short."""
    tables = sorted(set(inspect(app.database.engine).get_table_names()) - KEPT_WHEN_REFUSED)
    tables = [table for table in tables if not table.startswith("contact_search")]

    def take():
        found = hashlib.sha256()
        with app.database.engine.connect() as connection:
            for table in tables:
                rows = connection.execute(text(f'SELECT * FROM "{table}"'))
                found.update(repr((table, sorted(repr(tuple(row)) for row in rows))).encode())
        return found.hexdigest()

    return take


@st.composite
def requests(draw, app, names_of):
    """One request to one of our addresses, as nobody of good will would send it."""
    rule = draw(st.sampled_from(rules_of(app)))
    arguments = {
        name: draw(st.sampled_from([0, 1, 2, 10**12, 10**30]))
        if type(converter).__name__ == "IntegerConverter"
        else draw(values.filter(lambda each: each and "/" not in each))
        for name, converter in rule._converters.items()
        if not isinstance(converter, AnyConverter) and draw(st.booleans())
    }
    method = draw(st.sampled_from([*rule.methods, *rule.methods, *METHODS]))
    own = st.dictionaries(st.sampled_from(names_of(rule)), values, max_size=12)
    sent = {"query_string": draw(st.one_of(st.just({}), fields, own))}
    if method in {"POST", "PUT", "PATCH", "DELETE"}:
        kind = draw(st.integers(0, 5))
        if kind == 0:
            sent["content_type"], sent["data"] = draw(st.sampled_from(BODIES))
        else:
            sent["data"] = {**draw(fields), **draw(own)}
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), values, max_size=2))
    sent["headers"] = {name: value for name, value in headers.items() if is_header(value)}
    return (
        method,
        address_of(app, rule, arguments),
        sent,
        draw(st.dictionaries(st.sampled_from(COOKIES), values, max_size=1)),
    )


def is_header(value):
    """What servers let through to us."""
    return value.isprintable() and value.isascii()


def send(client, request):
    method, address, sent, cookies = request
    limiter.reset()
    for name, value in cookies.items():
        client.set_cookie(name, value if is_header(value) and ";" not in value else "junk")
    return client.open(address, method=method, **sent)


def faults_in(answer, settings_of):
    """What an answer must never be, in words."""
    if answer.status_code >= 500:
        yield f"status {answer.status_code}"
    if answer.mimetype == "text/html":
        if BRAND in answer.get_data(as_text=True):
            yield "markup is read back as markup"
        if "charset=utf-8" not in answer.content_type:
            yield "no charset"
    if answer.status_code < 600 and answer.data and not answer.content_type:
        yield "no content type"
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
        if name not in answer.headers:
            yield f"no {name}"
    onward = urlsplit(answer.location or "/")
    allowed = {urlsplit(each).netloc for each in settings_of.checkout_origins} | {"", OUR_HOST}
    if (
        onward.netloc not in allowed
        or onward.scheme not in {"", "http", "https"}
        or re.match(r"[/\\]{2}", answer.location or "")
    ):
        yield f"leads to {answer.location}"


def drive(app, client_of, names_of, fingerprint):
    """Send one request after another, look at each answer, and at the database."""

    @DRIVEN
    @given(st.data())
    def run(data):
        request = data.draw(requests(app, names_of))
        client = client_of()
        before = fingerprint()
        answer = send(client, request)
        assert list(faults_in(answer, app.settings)) == []
        if answer.status_code >= 400 or request[0] in {"GET", "HEAD", "OPTIONS"}:
            assert fingerprint() == before, "what was refused, or only looked at, changed something"

    run()


@pytest.mark.usefixtures("charity")
def test_a_stranger_who_sends_anything_to_any_address_gets_an_answer_and_breaks_nothing(app, names_of, fingerprint):
    drive(app, app.test_client, names_of, fingerprint)


@pytest.mark.usefixtures("charity")
def test_staff_who_send_anything_to_any_address_get_an_answer_and_leave_nothing_that_is_read_as_markup(
    app, sign_in, names_of, fingerprint
):
    drive(app, sign_in, names_of, fingerprint)

    reader = sign_in()
    for rule in rules_of(app):
        if "GET" in rule.methods and rule.endpoint != "health.alive":
            for _number, key in zip(count(), (1, 2), strict=False):
                arguments = {
                    name: key for name, each in rule._converters.items() if type(each).__name__ == "IntegerConverter"
                }
                assert BRAND.encode() not in reader.get(address_of(app, rule, arguments)).get_data(), rule


@pytest.mark.usefixtures("charity")
def test_no_address_takes_a_method_it_has_no_use_for(app, sign_in):
    client, taken = sign_in(), defaultdict(set)
    for rule in rules_of(app):
        taken[str(rule)] |= rule.methods  # an address may have a rule for reading and one for writing
    for rule in rules_of(app):
        for method in set(METHODS) - taken[str(rule)]:
            answer = client.open(address_of(app, rule, {}), method=method)
            assert answer.status_code in {404, 405}, (method, rule)


@pytest.mark.usefixtures("charity")
def test_no_write_of_staff_is_taken_without_its_token(app, sign_in, fingerprint):
    client = sign_in()
    before = fingerprint()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for rule in rules_of(app):
            if "POST" in rule.methods and rule_of(app.view_functions[rule.endpoint]).kind != PUBLIC:
                answer = client.post(address_of(app, rule, {}), data={"name": "x"})
                assert answer.status_code in {303, 400, 404}, rule
                assert answer.status_code != 303 or "/sign-in" in answer.location or answer.location == "/my", rule
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert fingerprint() == before
