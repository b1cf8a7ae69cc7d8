"""What donors say of themselves: their language holds at once, a name or an address that differs waits for a person."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, ReviewField
from app.contacts.rules.postal import PostalAddress
from app.contacts.services.attaching import attach, propose
from app.contacts.services.details import DonorDetails
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

SOURCE = "portal:own"
"""Where it came from, as reviews and answers name it."""


@dataclass(frozen=True, kw_only=True)
class OwnDetails:
    """How a donor says they are called and where they live. Groups have one name, people two; "" for what is not."""

    given_name: str = ""
    family_name: str = ""
    group_name: str = ""
    place: PostalAddress


def read_in(db: Session, contact: Contact, language: str, *, actor: Actor) -> None:
    """Write to them in this language from now on.

    Raises:
        Refused: it is none of ours.

    """
    if language not in LANGUAGES:
        raise Refused(_l("Choose one of the languages, please."), field="language")
    if contact.language != language:
        contact.language = language
        contact.touch()
        audit.note(db, actor, "donor.chose_language", contact, language=language)


def say_details(db: Session, contact: Contact, said: OwnDetails, *, actor: Actor) -> bool:
    """Keep what they say: an address where we had none is taken over, every difference waits for a person.

    Whether anything differs from what we have.

    Raises:
        Refused: there is no name, or half an address.

    """
    _refuse_halves(contact, said)
    names = _names(contact, said)
    is_other_name = any(getattr(contact, name) != value for name, value in names.items())
    if is_other_name:
        propose(db, contact, ReviewField.NAME, dict(names), SOURCE)
    ours = [each.parts for each in contact.addresses]
    is_other_place = bool(said.place.street) and said.place not in ours
    if is_other_place:
        organisation = the_organisation(db)
        attach(db, contact, _as_donor(contact, said.place), home=organisation.country)
        contact.refresh()
    if is_other_name or is_other_place:
        audit.note(db, actor, "donor.said_details", contact, name=is_other_name, address=is_other_place)
    return is_other_name or is_other_place


def _names(contact: Contact, said: OwnDetails) -> dict[str, str]:
    if contact.kind is ContactKind.PERSON:
        return {"given_name": said.given_name, "family_name": said.family_name}
    return {"group_name": said.group_name}


def _refuse_halves(contact: Contact, said: OwnDetails) -> None:
    if not any(_names(contact, said).values()):
        is_person = contact.kind is ContactKind.PERSON
        raise Refused(_l("Give a name, please."), field="family_name" if is_person else "group_name")
    place = said.place
    if (place.postcode or place.city) and not place.street:
        raise Refused(_l("Give the number and street too, please."), field="street")
    if place.street and not place.city:
        raise Refused(_l("Give the town too, please."), field="city")


def _as_donor(contact: Contact, place: PostalAddress) -> DonorDetails:
    """The address alone, said by somebody who is called as we have it."""
    return DonorDetails(
        kind=contact.kind, given_name=contact.given_name, family_name=contact.family_name,
        group_name=contact.group_name, street=place.street, postcode=place.postcode, city=place.city,
        region=place.region, country=place.country, source=SOURCE,
    )  # fmt: skip
