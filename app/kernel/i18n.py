"""Words, amounts and dates in the reader's language, in requests, jobs and commands alike.

Built on Babel directly: refusals are worded in services and letters are written by jobs, where no request is.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations

from app.kernel.money import Money, exponent
from app.kernel.text import fold

LANGUAGES: dict[str, str] = {"fr": "Français", "en": "English", "ne": "नेपाली"}
DEFAULT_LANGUAGE = "en"
CATALOGUES = Path(__file__).parent.parent / "translations"
NO_COUNTRIES = frozenset({"EU", "UN", "ZZ", "EZ", "XA", "XB", "QO"})

MINUS = "\u2212"
"""As wide as a plus, and never parted from its amount at the end of a line. Files for programs have the hyphen."""

Text = str
"""Words that are put into the reader's language when they are read: a stand-in that behaves as a `str`."""

_ELIDING = re.compile(r"\b([Dd]|[Qq]u)e (?=%\((\w+)\)s)")
_FIRST = re.compile(r"\b1 (?=\D)")
_VOCAL = re.compile(r"[aeiou]|y[^aeiou]")

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
_zone: ContextVar[str] = ContextVar("zone", default="Europe/Paris")


@cache
def _catalogue(language: str) -> NullTranslations:
    """The catalogue of a language, read once from its .po file: what translators edit is what runs."""
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def language() -> str:
    """The language in force: one of `LANGUAGES`."""
    return _language.get()


def use_language(code: str) -> None:
    """Put a language in force for the rest of this context (a request); unknown codes mean the default."""
    _language.set(code if code in LANGUAGES else DEFAULT_LANGUAGE)


def use_zone(name: str) -> None:
    """Show instants in this time zone (an IANA name) for the rest of this context."""
    _zone.set(name)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Put a language in force for a block: a letter in its reader's language."""
    token = _language.set(code if code in LANGUAGES else DEFAULT_LANGUAGE)
    try:
        yield
    finally:
        _language.reset(token)


def gettext(message: str, /, **values: object) -> str:
    """The message in the language in force, with `%(name)s` places filled."""
    text = _catalogue(language()).ugettext(message) if message else ""  # "" is where a catalogue keeps its own facts
    return _filled(text, values) if values else text


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """The message for a count (also `%(num)s`, in the digits and groups of the language), by its plural rule."""
    return _filled(plural_form(singular, plural, count), {"num": format_number(count), **values})


def _filled(text: str, values: dict[str, object]) -> str:
    """A message with its places filled. French elides what stands before a vowel: « de %(name)s » is « d’Anne »."""
    if language() == "fr":
        text = _ELIDING.sub(lambda found: f"{found[1]}’" if _is_vocal(values.get(found[2])) else found[0], text)
    return text % values


def _is_vocal(word: object) -> bool:
    """Whether a word begins with a vowel. Before an h both forms are written; a y is one before a consonant only."""
    return bool(_VOCAL.match(fold(str(word)[:2])))


def plural_form(singular: str, plural: str, count: int) -> str:
    """The translated form for a count, its places not yet filled."""
    return str(_catalogue(language()).ungettext(singular, plural, count))


def lazy_gettext(message: str, /, **values: object) -> Text:
    """Like `gettext`, but worded when it is read: for labels made at import and for refusals."""
    return cast("Text", LazyProxy(gettext, message, enable_cache=False, **values))


def babel_locale() -> Locale:
    """Babel's locale of the language in force; French and English as used in Europe."""
    return _locale(language())


@cache
def _locale(code: str) -> Locale:
    return Locale.parse({"en": "en_GB", "fr": "fr_FR", "ne": "ne_NP"}[code])


def format_money(amount: Money, *, whole: bool = False) -> str:
    """An amount as people write it; with `whole`, round amounts lose their decimals (20 €, not 20,00 €)."""
    return _money_words(amount, whole=whole, code=language())


@lru_cache(maxsize=4096)
def _money_words(amount: Money, *, whole: bool, code: str) -> str:
    """The same few amounts stand on every giving page and in every list."""
    locale, currency = _locale(code), amount.currency
    is_round = whole and amount.minor % 10 ** exponent(currency) == 0
    digits = 0 if is_round else exponent(currency)
    pattern = locale.currency_formats["standard"].pattern.replace("0.00", "0." + "0" * digits if digits else "0")
    if numbers.get_currency_symbol(currency, locale)[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\xa0#")  # CHF 20, not CHF20: what CLDR asks for and Babel leaves out
    text = numbers.format_currency(amount.to_decimal(), currency, pattern, locale=locale, currency_digits=False)
    return text.replace("-", MINUS, 1) if amount.minor < 0 else text


def format_day(day: date, style: str = "medium") -> str:
    """A date in words of the language in force (`short`, `medium`, `long`, `full`).

    French writes the first of a month as an ordinal, which CLDR leaves out.
    """
    text = dates.format_date(day, style, locale=babel_locale())
    return _FIRST.sub("1er ", text) if language() == "fr" else text


def format_instant(instant: datetime, style: str = "medium") -> str:
    """An instant in the organisation's time zone: the date in the given style, and the time to the minute."""
    zone = ZoneInfo(_zone.get())
    day = format_day(instant.astimezone(zone).date(), style)
    return f"{day}, {dates.format_time(instant, 'short', tzinfo=zone, locale=babel_locale())}"


def format_number(number: float | Decimal) -> str:
    """A number with the language's own grouping."""
    return numbers.format_decimal(number, locale=babel_locale())


def format_exact(number: Decimal | str) -> str:
    """A number with every digit it was given, noughts at its end too: 1.0920 is 1,0920 in French."""
    exact = Decimal(number)
    decimals = -int(exact.as_tuple().exponent)
    pattern = babel_locale().decimal_formats[None].pattern.replace(".###", "." + "0" * decimals if decimals > 0 else "")
    return numbers.format_decimal(exact, pattern, locale=babel_locale())


def format_percent(share: float, *, decimals: int = 0) -> str:
    """A share (0.66) as a percentage (66 %), with up to so many decimals."""
    locale = babel_locale()
    pattern = locale.percent_formats[None].pattern.replace("##0", "##0." + "#" * decimals if decimals else "##0")
    return numbers.format_percent(share, pattern, locale=locale).replace("-", MINUS)


def country_names() -> list[tuple[str, str]]:
    """(ISO 3166 code, name) in the language in force, by name: É beside E, and not after Z."""
    return _countries(language())


@cache
def _countries(code: str) -> list[tuple[str, str]]:
    names = [(key, str(name)) for key, name in Locale.parse(code).territories.items()]
    countries = [(key, name) for key, name in names if len(key) == 2 and key.isalpha() and key not in NO_COUNTRIES]
    return sorted(countries, key=lambda pair: pair[1] if code == "ne" else fold(pair[1]))
