"""What a receipt says is frozen whole, stored as JSON, and held back where the law wants more."""

import json
from dataclasses import replace
from datetime import date

import pytest

from app.giving.receipt_building import GiftLine, build_receipt
from app.giving.receipt_content import DonorIdentity, LegalArticle, ReceiptContent, UnknownContent
from app.giving.receipt_letters import printable
from app.giving.receipt_mentions import LABELS, Mention, missing_mentions
from app.giving.receipt_wording import GiftForm, GiftNature, PaidBy, ReceiptKind
from app.kernel.money import CurrencyMismatch, Money
from tests.giving.receipt_examples import ALPAGES, CHARITY, FIFTY_BY_CARD, JEANNE, picture, request

COMPANY, PLAIN = ReceiptKind.FR_COMPANY, ReceiptKind.PLAIN
LAPTOPS = GiftLine(
    date(2026, 3, 1), Money(123456, "EUR"), nature=GiftNature.GOODS, form=GiftForm.OTHER, description="24 laptops"
)
NO_ONE = DonorIdentity("", ())


def build(**changes):
    return build_receipt(request(**changes))


@pytest.mark.parametrize(
    "content",
    [
        build(),
        build(number=None),
        build(kind=COMPANY, donor=ALPAGES, lines=[LAPTOPS, FIFTY_BY_CARD], replaces="2026-00001"),
        build(kind=PLAIN, language="ne", lines=[GiftLine(date(2026, 4, 14), Money(500, "JPY"))]),
        build(issuer=replace(CHARITY, logo_png=picture(), signature_png=picture())),
    ],
)
def test_content_comes_back_from_stored_json_as_it_was(content):
    assert ReceiptContent.from_json(json.loads(json.dumps(content.to_json()))) == content


def test_stored_content_names_its_layout_and_version():
    stored = build().to_json()
    assert (stored["layout"], stored["content_version"]) == ("fr-2041-rd", 1)
    assert build(kind=COMPANY, donor=ALPAGES).layout == "fr-2041-mec"
    assert build(kind=PLAIN).layout == "plain"


@pytest.mark.parametrize(
    "change",
    [
        {"content_version": 2},
        {"kind": "gb_gift_aid"},
        {"issued_on": "yesterday"},
        {"lines": [{}]},
        {"issuer": None},
        {"afterthought": 1},
    ],
)
def test_content_of_another_kind_is_not_read(change):
    with pytest.raises(UnknownContent):
        ReceiptContent.from_json({**build().to_json(), **change})


def test_content_with_a_value_missing_is_not_read():
    stored = build().to_json()
    del stored["amount_minor"]
    with pytest.raises(UnknownContent):
        ReceiptContent.from_json(stored)


def test_amounts_are_frozen_in_figures_and_words():
    content = build(lines=[FIFTY_BY_CARD, GiftLine(date(2026, 2, 2), Money(118456, "EUR"), PaidBy.CHEQUE)])
    assert content.amount_minor == 123456
    assert content.amount_figures.split() == ["1", "234,56", "€"]
    assert content.amount_words == "Mille deux cent trente-quatre euros et cinquante-six centimes"


def test_a_french_receipt_is_french_whatever_the_reader_speaks():
    content = build(language="ne")
    assert content.language == "fr"
    assert content.words["donor"] == "Donateur"
    assert content.lines[0].paid_on_text == "1er février 2026"


def test_a_plain_receipt_speaks_its_readers_language():
    english, nepali = build(kind=PLAIN, language="en"), build(kind=PLAIN, language="ne")
    assert english.words["in_return"] == "No goods or services were provided in return for this gift."
    assert english.lines[0].method_text == "Card"
    assert nepali.amount_words == "पचास युरो"
    assert nepali.donor.address_lines == JEANNE.address_lines


def test_what_the_donor_got_in_return_is_said():
    content = build(kind=PLAIN, language="en", benefits="two tickets, estimated at US$40.")
    assert content.words["in_return"] == "In return for this gift the donor received: two tickets, estimated at US$40."


def test_outside_france_a_gift_in_kind_is_described_and_never_valued():
    content = build(kind=PLAIN, language="en", lines=[LAPTOPS])
    assert (content.amount_minor, content.amount_figures, content.lines[0].amount_text) == (0, "", "")
    assert content.words["acknowledges"].endswith("we have received:")
    assert "123" not in json.dumps(content.to_json()["lines"])


def test_several_payments_are_put_in_order_and_their_period_named():
    later = GiftLine(date(2026, 1, 5), Money(100, "EUR"), PaidBy.CASH)
    content = build(lines=[FIFTY_BY_CARD, later])
    assert [line.paid_on for line in content.lines] == [date(2026, 1, 5), date(2026, 2, 1)]
    assert content.period_text == "du 5 janvier 2026 au 1er février 2026"
    assert build().period_text == ""
    year = (date(2025, 1, 1), date(2025, 12, 31))
    assert build(period=year).period_text == "du 1er janvier 2025 au 31 décembre 2025"


