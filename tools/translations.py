"""Brings the catalogues up to date with what the product says: `python -m tools.translations`.

New messages are added empty, changed ones never guessed at, and messages that nobody says any more leave.
"""

import sys
from pathlib import Path

from babel import Locale
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "app" / "translations"
LANGUAGES = ("fr", "ne")
KEYWORDS = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
TEMPLATE_OPTIONS = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}
MORE = {
    "wtforms": (
        "This field is required.", "Not a valid choice.", "Not a valid date value.", "Not a valid integer value.",
        "Invalid Choice: could not coerce.", "Invalid input.", "CSRF token missing.", "CSRF failed.",
        "CSRF token expired.", "Not a valid decimal value.", "Not a valid datetime value.",
        "'%(value)s' is not a valid choice for this field.", "Invalid email address.",
        "Field must be equal to %(other_name)s.", "Number must be between %(min)s and %(max)s.",
    ),
}  # fmt: skip
"""What libraries say to people through our catalogues."""
HEADER = """# Sahayog in {language}. What translators write here is what runs: nothing is compiled.
msgid ""
msgstr ""
"Project-Id-Version: Sahayog\\n"
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
"""The same at each run, without dates or people: only messages make a catalogue differ."""


def said() -> Catalog:
    """Every message of the product, with the places it is said at."""
    catalog = Catalog(project="Sahayog", version="0", charset="utf-8", header_comment="# Translations of Sahayog.")
    for folder, methods, options in (
        ("app", [("**.py", "python")], {}),
        (
            "templates",
            [("**.html", "jinja2"), ("**.txt", "jinja2")],
            {"**.html": TEMPLATE_OPTIONS, "**.txt": TEMPLATE_OPTIONS},
        ),
    ):
        found = extract_from_dir(ROOT / folder, methods, options, keywords=KEYWORDS, comment_tags=("Translators:",))
        for name, _line, message, comments, _context in found:
            catalog.add(message, locations=[(f"{folder}/{name}", 0)], auto_comments=comments)
    for library, messages in MORE.items():
        for message in messages:
            catalog.add(message, locations=[(library, 0)])
    for singular, plural in (
        ("Field must be at least %(min)d character long.", "Field must be at least %(min)d characters long."),
        ("Field cannot be longer than %(max)d character.", "Field cannot be longer than %(max)d characters."),
        ("Field must be exactly %(max)d character long.", "Field must be exactly %(max)d characters long."),
    ):
        catalog.add((singular, plural), locations=[("wtforms", 0)])
    return catalog


def read(language: str) -> Catalog:
    """A catalogue as it stands."""
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language, project="Sahayog", charset="utf-8")
    with path.open("rb") as source:
        return read_po(source, locale=language)


def write(language: str, catalog: Catalog) -> None:
    """Write a catalogue: its messages in the order of the alphabet, the same file for the same messages."""
    name = Locale.parse(language).english_name
    header = HEADER.format(language=name, code=language, plurals=catalog.plural_forms)
    with (CATALOGUES / f"{language}.po").open("wb") as target:
        target.write(header.encode())
        write_po(target, catalog, width=120, sort_output=True, include_lineno=False, omit_header=True)


def main() -> int:
    """Update every catalogue; say how many messages wait for a translator."""
    waiting = 0
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(said(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        write(language, catalog)
        missing = sum(1 for message in catalog if message.id and not all(_strings(message.string)))
        sys.stdout.write(f"{language}: {len(catalog)} messages, {missing} to translate\n")
        waiting += missing
    return 0


def _strings(string: object) -> tuple[object, ...]:
    return tuple(string) if isinstance(string, tuple | list) else (string,)


if __name__ == "__main__":
    raise SystemExit(main())
