"""Contacts as they come, for tests of every feature."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Channel, ConsentPurpose, ConsentWording, Contact, ContactKind
from app.contacts.services import (
    AddressDetails,
    ContactDetails,
    EmailDetails,
    PhoneDetails,
    WordingDetails,
    publish_wording,
    record_contact,
)
from app.contacts.services.purposes import PurposeDetails, add_purpose, edit_purpose
from app.kernel.actors import SYSTEM


def make_contact(db: Session, **overrides: Any) -> Contact:
    """A person with an e-mail, a phone and an address in France.

    `email`, `phone` ("" for none), `street`, `postcode`, `city`, `country` and every part of `ContactDetails` can be
    given; a `group_name` makes an organisation unless `kind` says household.
    """
    place = {"street": "12 rue des Lilas", "postcode": "75011", "city": "Paris", "country": "FR"}
    place = {part: overrides.pop(part, value) for part, value in place.items()}
    email = overrides.pop("email", "maya.lefevre@example.org")
    phone = overrides.pop("phone", "06 12 34 56 78")
    names = {} if "group_name" in overrides else {"given_name": "Maya", "family_name": "Lefèvre"}
    parts: dict[str, Any] = {
        "kind": ContactKind.ORGANISATION if "group_name" in overrides else ContactKind.PERSON,
        "language": "fr",
        **names,
        "emails": (EmailDetails(address=email),) if email else (),
        "phones": (PhoneDetails(typed=phone),) if phone else (),
        "addresses": (AddressDetails(**place),) if place["street"] or place["city"] else (),
        **overrides,
    }
    return record_contact(db, ContactDetails(**parts), actor=SYSTEM)


def make_wording(db: Session, **overrides: Any) -> ConsentWording:
    """Words for news by e-mail, in French and English."""
    parts: dict[str, Any] = {
        "purpose": "news",
        "channel": Channel.EMAIL,
        "texts": {"fr": "Je veux recevoir vos nouvelles.", "en": "I would like to hear your news."},
        **overrides,
    }
    make_purpose(db, parts["purpose"])
    return publish_wording(db, WordingDetails(**parts), actor=SYSTEM)


def make_purpose(db: Session, code: str, **overrides: Any) -> ConsentPurpose:
    """The purpose of this code, made unless it is there; the names and all other details can be given."""
    known = db.scalars(select(ConsentPurpose).where(ConsentPurpose.code == code)).first()
    parts: dict[str, Any] = {"names": {"en": code.capitalize()}, **overrides}
    if known is None:
        return add_purpose(db, code, PurposeDetails(**parts), actor=SYSTEM)
    if overrides:
        edit_purpose(db, known, PurposeDetails(**parts), version=known.version, actor=SYSTEM)
    return known
