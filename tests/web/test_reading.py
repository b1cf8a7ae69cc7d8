"""In which language and theme people read, and that their choice is kept where they look for it."""

import pytest

pytestmark = pytest.mark.db


def language(client, address="/probe/language", **headers):
    return client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()}).json[
        "language"
    ]


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("fr", "fr"), ("fr-CH, en;q=0.5", "fr"), ("en-GB,fr;q=0.5", "en"), ("de, ne-NP;q=0.4, en;q=0.2", "ne"),
        ("de", "en"), ("", "en"), ("FR", "fr"), ("*", "en"), ("fr;q=0, en", "en"), (";;;q=x,\x7f", "en"),
    ],
)  # fmt: skip
def test_a_stranger_reads_in_the_first_language_of_the_browser_that_we_speak(visitor, accepted, spoken):
    assert language(visitor, Accept_Language=accepted) == spoken


def test_the_cookie_goes_before_the_browser(visitor):
    visitor.set_cookie("language", "ne")

    assert language(visitor, Accept_Language="fr") == "ne"


def test_a_language_of_no_catalogue_in_the_cookie_is_passed_over(visitor):
    visitor.set_cookie("language", "../../etc")

    assert language(visitor, Accept_Language="fr") == "fr"


def test_what_staff_chose_for_themselves_goes_before_cookie_and_browser(staff):
    client = staff("gifts.read", language="fr")
    client.set_cookie("language", "ne")

    assert language(client, Accept_Language="en") == "fr"


@pytest.mark.parametrize("asked", ["fr", "ne", "en"])
def test_the_address_goes_before_everything(staff, visitor, asked):
    visitor.set_cookie("language", "en")

    assert language(visitor, f"/probe/language?lang={asked}") == asked
    assert language(staff("gifts.read", language="fr"), f"/probe/language?lang={asked}") == asked


@pytest.mark.parametrize("asked", ["xx", "", "fr-FR", "' OR 1=1"])
def test_a_language_nobody_speaks_in_the_address_is_passed_over(visitor, asked):
    assert language(visitor, f"/probe/language?lang={asked}", Accept_Language="ne") == "ne"


def test_one_request_leaves_no_language_behind_for_the_next(visitor):
    assert language(visitor, "/probe/language?lang=fr") == "fr"
    assert language(visitor) == "en"


def test_a_choice_is_kept_in_a_cookie_and_leads_back(visitor):
    answer = visitor.post("/reading", data={"language": "ne", "theme": "dark", "next": "/probe/language?x=1"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/probe/language?x=1")
    assert visitor.get_cookie("language").value == "ne"
    assert visitor.get_cookie("theme").value == "dark"
    assert language(visitor) == "ne"


def test_staff_keep_their_choice_with_their_account(staff):
    client = staff("gifts.read", language="en")
    client.post("/reading", data={"language": "fr"})
    client.delete_cookie("language")

    assert language(client) == "fr"


@pytest.mark.parametrize("wrong", [{"language": "xx", "theme": "pink"}, {}, {"language": ["fr"], "next": "//x"}])
def test_a_choice_that_is_none_changes_nothing_and_leads_home(visitor, wrong):
    answer = visitor.post("/reading", data={**wrong, "language": "xx"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.get_cookie("theme") is None


def test_the_theme_of_the_page_is_the_one_that_was_chosen(visitor):
    visitor.set_cookie("theme", "dark")
    assert 'data-theme="dark"' in visitor.get("/sign-in").text
    visitor.set_cookie("theme", '"><script>')
    assert 'data-theme="auto"' in visitor.get("/sign-in").text


def test_instants_are_shown_in_the_organisations_zone_from_the_first_page_on(visitor, database):
    assert visitor.get("/probe/shown?lang=en").json["instant"] == "6 Mar 2026, 00:30"
