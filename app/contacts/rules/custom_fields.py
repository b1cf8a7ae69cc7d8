"""Values of an organisation's own fields as plain text and back, by the rules of each field.

The same for what is typed into a form and for what stands in a file: `read_value` takes what a person of that language
would write, `write_value` writes what `read_value` reads.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.kernel.errors import Refused
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS, LARGEST_MINOR, Money, exponent
from app.kernel.text import clean, fold, one_line

LARGEST_NUMBER = 10**18
"""The largest number once scaled: it fits into 64 bits with room for sums of a few."""
LARGEST_KEY = 2**63 - 1
MOST_DECIMALS = 6
LONGEST = {"text": 1000, "long_text": 20_000}
USUAL = {"text": 200, "long_text": 5000}
"""Characters of a text: the most a field may allow, and what it allows where nothing is said."""
LONGEST_FIGURE = 60
"""Characters of a number or a date: whatever is longer is none, and not looked at."""
YEARS = range(1000, 2201)
SEVERAL = ";"
"""What stands between several choices in one cell of a file."""
_GROUPS = {"fr": ".", "en": ",", "ne": ","}
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{2,3})(?:\1[0-9]{2,3})*")
_PLAIN = re.compile(r"([+-]?)([0-9]{1,30})(?:\.([0-9]{1,30}))?")
_BY_YEAR = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_BY_DAY = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4})")
_YES = frozenset({"yes", "y", "true", "1", "oui", "o", "vrai", "x", "on", "ho", "हो", "हुन्छ"})
_NO = frozenset({"no", "n", "false", "0", "non", "faux", "off", "हैन", "होइन"})
_ANSWERS = {"fr": ("oui", "non"), "en": ("yes", "no"), "ne": ("हो", "होइन")}


class CustomType(StrEnum):
    """What a field can hold."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    CONTACT = "contact"


Value = str | int | bool | Decimal | Money | date
"""A value by its type: text, Decimal, Money, date, bool; a choice and a contact by their key."""


@dataclass(frozen=True, kw_only=True)
class FieldFacts:
    """What a field demands of its values. `least` and `most` are scaled by the decimals, or minor units.

    `choices` are the names by language of each choice, by its key; `retired` are those that are offered no more.
    """

    type: CustomType
    longest: int | None = None
    decimals: int = 0
    currency: str = "EUR"
    least: int | None = None
    most: int | None = None
    choices: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    retired: frozenset[int] = frozenset()


def read_value(facts: FieldFacts, typed: str, language: str) -> list[Value]:
    """What was typed as values: none where it is blank, one, or several of several choices.

    Raises:
        Refused: it is nothing that the field takes.

    """
    text = clean(typed) if facts.type is CustomType.LONG_TEXT else one_line(typed)
    if not text:
        return []
    if facts.type is CustomType.CHOICES:
        parts = [part for each in text.split(SEVERAL) if (part := each.strip())]
        return list(dict.fromkeys(_choice(facts, part) for part in parts))
    readers: dict[CustomType, Callable[[], Value]] = {
        CustomType.TEXT: lambda: text, CustomType.LONG_TEXT: lambda: text,
        CustomType.NUMBER: lambda: read_number(text, facts.decimals, language),
        CustomType.MONEY: lambda: _amount(facts, text, language), CustomType.DATE: lambda: read_day(text),
        CustomType.CHOICE: lambda: _choice(facts, text), CustomType.YES_NO: lambda: _answer(text),
        CustomType.CONTACT: lambda: _key(text),
    }  # fmt: skip
    value = readers[facts.type]()
    check_value(facts, value)
    return [value]


def write_value(facts: FieldFacts, values: Sequence[Value], language: str) -> str:
    """Values as plain text that `read_value` reads again in that language."""
    return f"{SEVERAL} ".join(_written(facts, value, language) for value in values)


