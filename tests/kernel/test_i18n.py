"""Words, amounts and dates in the reader's language, wherever they are read."""

from datetime import UTC, date, datetime
from threading import Thread

import pytest

from app.kernel import i18n
from app.kernel.money import Money

DAY = date(2026, 3, 5)
NIGHT = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    i18n.use_language("en")
    i18n.use_zone("Europe/Paris")


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """A folder of catalogues of our own."""
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path)
    i18n._catalogue.cache_clear()
    yield tmp_path
    i18n._catalogue.cache_clear()


@pytest.mark.parametrize(
    ("code", "amount", "written"),
    [
        ("fr", Money(125050, "EUR"), "1\u202f250,50\xa0€"), ("en", Money(125050, "EUR"), "€1,250.50"),
        ("ne", Money(12505000, "NPR"), "नेरू\xa01,25,050.00"), ("fr", Money(500, "JPY"), "500\xa0JPY"),
        ("en", Money(1234, "KWD"), "KWD\xa01.234"), ("en", Money(-1050, "GBP"), "−£10.50"),
    ],
)  # fmt: skip
def test_amounts_are_written_as_the_language_does_with_the_decimals_of_the_currency(code, amount, written):
    with i18n.speaking(code):
        assert i18n.format_money(amount) == written


@pytest.mark.parametrize(
    ("code", "amount", "written"),
    [
        ("fr", Money(2000, "EUR"), "20\xa0€"), ("fr", Money(2050, "EUR"), "20,50\xa0€"),
        ("en", Money(200000, "EUR"), "€2,000"), ("en", Money(1000, "KWD"), "KWD\xa01"),
    ],
)  # fmt: skip
def test_whole_amounts_lose_their_decimals_where_asked(code, amount, written):
    with i18n.speaking(code):
        assert i18n.format_money(amount, whole=True) == written


@pytest.mark.parametrize(
    ("code", "style", "written"),
    [("fr", "long", "5 mars 2026"), ("en", "medium", "5 Mar 2026"), ("en", "full", "Thursday, 5 March 2026")],
)
def test_dates_are_written_in_words_of_the_language(code, style, written):
    with i18n.speaking(code):
        assert i18n.format_day(DAY, style) == written


def test_nepali_dates_are_in_devanagari():
    with i18n.speaking("ne"):
        assert "मार्च" in i18n.format_day(DAY, "long")


@pytest.mark.parametrize(
    ("zone", "written"), [("Europe/Paris", "6 Mar 2026, 00:30"), ("Asia/Kathmandu", "6 Mar 2026, 05:15")]
)
def test_an_instant_is_shown_on_the_day_it_was_for_the_organisation(zone, written):
    i18n.use_zone(zone)

    assert i18n.format_instant(NIGHT) == written


def test_numbers_and_shares_are_written_as_the_language_does():
    with i18n.speaking("fr"):
        assert i18n.format_number(1234567) == "1\u202f234\u202f567"
        assert i18n.format_percent(0.66) == "66\xa0%"
        assert i18n.format_percent(0.0425, decimals=1) == "4,2\xa0%"
    assert i18n.format_percent(0.66) == "66%"


@pytest.mark.parametrize(
    ("code", "written"), [("fr", "1\u202f234\u202f567,10"), ("en", "1,234,567.10"), ("ne", "12,34,567.10")]
)
def test_an_exact_number_keeps_every_digit_it_was_given(code, written):
    with i18n.speaking(code):
        assert i18n.format_exact("1234567.10") == written
        assert i18n.format_exact("158") == "158"


def test_every_country_is_offered_once_and_sorted_as_readers_expect():
    with i18n.speaking("fr"):
        names = [name for _code, name in i18n.country_names()]
    codes = [code for code, _name in i18n.country_names()]

    assert names.index("Égypte") < names.index("France") < names.index("Népal") < names.index("Zimbabwe")
    assert len(codes) == len(set(codes)) > 240
    assert not set(codes) & i18n.NO_COUNTRIES


