"""Adding and changing contacts by staff, with all their channels; putting them away and taking them out again."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactAddress, ContactEmail, ContactKind, ContactPhone
from app.contacts.rules import email_key, kept_phone, read_siren
from app.contacts.services.details import AddressDetails, ContactDetails, EmailDetails, PhoneDetails
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import DEFAULT_LANGUAGE
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

Channel = ContactEmail | ContactPhone | ContactAddress
ChannelDetails = EmailDetails | PhoneDetails | AddressDetails


def record_contact(db: Session, details: ContactDetails, *, actor: Actor) -> Contact:
    """Add a contact with its channels.

    Raises:
        Refused: no name, or a company number that cannot be one.

    """
    _check(details)
    contact = Contact(kind=details.kind)
    _fill(contact, details)
    db.add(contact)
    _fill_channels(db, contact, details)
    audit.note(db, actor, "contact.recorded", contact)
    return contact


def edit_contact(db: Session, contact: Contact, details: ContactDetails, *, actor: Actor) -> Contact:
    """Make the contact as described: rows named by `id` are changed, others are added, those left out are removed.

    The kind never changes. The contact's version rises, so that whoever edits an older version is told.

    Raises:
        Refused: no name, or a company number that cannot be one.

    """
    _check(details)
    _fill(contact, details)
    contact.touch()
    _fill_channels(db, contact, details)
    audit.note(db, actor, "contact.edited", contact)
    return contact


def archive_contact(db: Session, contact: Contact, *, actor: Actor) -> None:
    """Put a contact away: lists and the search leave it out, what it gave stays."""
    if contact.archived_at is None:
        contact.archived_at = now()
        audit.note(db, actor, "contact.archived", contact)


def restore_contact(db: Session, contact: Contact, *, actor: Actor) -> None:
    """Take a contact out of the archive."""
    if contact.archived_at is not None:
        contact.archived_at = None
        audit.note(db, actor, "contact.restored", contact)


def _check(details: ContactDetails) -> None:
    is_person = details.kind is ContactKind.PERSON
    if is_person and not (details.given_name or details.family_name):
        raise Refused(_l("Give at least a first or a last name."), field="family_name")
    if not is_person and not details.group_name:
        raise Refused(_l("Give a name, please."), field="group_name")
    if details.siren and not read_siren(details.siren):
        raise Refused(_l("This is not a SIREN number: it has nine digits, the last of which checks."), field="siren")


def _fill(contact: Contact, details: ContactDetails) -> None:
    """Everything but the channels; a person has no group's name, and a group no person's."""
    is_person = contact.kind is ContactKind.PERSON
    is_organisation = contact.kind is ContactKind.ORGANISATION
    contact.title = details.title if is_person else ""
    contact.given_name = details.given_name if is_person else ""
    contact.family_name = details.family_name if is_person else ""
    contact.group_name = "" if is_person else details.group_name
    contact.legal_form = details.legal_form if is_organisation else ""
    contact.siren = read_siren(details.siren) if is_organisation and details.siren else ""
    contact.language = details.language or contact.language or DEFAULT_LANGUAGE
    contact.is_deceased = details.is_deceased and is_person
    contact.do_not_contact = details.do_not_contact
    contact.source = details.source or contact.source


def _fill_channels(db: Session, contact: Contact, details: ContactDetails) -> None:
    """Bring the three lists to what is described. Primaries are unset first: the database allows one at a time."""
    home = the_organisation(db).country
    pairs = [
        *_rows(contact.emails, details.emails, ContactEmail, _email),
        *_rows(contact.phones, details.phones, ContactPhone, lambda each: _phone(each, home)),
        *_rows(contact.addresses, details.addresses, ContactAddress, _address),
    ]
    db.flush()
    for row, is_primary in pairs:
        row.is_primary = is_primary
    contact.refresh()
    db.flush()


def _rows(kept: list[Any], wanted: Sequence[Any], model: Any, describe: Any) -> list[tuple[Any, bool]]:
    """The rows of one list after the change, each with whether it becomes the primary one."""
    by_id = {row.id: row for row in kept}
    chosen = next((place for place, each in enumerate(wanted) if each.is_primary), 0)
    pairs = []
    for place, each in enumerate(wanted):
        row = by_id.pop(each.id, None)
        facts = describe(each)
        if row is None:
            row = model(**facts)
            kept.append(row)
        else:
            for name, value in facts.items():
                setattr(row, name, value)
        pairs.append((row, place == chosen))
    for row in by_id.values():
        kept.remove(row)
    for row, is_primary in pairs:
        row.is_primary = row.is_primary and is_primary
    return pairs


def _email(details: EmailDetails) -> dict[str, str]:
    return {"address": details.address, "folded": email_key(details.address), "label": details.label}


def _phone(details: PhoneDetails, home: str) -> dict[str, str]:
    number = kept_phone(details.typed, details.country or home)
    return {"number": number, "typed": details.typed, "label": details.label}


def _address(details: AddressDetails) -> dict[str, str]:
    return {
        "street": details.street, "postcode": details.postcode, "city": details.city, "region": details.region,
        "country": details.country, "label": details.label,
    }  # fmt: skip
