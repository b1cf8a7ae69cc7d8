"""A contact as staff type it, with every way to reach it; a donor as they describe themselves."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.contacts.models import Contact, ContactKind, HoldReason


@dataclass(frozen=True, kw_only=True)
class ChannelDetails:
    """What every way to reach somebody has. `id` names the row it changes; None makes a new one.

    `original` is how a new row was typed, before any tidying; a row that exists keeps its own.
    """

    label: str = ""
    is_primary: bool = False
    id: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    hold_reason: HoldReason | None = None
    original: str = ""


@dataclass(frozen=True, kw_only=True)
class EmailDetails(ChannelDetails):
    """One e-mail address."""

    address: str


@dataclass(frozen=True, kw_only=True)
class PhoneDetails(ChannelDetails):
    """One phone number as typed; a national one belongs to `country` (ISO 3166; "" means the organisation's)."""

    typed: str
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class AddressDetails(ChannelDetails):
    """One postal address; `street` may have several lines. A season is two days of the year as month × 100 + day."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    season_from: int | None = None
    season_until: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContactDetails:
    """The whole of a contact. Where nothing is marked as primary, the first of its kind is.

    Of a birth either the day or the year alone is told. `salutation` is "" unless it is written by hand.
    """

    kind: ContactKind
    title: str = ""
    given_name: str = ""
    family_name: str = ""
    group_name: str = ""
    nickname: str = ""
    legal_form: str = ""
    siren: str = ""
    language: str = ""
    salutation: str = ""
    birth_on: date | None = None
    birth_year: int | None = None
    is_deceased: bool = False
    deceased_on: date | None = None
    do_not_contact: bool = False
    no_email: bool = False
    no_phone: bool = False
    no_post: bool = False
    source: str = ""
    emails: tuple[EmailDetails, ...] = ()
    phones: tuple[PhoneDetails, ...] = ()
    addresses: tuple[AddressDetails, ...] = ()


SHARED = ("id", "label", "is_primary", "valid_from", "valid_until", "hold_reason", "original")
OWN = (
    "kind", "title", "given_name", "family_name", "group_name", "nickname", "legal_form", "siren", "language",
    "salutation", "birth_on", "birth_year", "is_deceased", "deceased_on", "do_not_contact", "no_email", "no_phone",
    "no_post", "source",
)  # fmt: skip
PLACE = ("street", "postcode", "city", "region", "country", "season_from", "season_until")


def details_of(contact: Contact) -> ContactDetails:
    """The contact as it is now: what an edit form begins with."""
    return ContactDetails(
        **_told(contact, OWN),
        emails=tuple(EmailDetails(**_told(row, (*SHARED, "address"))) for row in contact.emails),
        phones=tuple(PhoneDetails(**_told(row, (*SHARED, "typed"))) for row in contact.phones),
        addresses=tuple(AddressDetails(**_told(row, (*SHARED, *PLACE))) for row in contact.addresses),
    )


def _told(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class DonorDetails:
    """What a donor says of themselves on a public form, as typed. `country` is an ISO 3166 code."""

    kind: ContactKind
    title: str = ""
    given_name: str = ""
    family_name: str = ""
    group_name: str = ""
    legal_form: str = ""
    siren: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    language: str = ""
    source: str = ""