def write(folder, code, text):
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
    (folder / f"{code}.po").write_text(head + plural + text, encoding="utf-8")


def test_words_come_from_the_file_that_translators_edit(catalogue):
    write(catalogue, "fr", 'msgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n')

    with i18n.speaking("fr"):
        assert i18n.gettext("Hello %(name)s", name="Asha") == "Bonjour Asha"
        assert i18n.gettext("Not translated") == "Not translated"
    assert i18n.gettext("Hello %(name)s", name="Asha") == "Hello Asha"


@pytest.mark.parametrize(
    ("name", "elided"),
    [
        ("Anne", "Don d’Anne, que l’on voit"), ("Élodie", "Don d’Élodie, que l’on voit"),
        ("Yves", "Don d’Yves, que l’on voit"), ("Yann", "Don de Yann, que l’on voit"),
        ("Hugo", "Don de Hugo, que l’on voit"), ("Bishnu", "Don de Bishnu, que l’on voit"),
        ("11", "Don de 11, que l’on voit"),
    ],
)  # fmt: skip
def test_french_elides_before_a_name_that_begins_with_a_vowel(catalogue, name, elided):
    write(catalogue, "fr", 'msgid "Gift of %(name)s"\nmsgstr "Don de %(name)s, que l’on voit"\n')

    with i18n.speaking("fr"):
        assert i18n.gettext("Gift of %(name)s", name=name) == elided


def test_a_guess_of_a_tool_is_not_shown_to_people(catalogue):
    write(catalogue, "fr", '#, fuzzy\nmsgid "Hello"\nmsgstr "Au revoir"\n')

    with i18n.speaking("fr"):
        assert i18n.gettext("Hello") == "Hello"


def test_no_words_are_no_words_and_not_the_catalogues_own_facts(catalogue):
    write(catalogue, "fr", "")

    with i18n.speaking("fr"):
        assert i18n.gettext("") == ""


@pytest.mark.parametrize(
    ("code", "count", "said"), [("fr", 0, "0 don"), ("fr", 2345, "2\u202f345 dons"), ("en", 2345, "2,345 gifts")]
)
def test_a_count_takes_the_plural_of_its_language(catalogue, code, count, said):
    forms = 'msgstr[0] "%(num)s don"\nmsgstr[1] "%(num)s dons"\n'
    write(catalogue, "fr", f'msgid "%(num)s gift"\nmsgid_plural "%(num)s gifts"\n{forms}')

    with i18n.speaking(code):
        assert i18n.ngettext("%(num)s gift", "%(num)s gifts", count) == said


def test_without_a_catalogue_the_words_are_english(catalogue):
    with i18n.speaking("ne"):
        assert i18n.gettext("Hello") == "Hello"
        assert i18n.ngettext("%(num)s gift", "%(num)s gifts", 2) == "2 gifts"


def test_lazy_words_are_worded_when_they_are_read(catalogue):
    write(catalogue, "fr", 'msgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n')
    words = i18n.lazy_gettext("Hello %(name)s", name="Asha")

    assert str(words) == "Hello Asha"
    with i18n.speaking("fr"):
        assert str(words) == "Bonjour Asha"


def test_a_language_we_do_not_speak_means_the_default():
    i18n.use_language("fr")
    i18n.use_language("xx")
    assert i18n.language() == "en"
    with i18n.speaking("../../etc/passwd"):
        assert i18n.language() == "en"


def test_a_language_holds_for_its_block_even_when_it_fails():
    with pytest.raises(ZeroDivisionError), i18n.speaking("fr"):
        _ = 1 / 0
    assert i18n.language() == "en"


def test_each_thread_reads_in_its_own_language():
    seen = []
    i18n.use_language("fr")
    other = Thread(target=lambda: seen.append(i18n.language()))
    other.start()
    other.join()

    assert seen == ["en"]
    assert i18n.language() == "fr"
