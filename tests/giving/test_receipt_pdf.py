"""The printed receipt: every mention, every mark, the same bytes each time, and text that stays text."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from app.giving.receipt_building import GiftLine, build_receipt
from app.giving.receipt_content import DonorIdentity, LegalArticle, ReceiptContent
from app.giving.receipt_letters import PRINTABLE_RANGES, printable
from app.giving.receipt_pdf import TEMPLATES, CannotPrint, ReceiptPrinter, render_receipt
from app.giving.receipt_wording import GiftForm, GiftNature, PaidBy, ReceiptKind
from app.kernel.money import Money
from tests.giving.receipt_examples import ALPAGES, CHARITY, FIFTY_BY_CARD, picture, printed, request, text_of

COMPANY, PLAIN = ReceiptKind.FR_COMPANY, ReceiptKind.PLAIN
BOTH_ARTICLES = (LegalArticle.INCOME_TAX, LegalArticle.PROPERTY_WEALTH_TAX)


def build(**changes):
    return build_receipt(request(**changes))


@pytest.mark.parametrize(
    "mention",
    [
        "Planète Népal",
        "12 rue des Églantines 75011 Paris",
        "Accompagner les enfants et les familles des villages de l’Himalaya",
        "Numéro SIREN 732 829 320",
        "Numéro RNA W751234567",
        "Œuvre ou organisme d’intérêt général",
        "Rescrit fiscal du 12 mars 2024",
        "Numéro d’ordre du reçu 2026-00042",
        "Jeanne Lefèvre",
        "8 impasse du Puits 35000 Rennes",
        "*** 50,00 € ***",
        "Somme en toutes lettres : Cinquante euros",
        "Date du versement ou du don 1er février 2026",
        "Forme du don Déclaration de don manuel",
        "Nature du don Numéraire",
        "Mode de versement Carte bancaire",
        "certifie sur l’honneur que les dons et versements qu’il reçoit ouvrent droit à la réduction d’impôt "
        "prévue à l’article 200 du code général des impôts",
        "Fait à Paris, le 3 février 2026",
        "Camille Aubert Trésorière",
        "2041-RD (CERFA n° 11580*05)",
    ],
)
def test_a_persons_receipt_has_the_mention(mention):
    assert mention in text_of(build())


@pytest.mark.parametrize(
    "mention",
    [
        "Dénomination Alpages & Cie",
        "Forme juridique Société par actions simplifiée",
        "Numéro SIREN 552 100 554",
        "Zone artisanale des Prés 74000 Annecy",
        "en numéraire et en nature",
        "24 ordinateurs portables",
        "Prestation ou mise à disposition de personnel",
        "Un développeur, 8 jours",
        "1 234,56 €",
        "*** 5 284,56 € ***",
        "Cinq mille deux cent quatre-vingt-quatre euros et cinquante-six centimes",
        "du 1er février 2026 au 5 mars 2026",
        "La valeur des dons en nature est déterminée par l’entreprise donatrice",
        "prévue à l’article 238 bis du code général des impôts",
        "2041-MEC-SD (CERFA n° 16216*02)",
    ],
)
def test_a_companys_receipt_has_the_mention(mention):
    laptops = GiftLine(
        date(2026, 3, 1),
        Money(123456, "EUR"),
        nature=GiftNature.GOODS,
        form=GiftForm.OTHER,
        description="24 ordinateurs portables",
    )
    developer = GiftLine(
        date(2026, 3, 5), Money(400000, "EUR"), nature=GiftNature.SERVICES, description="Un développeur, 8 jours"
    )
    assert mention in text_of(build(kind=COMPANY, donor=ALPAGES, lines=[FIFTY_BY_CARD, laptops, developer]))


def test_the_same_content_gives_the_same_bytes_now_and_from_its_stored_form():
    content = build(issuer=replace(CHARITY, logo_png=picture(), signature_png=picture()))
    stored = ReceiptContent.from_json(json.loads(json.dumps(content.to_json())))
    first = render_receipt(content, is_copy=False, is_void=False)
    assert render_receipt(content, is_copy=False, is_void=False) == first
    assert ReceiptPrinter().render(stored, is_copy=False, is_void=False) == first


def test_an_original_bears_no_mark():
    text = text_of(build())
    assert not any(mark in text for mark in ("DUPLICATA", "ANNULÉ", "SPÉCIMEN", "annule et remplace"))


def test_a_copy_says_so_and_of_what():
    text = text_of(build(), is_copy=True)
    assert text.count("DUPLICATA") == 2
    assert "Copie du reçu délivré le 3 février 2026, conforme à l’original." in text


def test_a_void_receipt_says_so():
    text = text_of(build(), is_void=True, is_copy=True)
    assert text.count("ANNULÉ") == 2
    assert text.count("DUPLICATA") == 2
    assert "n’ouvre droit à aucune réduction d’impôt" in text


def test_a_specimen_has_no_number_and_no_value():
    text = text_of(build(number=None))
    assert text.count("SPÉCIMEN") >= 3
    assert "sans valeur fiscale" in text
    assert "2026-0" not in text


def test_a_receipt_that_replaces_another_names_it():
    assert "Ce reçu annule et remplace le reçu n° 2026-00017." in text_of(build(replaces="2026-00017"))


HOSTILE = '#read("/etc/passwd") *bold* $x^2$ \\u{41} @ref <label> `raw` "quoted" // gone #image("x.png") ]'


@pytest.mark.parametrize("kind", [ReceiptKind.FR_PERSON, PLAIN])
def test_text_that_looks_like_markup_is_printed_as_it_was_typed(kind):
    donor = DonorIdentity(HOSTILE, (HOSTILE, "35000 Rennes"), country="FR")
    text = text_of(build(kind=kind, donor=donor, issuer=replace(CHARITY, purpose=HOSTILE, name="[" + HOSTILE)))
    assert text.count(HOSTILE) >= 3
    assert "root:" not in text


def test_devanagari_is_printed():
    donor = DonorIdentity("सरस्वती श्रेष्ठ", ("धुलिखेल", "काभ्रेपलाञ्चोक"), country="NP")
    nepali = build(kind=PLAIN, language="ne", donor=donor, lines=[GiftLine(date(2026, 4, 14), Money(500000, "NPR"))])
    # pypdf gives the letters of a syllable in the order they are drawn: each must be there.
    assert set("सरस्वती श्रेष्ठ काभ्रेपलाञ्चोक पाँच हजार") <= set(text_of(nepali))
    assert set("सरस्वती श्रेष्ठ") <= set(text_of(build(donor=donor)))


def test_a_us_donor_reads_that_nothing_was_given_in_return():
    us = DonorIdentity("Ashley O’Connor", ("1600 Elm Street", "Portland, OR 97201"), country="US")
    issuer = replace(CHARITY, registration="EIN 12-3456789", tax_status="Tax-exempt under section 501(c)(3).")
    text = text_of(build(kind=PLAIN, language="en", donor=us, issuer=issuer))
    for mention in ("No goods or services were provided in return", "EIN 12-3456789", "501(c)(3)", "United States"):
        assert mention in text
    assert "réduction d’impôt" not in text


def test_a_year_of_payments_flows_onto_a_second_page():
    thirty = [
        GiftLine(date(2025, 1 + day % 12, 1 + day % 28), Money(1000 + day, "EUR"), PaidBy.DIRECT_DEBIT)
        for day in range(30)
    ]
    content = build(lines=thirty, articles=BOTH_ARTICLES, issuer=replace(CHARITY, purpose=CHARITY.purpose * 4))
    reader = printed(content)
    text = text_of(content)
    assert len(reader.pages) == 2
    assert "2026-00042 · 2 / 2" in text
    assert all(line.paid_on_text in text for line in content.lines)
    assert "Mode de versement Prélèvement" in text


@pytest.mark.parametrize("is_copy", [False, True])
def test_any_number_of_gifts_is_printed_wherever_their_table_meets_the_foot_of_a_page(is_copy):
    line = GiftLine(date(2025, 3, 1), Money(1234, "EUR"), PaidBy.CARD)
    for count in range(1, 45):
        assert text_of(build(lines=[line] * count), is_copy=is_copy).count("12,34") >= count


def test_long_names_stay_on_one_page():
    long = "Marie-Antoinette Joséphine de la Rochefoucauld-Montmorency, épouse Vandenbroucke-Schlumberger"
    content = build(donor=replace(ALPAGES, name=long), issuer=replace(CHARITY, name=long, logo_png=picture(900, 60)))
    assert len(printed(content).pages) == 1
    assert text_of(content).count("épouse Vandenbroucke-Schlumberger") >= 2


def test_the_file_declares_pdf_a_and_pdf_ua_and_carries_its_content():
    content = build(issuer=replace(CHARITY, logo_png=picture()))
    reader = printed(content)
    described = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in described
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in described
    assert "<pdfuaid:part>1</pdfuaid:part>" in described
    assert reader.metadata.title == "Reçu des dons et versements effectués par les particuliers – 2026-00042"
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    attached = json.loads(reader.attachments["receipt.json"][0])
    assert attached["number"] == "2026-00042"
    assert attached["issuer"]["logo_png"] is None


def test_every_letter_that_passes_as_printable_is_in_the_fonts():
    letters = [chr(point) for low, high in PRINTABLE_RANGES for point in range(low, high + 1)]
    kept = [letter for letter in letters if printable(letter) == letter]
    lines = tuple("".join(kept[start : start + 60]) for start in range(0, len(kept), 60))
    content = build(kind=PLAIN, donor=DonorIdentity("A", lines))
    assert render_receipt(content, is_copy=False, is_void=False).startswith(b"%PDF-")


def test_a_broken_picture_is_reported():
    broken = "iVBORw0KGgpub3QgYSBwaWN0dXJl"  # the PNG signature, and nothing of a picture after it
    with pytest.raises(CannotPrint):
        render_receipt(build(issuer=replace(CHARITY, logo_png=broken)), is_copy=False, is_void=False)


def test_several_threads_print_at_once_and_none_gets_anothers_receipt():
    contents = [build(number=f"2026-0{number:04}") for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(lambda content: render_receipt(content, is_copy=False, is_void=False), contents))
    for content, file in zip(contents, files, strict=True):
        assert content.number in PdfReader(io.BytesIO(file)).pages[0].extract_text()


def test_templates_import_no_package_and_evaluate_no_text():
    sources = "".join(path.read_text() for path in TEMPLATES.glob("*.typ"))
    assert "@preview" not in sources
    assert "@local" not in sources
    assert "eval(" not in sources
