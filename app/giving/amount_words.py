"""Amounts written out in words, in French, English and Nepali, as receipts and cheques want them.

French and English number words come from num2words; Nepali ones from the table below, because no library we
know has them. Names of currencies are Unicode's (CLDR, through Babel), with the few it words too technically.
"""

from babel import numbers
from num2words import num2words

_NEPALI_TO_99 = (
    "शून्य एक दुई तीन चार पाँच छ सात आठ नौ "
    "दस एघार बाह्र तेह्र चौध पन्ध्र सोह्र सत्र अठार उन्नाइस "
    "बीस एक्काइस बाइस तेइस चौबीस पच्चीस छब्बीस सत्ताइस अट्ठाइस उनन्तीस "
    "तीस एकतीस बत्तीस तेत्तीस चौंतीस पैंतीस छत्तीस सैंतीस अठतीस उनन्चालीस "
    "चालीस एकचालीस बयालीस त्रिचालीस चवालीस पैंतालीस छयालीस सतचालीस अठचालीस उनन्चास "
    "पचास एकाउन्न बाउन्न त्रिपन्न चवन्न पचपन्न छपन्न सन्ताउन्न अन्ठाउन्न उनन्साठी "
    "साठी एकसट्ठी बयसट्ठी त्रिसट्ठी चौंसट्ठी पैंसट्ठी छयसट्ठी सतसट्ठी अठसट्ठी उनन्सत्तरी "
    "सत्तरी एकहत्तर बहत्तर त्रिहत्तर चौहत्तर पचहत्तर छयहत्तर सतहत्तर अठहत्तर उनासी "
    "असी एकासी बयासी त्रियासी चौरासी पचासी छयासी सतासी अठासी उनान्नब्बे "
    "नब्बे एकानब्बे बयानब्बे त्रियानब्बे चौरानब्बे पन्चानब्बे छयानब्बे सन्तानब्बे अन्ठानब्बे उनान्सय"
)
NEPALI_TO_99 = tuple(_NEPALI_TO_99.split())
"""Nepali counts to ninety-nine without a rule, so that every number has its own word."""
NEPALI_SCALES = (
    (10**11, "खर्ब"), (10**9, "अर्ब"), (10**7, "करोड"), (10**5, "लाख"), (10**3, "हजार"), (10**2, "सय"),
)  # fmt: skip
NEPALI_LIMIT = 10**13
"""The first number without a word here: a hundred kharab."""

Names = tuple[str, str]
"""A singular and a plural."""
OUR_NAMES: dict[str, dict[str, Names]] = {
    "fr": {"XOF": ("franc CFA", "francs CFA"), "XAF": ("franc CFA", "francs CFA")},
    "en": {"GBP": ("pound sterling", "pounds sterling")},
    "ne": {"EUR": ("युरो", "युरो"), "NPR": ("नेपाली रुपैयाँ", "नेपाली रुपैयाँ"), "INR": ("भारतीय रुपैयाँ", "भारतीय रुपैयाँ")},
}
_CENT = dict.fromkeys(("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), ("cent", "cents"))
_SENT = dict.fromkeys(("EUR", "USD", "CAD", "AUD", "NZD", "SGD", "HKD"), ("सेन्ट", "सेन्ट"))
SMALL_UNITS: dict[str, dict[str, Names]] = {
    "fr": _CENT
    | {
        "EUR": ("centime", "centimes"), "CHF": ("centime", "centimes"), "GBP": ("penny", "pence"),
        "NPR": ("paisa", "paisas"), "INR": ("paisa", "paisas"),
    },
    "en": _CENT
    | {
        "EUR": ("cent", "cents"), "CHF": ("centime", "centimes"), "GBP": ("penny", "pence"),
        "NPR": ("paisa", "paisa"), "INR": ("paisa", "paise"),
    },
    "ne": _SENT | {"GBP": ("पेनी", "पेन्स"), "NPR": ("पैसा", "पैसा"), "INR": ("पैसा", "पैसा"), "CHF": ("सेन्टिम", "सेन्टिम")},
}  # fmt: skip
"""The hundredth of a currency where it has an everyday name; others are written as a fraction (50/100)."""
FRENCH_FEMININE = ("livre", "roupie", "couronne", "livres", "roupies", "couronnes")
JOINED_BY = {"fr": " et ", "en": " and ", "ne": " "}


def nepali_number(number: int) -> str:
    """A whole number in Nepali words, by lakh and crore.

    Raises:
        ValueError: negative, or a hundred kharab (10¹³) and more.

    """
    if not 0 <= number < NEPALI_LIMIT:
        raise ValueError(f"No Nepali words for {number}")
    if number < 100:
        return NEPALI_TO_99[number]
    scale, name = next(step for step in NEPALI_SCALES if number >= step[0])
    count, rest = divmod(number, scale)
    words = f"{nepali_number(count)} {name}"
    return f"{words} {nepali_number(rest)}" if rest else words


def _number(number: int, language: str) -> str:
    return nepali_number(number) if language == "ne" else str(num2words(number, lang=language))


def _currency_names(currency: str, language: str) -> Names:
    ours = OUR_NAMES[language].get(currency)
    if ours:
        return ours
    return tuple(numbers.get_currency_name(currency, count, locale=language) for count in (1, 2))  # type: ignore[return-value]


def _counted(number: int, names: Names, language: str) -> str:
    """The number and its unit, with French gender and elision: vingt et une roupies, un million d’euros."""
    singular, plural = names
    # French says "zéro euro" and "un euro"; English "zero euros".
    one = number < 2 if language == "fr" else number == 1
    words, unit = _number(number, language), singular if one else plural
    if language == "fr":
        if words.endswith(("million", "millions", "milliard", "milliards", "billion", "billions")):
            return f"{words} d’{unit}" if unit[0] in "aeiouéè" else f"{words} de {unit}"
        if unit.split()[0] in FRENCH_FEMININE and words.endswith("un"):
            words += "e"
    return f"{words} {unit}"


def amount_in_words(minor: int, currency: str, *, exponent: int, language: str) -> str:
    """Write an amount out, for a receipt or a cheque.

    Args:
        minor: the amount in the currency's smallest unit; not negative.
        currency: ISO 4217 code.
        exponent: how many decimals the currency has (0 for yen, 2 for euros, 3 for Kuwaiti dinars).
        language: `fr`, `en` or `ne`.

    Returns:
        Lower-case words: "quatre-vingts euros et cinquante centimes".

    Raises:
        ValueError: a negative amount, an unknown language, or too large a number for words.

    """
    if minor < 0:
        raise ValueError("A receipt has no negative amounts")
    if language not in JOINED_BY:
        raise ValueError(f"No number words in {language!r}")
    major, rest = divmod(minor, 10**exponent)
    whole = _counted(major, _currency_names(currency, language), language)
    if not rest:
        return whole
    small = SMALL_UNITS[language].get(currency) if exponent == 2 else None
    if small is None:
        # The way cheques are written where the small coin has no common name.
        joined = {"fr": " et ", "en": " and ", "ne": " र "}[language]
        return f"{whole}{joined}{rest:0{exponent}d}/{10**exponent}"
    part = _counted(rest, small, language)
    return part if not major else f"{whole}{JOINED_BY[language]}{part}"
