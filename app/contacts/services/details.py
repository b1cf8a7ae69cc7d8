"""A contact as staff type it, with every way to reach it; a donor as they describe themselves."""

from dataclasses import dataclass

from app.contacts.models import Contact, ContactKind


@dataclass(frozen=True, kw_only=True)
class EmailDetails:
    """One e-mail address. `id` names the row it changes; None makes a new one."""

    address: str
    label: str = ""
    is_primary: bool = False
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class PhoneDetails:
    """One phone number as typed; a national one belongs to `country` (ISO 3166; "" means the organisation's)."""

    typed: str
    country: str = ""
    label: str = ""
    is_primary: bool = False
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class AddressDetails:
    """One postal address; `street` may have several lines."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    label: str = ""
    is_primary: bool = False
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContactDetails:
    """The whole of a contact. Where nothing is marked as primary, the first of its kind is."""

    kind: ContactKind
    title: str = ""
    given_name: str = ""
    family_name: str = ""
    group_name: str = ""
    legal_form: str = ""
    siren: str = ""
    language: str = ""
    is_deceased: bool = False
    do_not_contact: bool = False
    source: str = ""
    emails: tuple[EmailDetails, ...] = ()
    phones: tuple[PhoneDetails, ...] = ()
    addresses: tuple[AddressDetails, ...] = ()


def details_of(contact: Contact) -> ContactDetails:
    """The contact as it is now: what an edit form begins with."""
    return ContactDetails(
        kind=contact.kind, title=contact.title, given_name=contact.given_name, family_name=contact.family_name,
        group_name=contact.group_name, legal_form=contact.legal_form, siren=contact.siren, language=contact.language,
        is_deceased=contact.is_deceased, do_not_contact=contact.do_not_contact, source=contact.source,
        emails=tuple(
            EmailDetails(id=row.id, address=row.address, label=row.label, is_primary=row.is_primary)
            for row in contact.emails
        ),
        phones=tuple(
            PhoneDetails(id=row.id, typed=row.typed, label=row.label, is_primary=row.is_primary)
            for row in contact.phones
        ),
        addresses=tuple(
            AddressDetails(
                id=row.id, street=row.street, postcode=row.postcode, city=row.city, region=row.region,
                country=row.country, label=row.label, is_primary=row.is_primary,
            )
            for row in contact.addresses
        ),
    )  # fmt: skip


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
