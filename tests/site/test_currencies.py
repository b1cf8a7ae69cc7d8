"""Several currencies on one giving page: chosen without script, and right to the last digit from page to books."""

import re

import pytest
from sqlalchemy import select

from app.giving.models import Gift, GiftStatus, GivingForm, Receipt, Submission
from app.kernel.money import Money
from tests.sandbox_world import SEPA, SandboxWorld
from tests.site.conftest import Send
from tests.site.test_page import HEAVIEST

pytestmark = pytest.mark.db
YEN = {"currency": "JPY", "presets_once": [3000, 8000], "presets_recurring": [1500], "smallest_minor": 500,
       "largest_minor": 800_000, "fee_fixed_minor": 40}  # fmt: skip
DINAR = {"currency": "KWD", "presets_once": [5000, 10_500], "presets_recurring": [2000], "smallest_minor": 1000,
         "largest_minor": 2_000_000, "fee_fixed_minor": 80}  # fmt: skip


@pytest.fixture
def several(writing, form) -> GivingForm:
    with writing() as db:
        known = db.merge(form)
        known.more_currencies = [YEN, DINAR]
        known.requires, known.consent_purposes = [], []
    return known


def gifts(database) -> list[Gift]:
    with database.reading() as db:
        return list(db.scalars(select(Gift).order_by(Gift.id)))


def test_the_page_opens_in_its_first_currency_and_leads_to_the_others(client, several):
    page = client.get(f"/give/{several.slug}?lang=en").text
    assert re.search(r'<a href="\?lang=en" aria-current="true">EUR</a>', page)
    assert '<a href="?lang=en&amp;currency=JPY">JPY</a>' in page
    assert 'data-one="€1"' in page


@pytest.mark.parametrize(
    ("code", "shown", "live"),
    [
        ("JPY", "¥8,000", 'data-one="JP¥1" data-exponent="0"'),
        ("KWD", "KWD 10.500", 'data-one="KWD 1" data-exponent="3"'),
    ],
)
def test_each_currency_has_amounts_of_its_own(client, several, code, shown, live):
    answer = client.get(f"/give/{several.slug}?lang=en&currency={code}")
    page = answer.text.replace("\xa0", " ")
    assert shown in page
    assert live in page
    assert f"currency={code}" in re.search(r'<form[^>]*action="([^"]*)"', page)[1]
    assert "after tax" not in page
    assert 'name="wants_receipt"' not in page
    assert len(answer.data) < HEAVIEST
    assert client.get(f"/give/{several.slug}?lang=en&currency={code}").text.count("¥") == answer.text.count("¥")


@pytest.mark.parametrize(("language", "one"), [("fr", "1 €"), ("en", "€1"), ("ne", "€ 1")])
def test_the_script_is_shown_how_the_server_writes_amounts(client, form, language, one):
    page = client.get(f"/give/{form.slug}?lang={language}").text.replace("\xa0", " ")

    assert f'data-one="{one}"' in page
    assert one.replace("1", "50") in page


def test_a_currency_that_is_not_offered_is_the_first(client, several):
    for code in ("USD", "jpy", "x" * 200, "%00"):
        assert 'aria-current="true">EUR</a>' in client.get(f"/give/{several.slug}?currency={code}").text


def test_a_form_with_one_currency_asks_nothing(client, form):
    page = client.get(f"/give/{form.slug}?currency=JPY").text
    assert "currencies" not in page
    assert 'data-exponent="2"' in page


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ({"amount_once": "8000"}, Money(8000, "JPY")),
        ({"amount_once": "8000", "cover": "y"}, Money(8163, "JPY")),
        ({"amount_once": "other", "other": "7.250"}, Money(7250, "KWD")),
        ({"amount_once": "5000", "cover": "y"}, Money(5160, "KWD")),
    ],
)
def test_the_whole_way_to_the_books(send: Send, several, world: SandboxWorld, typed, whole):
    database = world.app.database
    sent = send(several, currency=whole.currency, **typed)
    assert sent.status_code == 303, sent.text
    thanks = world.app.test_client().get(world.pay(sent.headers["Location"]).location)
    world.deliver()
    (gift,) = gifts(database)
    assert gift.amount == whole
    assert gift.status is GiftStatus.RECEIVED
    assert "Thank you" in thanks.text
    with database.reading() as db:
        assert {receipt.currency for receipt in db.scalars(select(Receipt))} <= {whole.currency}


def test_an_amount_chosen_in_a_currency_that_is_taken_no_longer_is_asked_for_again(send: Send, several, database):
    sent = send(several, currency="USD", amount_once="5000")

    assert sent.status_code == 422
    assert "Look it over" in sent.text
    assert 'aria-current="true">EUR</a>' in sent.text
    with database.reading() as db:
        assert db.scalars(select(Submission)).all() == []


def test_a_monthly_gift_in_another_currency(database, send: Send, several, world: SandboxWorld):
    sent = send(several, currency="JPY", frequency="month", amount_recurring="1500")
    world.pay(sent.headers["Location"])
    world.deliver()
    world.advance(days=32)
    world.deliver()
    assert [gift.amount for gift in gifts(database)] == [Money(1500, "JPY")] * 2


@pytest.mark.parametrize(
    ("code", "typed"),
    [("KWD", "7.255"), ("KWD", "0.500"), ("JPY", "100.5"), ("JPY", "400"), ("JPY", "900000"), ("KWD", "7.2555")],
)
def test_what_cannot_be_paid_in_a_currency_is_refused_with_a_word(database, send: Send, several, code, typed):
    answer = send(several, currency=code, amount_once="other", other=typed)
    assert answer.status_code == 422
    assert f'aria-current="true">{code}</a>' in answer.text
    assert gifts(database) == []


def test_a_preset_of_another_currency_is_no_preset(send: Send, several):
    assert send(several, currency="JPY", amount_once="5000").status_code == 422


def test_direct_debits_are_in_euros_only(send: Send, several, world: SandboxWorld):
    page = send(several, currency="JPY", amount_once="8000").headers["Location"]
    assert world.pay(page, SEPA).status != 303
