"""Adding what a donor typed to a contact: what is missing is filled, what differs waits for a person."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.contacts.models import (
    Contact,
    ContactAddress,
    ContactEmail,
    ContactKind,
    ContactPhone,
    ContactReview,
    ReviewField,
    ReviewStatus,
)
from app.contacts.rules.channels import email_key, kept_phone
from app.contacts.rules.names import Likeness, PersonName, compare_people, key_of
from app.contacts.rules.postal import PostalAddress, compare_addresses
from app.contacts.services.details import DonorDetails

PARTS = ("street", "postcode", "city", "region", "country")


def attach(db: Session, contact: Contact, said: DonorDetails, *, home: str) -> None:
    """Add what the contact lacks and keep every difference for review. `home` is the country of national numbers.

    An e-mail address opens a donor's own page. So only somebody new brings one: a company is found by its SIREN too,
    which everybody can look up, and an address that comes with it waits for a person.
    """
    is_new = not inspect(contact).persistent
    for name in ("title", "legal_form", "siren"):
        if not getattr(contact, name):
            setattr(contact, name, getattr(said, name))
    _attach_name(db, contact, said)
    _attach_email(db, contact, said, is_new=is_new)
    _attach_phone(db, contact, said, home)
    _attach_address(db, contact, said)
    if contact.is_deceased:
        propose(db, contact, ReviewField.DECEASED, {"value": contact.name}, said.source)


def original_of(place: Mapping[str, str]) -> str:
    """An address as it was typed, one part a line; the country was chosen from a list."""
    return "\n".join(text for part in PARTS[:4] if (text := place.get(part, "")))


def propose(db: Session, contact: Contact, field: ReviewField, proposed: dict[str, Any], source: str) -> None:
    """Keep a difference until a person decides; one that already waits is not kept twice."""
    key = "".join(key_of(str(value)) or str(value) for value in proposed.values())[:200]
    waiting = select(ContactReview.id).where(
        ContactReview.contact_id == contact.id, ContactReview.field == field, ContactReview.value_key == key,
        ContactReview.status == ReviewStatus.OPEN,
    )  # fmt: skip
    if db.scalar(waiting) is None:
        db.add(ContactReview(contact=contact, field=field, value_key=key, proposed=proposed, source=source))
        db.flush()


def _attach_name(db: Session, contact: Contact, said: DonorDetails) -> None:
    """A name that says more than ours (Jean for J., or another name of the same SIREN) waits for a person."""
    if said.kind is ContactKind.PERSON:
        ours, typed = (PersonName(each.given_name, each.family_name) for each in (contact, said))
        is_fuller = len(key_of(typed.given, typed.family)) > len(key_of(ours.given, ours.family))
        if is_fuller and compare_people(ours, typed) is not Likeness.SAME:
            proposed = {"given_name": said.given_name, "family_name": said.family_name}
            propose(db, contact, ReviewField.NAME, proposed, said.source)
    elif key_of(said.group_name) not in {"", key_of(contact.group_name)}:
        propose(db, contact, ReviewField.NAME, {"group_name": said.group_name}, said.source)


def _attach_email(db: Session, contact: Contact, said: DonorDetails, *, is_new: bool) -> None:
    folded = email_key(said.email)
    if not folded or any(row.folded == folded for row in contact.emails):
        return
    if not is_new:
        propose(db, contact, ReviewField.EMAIL, {"value": said.email}, said.source)
    else:
        contact.touch()
        contact.emails.append(ContactEmail(address=said.email, folded=folded, original=said.email, is_primary=True))


def _attach_phone(db: Session, contact: Contact, said: DonorDetails, home: str) -> None:
    number = kept_phone(said.phone, said.country or home)
    if not number or any(row.number == number for row in contact.phones):
        return
    if contact.phones:
        propose(db, contact, ReviewField.PHONE, {"value": number}, said.source)
    else:
        contact.touch()
        contact.phones.append(ContactPhone(number=number, typed=said.phone, original=said.phone, is_primary=True))


def _attach_address(db: Session, contact: Contact, said: DonorDetails) -> None:
    typed = PostalAddress(**{part: getattr(said, part) for part in PARTS})
    if not (typed.street or typed.postcode or typed.city):
        return  # a country alone is no address
    if not contact.addresses:
        contact.touch()
        told = {part: getattr(typed, part) for part in PARTS}
        contact.addresses.append(ContactAddress(**told, original=original_of(told), is_primary=True))
        return
    compared = [(compare_addresses(row.parts, typed), row) for row in contact.addresses]
    if any(likeness is Likeness.SAME for likeness, _row in compared):
        return
    blank = next((row for likeness, row in compared if likeness is Likeness.BRIEFER), None)
    if blank is None:
        proposed = {part: getattr(typed, part) for part in PARTS if getattr(typed, part)}
        propose(db, contact, ReviewField.ADDRESS, proposed, said.source)
        return
    contact.touch()
    for part in PARTS:
        setattr(blank, part, getattr(blank, part) or getattr(typed, part))