def check_value(facts: FieldFacts, value: Value) -> None:
    """Refuse what is not of the field's type or beyond its limits.

    Raises:
        Refused: and why.

    """
    if not _is_of_type(facts, value):
        raise Refused(_l("This is not what the field takes."))
    if isinstance(value, str):
        longest = facts.longest or USUAL[facts.type.value]
        if len(value) > longest:
            raise Refused(_l("At most %(count)s characters, please.", count=longest))
    elif isinstance(value, date):
        if value.year not in YEARS:
            raise Refused(_l("Check the year of this date."))
    elif isinstance(value, Decimal | Money):
        _check_bounds(facts, value.minor if isinstance(value, Money) else scaled(value, facts.decimals))


def scaled(number: Decimal, decimals: int) -> int:
    """A number as the database keeps it: 12.5 with two decimals is 1250.

    Raises:
        Refused: it has more decimals, or is out of all proportion.

    """
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise Refused(_l("This number is too large."))
    shifted = number.scaleb(decimals)
    if shifted != shifted.to_integral_value():
        raise Refused(
            _l("A whole number, please.") if not decimals
            else _l("At most %(count)s digits after the decimal sign, please.", count=decimals)
        )  # fmt: skip
    if abs(shifted) > LARGEST_NUMBER:
        raise Refused(_l("This number is too large."))
    return int(shifted)


def unscaled(kept: int, decimals: int) -> Decimal:
    """A number that the database keeps, as it is meant."""
    return Decimal(kept).scaleb(-decimals)


def read_number(typed: str, decimals: int, language: str) -> Decimal:
    """A number as people of that language write it: 1 250,5 or 1,250.5; digits may be of any script.

    Raises:
        Refused: it is none, it has more decimals, or is out of all proportion.

    """
    found = _PLAIN.fullmatch(_ungrouped(typed, decimals, language)) if len(typed) <= LONGEST_FIGURE else None
    if found is None:
        raise Refused(_l("Write a number, such as 25 or 12.5."))
    number = Decimal("".join((found[1], found[2], ".", found[3] or "0")))
    return unscaled(scaled(number, decimals), decimals)


def read_day(typed: str) -> date:
    """A date, by year (2026-03-01) or by day (1/3/2026, 01.03.2026).

    Raises:
        Refused: there is no such day.

    """
    digits = _latin_digits(typed[: LONGEST_FIGURE + 1])
    by_year, by_day = _BY_YEAR.fullmatch(digits), _BY_DAY.fullmatch(digits)
    if by_year is None and by_day is None:
        raise Refused(_l("Write a date, such as 2026-03-01 or 01/03/2026."))
    parts = by_year.groups() if by_year else by_day.groups()[::-1]  # type: ignore[union-attr]
    try:
        return date(*map(int, parts))
    except ValueError as bad:
        raise Refused(_l("There is no such day.")) from bad


def _latin_digits(typed: str) -> str:
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in typed)


def _ungrouped(typed: str, decimals: int, language: str) -> str:
    """The number without grouping and with a point.

    Three digits after a lone sign are a thousand's where there are fewer decimals, or where it groups in that language.
    """
    bare = "".join(sign for sign in _latin_digits(typed) if not sign.isspace() and sign not in "'’")
    bare = bare.replace("\N{MINUS SIGN}", "-")
    sign, digits = (bare[:1], bare[1:]) if bare[:1] in {"+", "-"} else ("", bare)
    if "," in digits and "." in digits:
        grouping = "," if digits.rfind(".") > digits.rfind(",") else "."
        whole = digits[: max(digits.rfind("."), digits.rfind(","))]
        digits = digits.replace(grouping, "") if _GROUPED.fullmatch(whole) else ""
    elif digits.count(",") + digits.count(".") > 1:
        digits = digits.replace(",", "").replace(".", "") if _GROUPED.fullmatch(digits) else ""
    elif _ONE_GROUP.fullmatch(digits) and (decimals < 3 or _GROUPS.get(language, ",") in digits):
        digits = digits.replace(",", "").replace(".", "")
    return sign + digits.replace(",", ".")


