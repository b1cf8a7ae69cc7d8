"""The catalogues say everything the product says, in every language it speaks; and the pages show it."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest
from babel.messages import Message

from app.kernel.i18n import CATALOGUES, LANGUAGES, speaking
from app.kernel.i18n import gettext as _
from tests.architecture.tree import ROOT, name_of
from tests.factories.giving import french_organisation, make_form, make_offline_gift
from tools.translations import read, said

TRANSLATED = sorted(set(LANGUAGES) - {"en"})
PLACE = re.compile(r"%\(\w+\)[sd]|%%")
TAG = re.compile(r"</?\w+[^>]*>")
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "data-none", "data-some"}
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
SENTENCE = re.compile(r"[A-Za-z]{2,}[ ,]+[a-z]{2,}")
ENGLISH_SPACING = re.compile(r"'|\"| [;:!?»]|« |[^\s\u00a0\u202f/][;!?»](?!\w)|«[^\u202f]|[^\s\u00a0/]:(?!//)(?=\s|$)")


class Spoken(HTMLParser):
    """Every text of a page, as a reader sees it or hears it read out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        self.texts |= {(value or "").strip() for name, value in attrs if name in SPOKEN_ATTRIBUTES}

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.add(" ".join(data.split()))


def forms_of(message: Message) -> list[str]:
    """A message's translation: one text, or one for each plural form."""
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string]


def english_of(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


@cache
def messages(language: str) -> dict[tuple[str, ...], Message]:
    return {english_of(message): message for message in read(language) if message.id}


@cache
def what_is_said() -> frozenset[tuple[str, ...]]:
    return frozenset(english_of(message) for message in said() if message.id)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_exactly_what_the_product_says(language):
    held = set(messages(language))

    assert sorted(what_is_said() - held) == [], "run python -m tools.translations"
    assert sorted(held - what_is_said()) == [], "run python -m tools.translations"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_in_all_its_forms(language):
    plurals = read(language).num_plurals

    waiting = [key for key, message in messages(language).items() if not all(forms_of(message))]
    short = [key for key, found in messages(language).items() if len(forms_of(found)) != (plurals if key[1:] else 1)]

    assert waiting == []
    assert short == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_the_places_tags_and_edges_of_its_message(language):
    def shape(text):
        return sorted(PLACE.findall(text)), sorted(TAG.findall(text)), text[:1] == " ", text[-1:] == " "

    changed = [
        (key[-1], form)
        for key, message in messages(language).items()
        for form in forms_of(message)
        if shape(form) != shape(key[-1])
    ]

    assert changed == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_no_guesses_no_leftovers_and_no_blank_header(language):
    text = (CATALOGUES / f"{language}.po").read_text(encoding="utf-8")

    assert not read(language).obsolete
    assert [word for word in ("fuzzy", "#~", "FULL NAME", "EMAIL@ADDRESS", "YEAR-MO-DA") if word in text] == []
    assert '"Project-Id-Version: Sahayog\\n"' in text


def test_french_is_set_with_its_own_apostrophes_quotes_and_spaces():
    texts = [form for message in messages("fr").values() for form in forms_of(message)]

    assert [text for text in texts if ENGLISH_SPACING.search(PLACE.sub("x", text))] == []


def test_nepali_is_written_in_devanagari_with_latin_digits():
    texts = [form for message in messages("ne").values() for form in forms_of(message)]

    assert [text for text in texts if re.search("[०-९]", text)] == []
    assert sum(bool(re.search("[ऀ-ॿ]", text)) for text in texts) > 0.98 * len(texts)


def test_no_template_sets_a_colon_between_words_past_the_translators():
    glued = re.compile(r"(?:\}\}|%\}|</\w+>): ")
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "templates").rglob("*.*"))}
    texts = {name_of(path): re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL) for path, text in texts.items()}

    assert {name: glued.findall(text) for name, text in texts.items() if glued.search(text)} == {}


def left_in_english(html: str, language: str) -> list[str]:
    """Texts of a page that are messages of the product, and stand there in English though we have other words."""
    known = [key[0] for key in what_is_said() if len(key) == 1]
    with speaking(language):
        others = {text for text in known if _(text) != text}
        ours = {_(text) for text in known}
    return sorted((Spoken(html).texts & others) - ours)


@pytest.mark.db
@pytest.mark.parametrize("language", TRANSLATED)
def test_no_page_of_the_back_office_is_left_in_english(app, sign_in, language):
    client = sign_in(language=language)
    addresses = sorted(
        {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments} - {"/r/"}
    )
    pages = {address: client.get(address, headers={"Accept-Language": language}) for address in addresses}
    html = {address: page.text for address, page in pages.items() if page.mimetype == "text/html" and page.text}

    assert len(html) > 20
    assert {address: left for address, text in html.items() if (left := left_in_english(text, language))} == {}


@pytest.mark.db
@pytest.mark.parametrize("language", TRANSLATED)
def test_signing_in_and_error_pages_speak_the_browsers_language(client, language):
    spoken = {"Accept-Language": language}
    pages = [client.get("/sign-in", headers=spoken), client.get("/nowhere", headers=spoken)]

    for page in pages:
        assert f'<html lang="{language}"' in page.text
        assert left_in_english(page.text, language) == []


@pytest.mark.db
@pytest.mark.parametrize("language", TRANSLATED)
def test_a_gift_its_donor_and_a_giving_page_are_not_left_in_english(db, client, sign_in, language):
    french_organisation(db)
    gift = make_offline_gift(db)
    form = make_form(
        db, languages=[language], texts={language: {"title": "सहयोग"}}, intervals=["month", "quarter", "year"],
        asks=["phone", "address", "company", "tribute", "comment", "anonymous"],
    )  # fmt: skip
    staff = [f"/gifts/{gift.id}", f"/gifts/{gift.id}/reverse", f"/contacts/{gift.contact_id}", f"/forms/{form.id}"]
    public = f"/give/{form.slug}"
    db.commit()

    colleague = sign_in(language=language)
    texts = {address: colleague.get(address).text for address in staff}
    texts[public] = client.get(public, headers={"Accept-Language": language}).text

    assert {address: left for address, text in texts.items() if (left := left_in_english(text, language))} == {}


def test_no_template_says_a_sentence_past_the_translators():
    found = []
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = JINJA.sub("\n", path.read_text(encoding="utf-8"))
        text = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
        spoken = re.findall(r'\b(?:alt|title|placeholder|aria-label)="([^"]*)"', text) + re.sub(
            r"<[^>]*>", "\n", text
        ).split("\n")
        found += [f"{name_of(path)}: {words.strip()}" for words in spoken if SENTENCE.search(words)]

    assert found == []
