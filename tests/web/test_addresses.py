"""The links of a page lead to the same page, whatever somebody wrote into its address."""

import pytest

from app.kernel.pages import Page
from app.web.paging import pager

pytestmark = pytest.mark.db


@pytest.mark.parametrize(
    ("query", "in_french"),
    [
        ("", "?lang=fr"),
        ("?fund=1&fund=2&q=a b", "?fund=1&fund=2&q=a+b&lang=fr"),
        ("?lang=ne&lang=en&q=x", "?q=x&lang=fr"),
        ("?key=9&endpoint=x&_external=1&_scheme=javascript&_anchor=y&_method=POST&values=1",
         "?key=9&endpoint=x&_external=1&_scheme=javascript&_anchor=y&_method=POST&values=1&lang=fr"),
        ("?q=%22%3E%3Cscript%3E&%00=%ff", None),
    ],
)  # fmt: skip
def test_all_parameters_are_kept_and_mean_nothing_else(visitor, query, in_french):
    answer = visitor.get(f"/probe/job/7/here{query}")

    assert answer.status_code == 200
    assert answer.json["lang"].startswith("/probe/job/7/here?")
    assert not set(answer.json["lang"]) & set('"<>\x00')
    if in_french:
        assert answer.json["lang"] == f"/probe/job/7/here{in_french}"


def test_the_same_page_without_parameters_has_no_question_mark(visitor):
    assert visitor.get("/probe/job/7/here").json["same"] == "/probe/job/7/here"


def test_a_list_is_walked_with_its_filters(probe):
    with probe.test_request_context("/probe/job/7/here?fund=1&fund=2&after=old"):
        walk = pager(Page(["a row"], next_cursor="onwards", previous_cursor=None, total=3))

    assert walk.next_url == "/probe/job/7/here?fund=1&fund=2&after=onwards"
    assert walk.previous_url is None
    assert walk.first_url == "/probe/job/7/here?fund=1&fund=2"
    assert (walk.rows, walk.total) == (["a row"], 3)


@pytest.mark.parametrize("query", ["?_scheme=javascript", "?endpoint=x", "?slug=y", "?_external=1"])
def test_pages_with_links_to_themselves_survive_odd_parameters(visitor, query):
    for address in ("/sign-in", "/nowhere", "/give/unknown"):
        assert visitor.get(address + query).status_code in {200, 404}
        assert "javascript:" not in visitor.get(address + query).text


def test_the_address_of_a_static_file_changes_with_its_content(visitor):
    address = visitor.get("/probe/shown").json["asset"]

    assert address.startswith("/static/css/base.css?v=")
    assert len(address.partition("?v=")[2]) == 12