def _amount(facts: FieldFacts, text: str, language: str) -> Money:
    bare = text.replace(facts.currency, "").strip("€$£ \u00a0\u202f")
    if any(code in bare for code in EXPONENTS):
        raise Refused(_l("This field is in %(currency)s.", currency=facts.currency))
    number = read_number(bare, exponent(facts.currency), language)
    minor = scaled(number, exponent(facts.currency))
    if abs(minor) > LARGEST_MINOR:
        raise Refused(_l("This amount is too large."))
    return Money(minor, facts.currency)


def _choice(facts: FieldFacts, text: str) -> int:
    """The choice of that name in any language, or of that key."""
    wanted = fold(text)
    named = [key for key, names in facts.choices.items() if wanted in {fold(name) for name in names.values()}]
    offered = [key for key in named if key not in facts.retired] or named
    if offered:
        return offered[0]
    raise Refused(_l("“%(name)s” is not one of the choices.", name=text[:60]))


def _answer(text: str) -> bool:
    word = text.casefold()
    if word not in _YES | _NO:
        raise Refused(_l("Answer with yes or no."))
    return word in _YES


def _key(text: str) -> int:
    digits = _latin_digits(text)
    if not (digits.isascii() and digits.isdecimal() and 0 < int(digits[:20]) <= LARGEST_KEY and len(digits) < 20):
        raise Refused(_l("Write the number of a contact, as it stands in the address of their page."))
    return int(digits)


def _is_of_type(facts: FieldFacts, value: Value) -> bool:
    kinds: dict[CustomType, type] = {
        CustomType.TEXT: str, CustomType.LONG_TEXT: str, CustomType.NUMBER: Decimal, CustomType.MONEY: Money,
        CustomType.DATE: date, CustomType.CHOICE: int, CustomType.CHOICES: int, CustomType.YES_NO: bool,
        CustomType.CONTACT: int,
    }  # fmt: skip
    if type(value) is not kinds[facts.type] or (isinstance(value, str) and not value):
        return False
    if facts.type in {CustomType.CHOICE, CustomType.CHOICES}:
        return value in facts.choices
    if isinstance(value, Money):
        return value.currency == facts.currency and abs(value.minor) <= LARGEST_MINOR
    return facts.type is not CustomType.CONTACT or (isinstance(value, int) and 0 < value <= LARGEST_KEY)


def _check_bounds(facts: FieldFacts, kept: int) -> None:
    if facts.least is not None and kept < facts.least:
        raise Refused(_l("Not less than %(bound)s, please.", bound=_bound(facts, facts.least)))
    if facts.most is not None and kept > facts.most:
        raise Refused(_l("Not more than %(bound)s, please.", bound=_bound(facts, facts.most)))


def _bound(facts: FieldFacts, kept: int) -> str:
    decimals = exponent(facts.currency) if facts.type is CustomType.MONEY else facts.decimals
    text = f"{unscaled(kept, decimals).normalize():f}"
    return f"{text} {facts.currency}" if facts.type is CustomType.MONEY else text


def _written(facts: FieldFacts, value: Value, language: str) -> str:
    if isinstance(value, bool):
        return _ANSWERS.get(language, _ANSWERS["en"])[not value]
    if isinstance(value, Decimal):
        return _with_sign(f"{value:.{facts.decimals}f}", language)
    if isinstance(value, Money):
        return f"{_with_sign(f'{value.to_decimal():.{exponent(value.currency)}f}', language)} {value.currency}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and facts.type is not CustomType.CONTACT:
        names = facts.choices.get(value, {})
        return names.get(language) or next(iter(names.values()), str(value))
    return str(value)


def _with_sign(plain: str, language: str) -> str:
    return plain.replace(".", ",") if language == "fr" else plain


def text_of_number(number: Decimal, decimals: int, language: str) -> str:
    """A number as it stands in an input: all its decimals, no grouping, the sign of the language."""
    return _with_sign(f"{number:.{decimals}f}", language)


def named(texts: Mapping[str, str]) -> dict[str, str]:
    """Names by language without the blank ones and without languages that we do not speak."""
    return {code: words for code in LANGUAGES if (words := one_line(texts.get(code, "")))}
