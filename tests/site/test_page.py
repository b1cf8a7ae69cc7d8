"""The giving page as it is shown: light, whole without script, silent towards others, in the donor's language."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.giving.models import FeeCover, GivingForm, StatutoryRate
from app.kernel.clock import now
from app.kernel.organisation import TaxRegime, the_organisation
from app.payments.gateway import Gateway
from app.payments.no_gateway import NoGateway

pytestmark = pytest.mark.db

HEAVIEST = 30_000
ADDRESSES = re.compile(r'(?:href|src|action)="([^"]+)"')
CONTENT = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*|/organisation/brand\.css[^"]*)"')


def _weight(client, address: str) -> int:
    part = client.get(address)
    weight = len(part.data)
    part.close()
    assert part.status_code == 200
    return weight


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("language", ["fr", "en", "ne"])
def test_the_page_with_everything_asked_weighs_less_than_30_kilobytes(client, form, language):
    page = client.get(f"/give/{form.slug}?lang={language}")
    weights = [_weight(client, address) for address in CONTENT.findall(page.text)]

    assert page.status_code == 200
    assert len(weights) == 3
    assert len(page.data) + sum(weights) < HEAVIEST


def test_the_page_asks_nothing_of_any_other_site(client, form):
    page = client.get(f"/give/{form.slug}")

    outside = [address for address in ADDRESSES.findall(page.text) if not address.startswith(("/", "#", "mailto:"))]
    assert outside == []
    assert "//" not in "".join(address for address in ADDRESSES.findall(page.text) if address.startswith("//"))


def test_the_page_sets_no_cookie_and_needs_none(app, client, form, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)

    page = client.get(f"/give/{form.slug}")

    assert "Set-Cookie" not in page.headers
    assert "csrf_token" not in page.text


def test_the_page_has_no_inline_style_or_script_and_a_strict_policy(client, form):
    page = client.get(f"/give/{form.slug}")

    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", page.text)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:1" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("asked", "browser", "title"),
    [
        ("fr", "en", "L’école pour tous"),
        ("", "en-GB,fr;q=0.5", "School for all"),
        ("", "ne", "सबैका लागि विद्यालय"),
        ("", "de", "L’école pour tous"),
        ("xx", "de", "L’école pour tous"),
    ],
)
def test_the_page_speaks_the_language_asked_for_or_the_browsers_or_its_first(client, form, asked, browser, title):
    page = client.get(f"/give/{form.slug}?lang={asked}", headers={"Accept-Language": browser})

    assert f"<h1>{title}</h1>" in page.text


def test_only_the_forms_own_languages_are_offered(client, make_page):
    form = make_page(languages=["fr", "en"])

    page = client.get(f"/give/{form.slug}?lang=ne", headers={"Accept-Language": "ne"})

    assert "<h1>L’école pour tous</h1>" in page.text
    assert "नेपाली" not in page.text


def test_each_preset_says_what_it_costs_people_and_companies_without_script(client, form):
    text = _text(client.get(f"/give/{form.slug}?lang=en").text)

    assert "€50 costs €17 costs €20" in text
    assert "€250 costs €85 costs €100" in text


def test_the_rate_is_the_one_of_the_day_from_the_dated_table(client, writing, form):
    with writing() as db:
        the_organisation(db).tax_regime = TaxRegime.FR_ASSISTANCE
        for rate in db.scalars(select(StatutoryRate).where(StatutoryRate.regime == TaxRegime.FR_ASSISTANCE)):
            rate.tiers = [[10000, 75], [None, 66]] if rate.donor_kind == "person" else rate.tiers

    page = client.get(f"/give/{form.slug}?lang=en")

    assert "€100 costs €25" in _text(page.text)
    assert "€250 costs €76.00" in _text(page.text).replace("€76 ", "€76.00 ")
    assert 'data-person="10000:75 :66"' in page.text
    assert "75%, then 66%" in page.text


@pytest.mark.parametrize("changed", [{"shows_tax_effect": False}, {"currency": "USD"}])
def test_no_cost_after_tax_is_shown_where_staff_or_the_currency_forbid_it(client, make_page, changed):
    form = make_page(**changed)

    page = client.get(f"/give/{form.slug}?lang=en")

    assert "costs" not in _text(page.text)


def test_no_tax_receipt_is_offered_where_no_tax_rules_apply(client, writing, form):
    with writing() as db:
        the_organisation(db).tax_regime = TaxRegime.NONE

    page = client.get(f"/give/{form.slug}?lang=en")

    assert "wants_receipt" not in page.text
    assert "costs" not in _text(page.text)


def test_a_form_that_asks_little_shows_little(client, make_page):
    form = make_page(asks=[], consent_purposes=[], intervals=[], fee_cover=FeeCover.OFF, presets_once=[1000])

    page = client.get(f"/give/{form.slug}?lang=en")

    for name in ("phone", "comment", "anonymous", "company", "tribute", "cover", "consents", "amount_recurring"):
        assert f'name="{name}"' not in page.text
    assert '<input type="radio" name="frequency" value="once" checked hidden>' in page.text


def test_what_covering_the_fee_adds_stands_beside_each_preset(client, form):
    text = _text(client.get(f"/give/{form.slug}?lang=en").text)

    assert "+ €1.02" in text
    assert "(1.5% + €0.25)" in text


def test_consents_are_never_ticked_beforehand_and_say_their_current_words(client, form):
    page = client.get(f"/give/{form.slug}?lang=en")

    boxes = re.findall(r'<input[^>]*name="consents"[^>]*>', page.text)
    assert len(boxes) == 2
    assert not any("checked" in box for box in boxes)
    assert "Yes to news" in page.text


def test_the_goal_shows_how_far_it_is_reached(client, make_page):
    form = make_page(goal_minor=1_000_000, shows_progress=True)

    page = client.get(f"/give/{form.slug}?lang=en")

    assert 'max="1000000"' in page.text
    assert "raised of €10,000" in _text(page.text)


def test_the_address_may_propose_an_amount_a_frequency_and_a_fund_but_nothing_else(client, form):
    fund = form.funds[1].fund_id
    page = client.get(f"/give/{form.slug}?lang=en&amount=33&frequency=quarter&fund={fund}&email=x@example.org")

    assert re.search(r'name="frequency"[^>]*value="quarter" checked', page.text)
    assert re.search(r'name="amount_recurring"[^>]*value="other" checked', page.text)
    assert 'value="33.00"' in page.text
    assert f'<option selected value="{fund}">' in page.text
    assert "x@example.org" not in page.text


@pytest.mark.parametrize("junk", ["amount=NaN", "amount=1e9", "amount=-5", "frequency=hourly", "fund=x", "lang=%00"])
def test_a_junk_address_shows_the_page_as_it_is(client, form, junk):
    assert client.get(f"/give/{form.slug}?{junk}").status_code == 200


def test_where_the_donor_came_from_travels_in_the_page_and_only_the_host_of_the_site(client, form):
    page = client.get(
        f"/give/{form.slug}?utm_source=letter&utm_campaign=winter%00<b>&gclid=1",
        headers={"Referer": "https://news.example/a/private?path=1"},
    )

    assert '<input type="hidden" name="utm_source" value="letter">' in page.text
    assert '<input type="hidden" name="utm_campaign" value="winter&lt;b&gt;">' in page.text
    assert '<input type="hidden" name="referrer_host" value="news.example">' in page.text
    assert "private" not in page.text
    assert "gclid" not in page.text.replace("gclid=1&amp;lang", "")


@pytest.mark.parametrize(
    "slug", ["nothing", "ECOLE", "%00", "a" * 2000, "..%2f..", "😀", "thanks", "'; DROP TABLE gift"]
)
def test_an_unknown_address_gets_a_kind_page(client, form, slug):
    page = client.get(f"/give/{slug}")

    assert page.status_code == 404


def test_a_draft_does_not_show_that_it_exists(client, writing, form):
    with writing() as db:
        db.add(GivingForm(name="Secret", slug="secret", languages=["fr"], texts={"fr": {"title": "Secret plan"}}))

    page = client.get("/give/secret")

    assert page.status_code == 404
    assert "Secret plan" not in page.text


def test_a_closed_form_says_so_kindly_and_leads_to_the_open_ones(client, writing, make_page):
    make_page(slug="other", texts={code: {"title": "The other one"} for code in ("fr", "en", "ne")})
    with writing() as db:
        closed = GivingForm(name="Old", slug="old", languages=["en"], texts={"en": {"title": "Old appeal"}})
        closed.publish()
        closed.closes_at = now() - timedelta(days=1)
        db.add(closed)

    page = client.get("/give/old")

    assert page.status_code == 200
    assert "This page took gifts until" in page.text
    assert "The other one" in page.text
    assert "<form" not in page.text


def test_without_a_gateway_the_page_says_that_nothing_can_be_given_now(app, client, form):
    before = app.ports.get(Gateway)
    app.ports.provide(Gateway, NoGateway())
    try:
        page = client.get(f"/give/{form.slug}?lang=en")
    finally:
        app.ports.provide(Gateway, before)

    assert "Gifts cannot be made here at the moment" in page.text


def test_other_sites_may_frame_the_embedded_page_of_a_form_that_names_them_and_no_other(client, make_page):
    form = make_page(embed_origins=["https://ngo.example", "https://partner.example:8443"])

    framed = client.get(f"/give/{form.slug}/embed?lang=en")
    bare = client.get(f"/give/{form.slug}?lang=en")

    assert (
        "frame-ancestors https://ngo.example https://partner.example:8443" in framed.headers["Content-Security-Policy"]
    )
    assert 'target="_top"' in framed.text
    assert f'href="/give/{form.slug}/embed?lang=fr"' in framed.text
    assert '<header class="organisation">' not in framed.text
    assert "Set-Cookie" not in framed.headers
    assert "frame-ancestors 'none'" in bare.headers["Content-Security-Policy"]


def test_a_closed_form_says_so_in_the_frame_too(client, writing, make_page):
    form = make_page(embed_origins=["https://ngo.example"])
    with writing() as db:
        db.get_one(GivingForm, form.id).close()

    framed = client.get(f"/give/{form.slug}/embed?lang=en")

    assert "cannot be made here" in framed.text
    assert "frame-ancestors https://ngo.example" in framed.headers["Content-Security-Policy"]


def test_a_form_without_named_sites_cannot_be_framed(client, form):
    framed = client.get(f"/give/{form.slug}/embed")

    assert "frame-ancestors 'none'" in framed.headers["Content-Security-Policy"]


def test_whoever_has_the_link_sees_the_preview_of_a_draft_and_cannot_give_from_it(client, writing, make_page):
    make_page()
    with writing() as db:
        draft = GivingForm(name="Draft", slug="draft", languages=["en"], texts={"en": {"title": "In the making"}})
        db.add(draft)
        db.flush()
        token = draft.preview_token

    page = client.get(f"/give/preview/{token}")

    assert page.status_code == 200
    assert "In the making" in page.text
    assert "preview" in page.text
    assert 'type="submit"' not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert client.post(f"/give/preview/{token}").status_code == 405
    another = token[:-1] + ("X" if token[-1] != "X" else "Y")
    assert client.get(f"/give/preview/{another}").status_code == 404


def test_the_front_page_lists_what_is_open_to_the_public_and_sends_staff_to_work(client, sign_in, form):
    public = client.get("/", headers={"Accept-Language": "en"})
    staff = sign_in().get("/")

    assert "School for all" in public.text
    assert f"/give/{form.slug}" in public.text
    assert staff.status_code == 303
    assert staff.headers["Location"] == "/dashboard"