def test_the_articles_certified_are_named():
    both = (LegalArticle.INCOME_TAX, LegalArticle.PROPERTY_WEALTH_TAX)
    assert "prévue à l’article 200 du" in build().words["honour"]
    assert "prévue aux articles 200 et 978 du" in build(articles=both).words["honour"]
    assert "prévue à l’article 238 bis du" in build(kind=COMPANY, donor=ALPAGES).words["honour"]


def test_a_company_is_told_what_was_received_in_money_and_in_kind():
    def acknowledged(*lines):
        return build(kind=COMPANY, donor=ALPAGES, lines=lines).words["acknowledges"]

    assert "en numéraire, la somme de" in acknowledged(FIFTY_BY_CARD)
    assert "dont la valeur déclarée par l’entreprise" in acknowledged(LAPTOPS)
    assert "en numéraire et en nature" in acknowledged(FIFTY_BY_CARD, LAPTOPS)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lines": []}, "at least one gift"),
        ({"lines": [GiftLine(date(2026, 1, 1), Money(0, "EUR"))]}, "above nought"),
        ({"lines": [GiftLine(date(2026, 1, 1), Money(-5, "EUR"))]}, "above nought"),
        ({"lines": [GiftLine(date(2026, 1, 1), None)]}, "Only a gift in kind"),
        ({"number": "  "}, "has a number"),
        ({"articles": (LegalArticle.COMPANIES,)}, "does not certify"),
        ({"period": (date(2026, 2, 1), date(2026, 1, 1))}, "begins before"),
        ({"kind": PLAIN, "language": "de"}, "No receipt in 'de'"),
        ({"issuer": replace(CHARITY, logo_png="not base64!")}, "PNG in base64"),
        ({"issuer": replace(CHARITY, logo_png="bm90IGEgcGljdHVyZQ==")}, "PNG of at most"),
        ({"issuer": replace(CHARITY, accent="red")}, "#rrggbb"),
    ],
)
def test_what_makes_no_receipt_is_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        build(**changes)


def test_two_currencies_are_not_one_sum():
    with pytest.raises(CurrencyMismatch):
        build(lines=[FIFTY_BY_CARD, GiftLine(date(2026, 2, 1), Money(1, "USD"), PaidBy.CARD)])


def test_a_complete_receipt_lacks_nothing():
    assert missing_mentions(build()) == []
    assert missing_mentions(build(kind=COMPANY, donor=ALPAGES, lines=[LAPTOPS])) == []
    assert missing_mentions(build(kind=PLAIN, donor=DonorIdentity("A. Rai", ()))) == []
    assert missing_mentions(build(number=None)) == []


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"donor": NO_ONE}, ["donor_name", "donor_address"]),
        ({"donor": replace(JEANNE, address_lines=("Rennes", " "))}, ["donor_address"]),
        ({"issuer": replace(CHARITY, siren="", rna="")}, ["issuer_identifier"]),
        ({"issuer": replace(CHARITY, siren="")}, []),
        ({"issuer": replace(CHARITY, category="", purpose="")}, ["issuer_purpose", "issuer_category"]),
        ({"issuer": replace(CHARITY, name="", address_lines=())}, ["issuer_name", "issuer_address"]),
        ({"issuer": replace(CHARITY, signatory_role="")}, ["signatory"]),
        ({"lines": [GiftLine(date(2026, 1, 1), Money(100, "EUR"))]}, ["method"]),
        ({"lines": [GiftLine(date(2026, 1, 1), Money(100, "USD"), PaidBy.CARD)]}, ["amount_in_euros"]),
        ({"kind": COMPANY}, ["donor_legal_form", "donor_siren"]),
        ({"lines": [replace(LAPTOPS, amount=None, description="")]}, ["amount", "description"]),
        ({"kind": PLAIN, "donor": NO_ONE}, ["donor_name"]),
    ],
)
def test_each_mention_the_law_wants_is_missed(changes, absent):
    assert missing_mentions(build(**changes)) == absent


def test_a_receipt_that_is_no_specimen_wants_its_number():
    assert missing_mentions(replace(build(), number="")) == ["number"]


def test_every_mention_can_be_said_to_people():
    assert set(LABELS) == set(Mention)
    assert str(Mention.DONOR_ADDRESS.label)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("  Jean\n Dupont ", "Jean Dupont"),
        ("Rene\u0301e", "Renée"),
        ("王伟", "WangWei"),
        ("Łukasz Ångström-Őry", "Łukasz Ångström-Őry"),
        ("सरस्वती श्रेष्ठ", "सरस्वती श्रेष्ठ"),
        ("abc\u202edef\u0000", "abcdef"),
        ("", ""),
    ],
)
def test_names_are_put_into_letters_the_fonts_have(written, printed):
    assert printable(written) == printed
