"""Countries on a light page: the usual ones to choose from, any other by its name in any of our languages."""

from functools import cache

from babel import Locale

from app.kernel.i18n import LANGUAGES, babel_locale
from app.kernel.text import fold

USUAL = ("FR", "BE", "CH", "LU", "MC", "DE", "ES", "IT", "GB", "US", "CA", "NP", "IN")
OTHER = "other"


def usual_countries() -> list[tuple[str, str]]:
    """(ISO 3166 code, name in the language in force), France first, as donors are likely to look for them."""
    names = babel_locale().territories
    return [(code, str(names.get(code, code))) for code in USUAL]


def country_named(text: str) -> str | None:
    """The ISO 3166 code of a country by its name in one of our languages, or by the code itself."""
    return _codes().get(fold(text))


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(fold(str(name)), code)
                found.setdefault(code.casefold(), code)
    return found
