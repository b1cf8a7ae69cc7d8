"""Adding and changing contacts by staff, with all their channels; putting them away and taking them out again."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactAddress, ContactEmail, ContactKind, ContactPhone
from app.contacts.rules.channels import email_key, kept_phone
from app.contacts.rules.organisations import read_siren
from app.contacts.services.details import AddressDetails, ContactDetails, EmailDetails, PhoneDetails
from app.contacts.services.naming import follow, seen
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

Channel = ContactEmail | ContactPhone | ContactAddress


def record_contact(db: Session, details: ContactDetails, *, actor: Actor) -> Contact:
    """Add a contact with its channels.

    Raises:
        Refused: no name, or a company number that cannot be one.

    """
    _check(details)
    contact = Contact(kind=details.kind, language=the_organisation(db).language)
    _fill(db, contact, details)
    db.add(contact)
    audit.note(db, actor, "contact.recorded", contact)
    return contact


def edit_contact(db: Session, contact: Contact, details: ContactDetails, *, actor: Actor) -> Contact:
    """Make the contact as described: rows named by `id` are changed, others are added, those left out are removed.

    The kind never changes. The contact's version rises, so that whoever edits an older version is told.

    Raises:
        Refused: no name, or a company number that cannot be one.

    """
    _check(details)
    before = seen(contact)
    contact.touch()
    primaries = _fill(db, contact, details)
    rows: list[Channel] = [*contact.emails, *contact.phones, *contact.addresses]
    for row in rows:
        row.is_primary = row.is_primary and row in primaries
    db.flush()  # the database allows one primary at a time
    for row in primaries:
        row.is_primary = True
    audit.note(db, actor, "contact.edited", contact)
    follow(db, contact, before)
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


def _fill(db: Session, contact: Contact, details: ContactDetails) -> list[Channel]:
    """Bring names and channels to what is described; the rows that are to be primary ones.

    A person has no group's name, and a group no person's.
    """
    home = the_organisation(db).country
    is_person = contact.kind is ContactKind.PERSON
    is_organisation = contact.kind is ContactKind.ORGANISATION
    contact.title = details.title if is_person else ""
    contact.given_name = details.given_name if is_person else ""
    contact.family_name = details.family_name if is_person else ""
    contact.group_name = "" if is_person else details.group_name
    contact.legal_form = details.legal_form if is_organisation else ""
    contact.siren = read_siren(details.siren) if is_organisation and details.siren else ""
    contact.language = details.language or contact.language
    contact.is_deceased = details.is_deceased and is_person
    contact.do_not_contact = details.do_not_contact
    contact.source = details.source or contact.source
    emails = _rows(contact.emails, details.emails, ContactEmail, [_email(each) for each in details.emails])
    phones = _rows(contact.phones, details.phones, ContactPhone, [_phone(each, home) for each in details.phones])
    places = _rows(contact.addresses, details.addresses, ContactAddress, [_address(a) for a in details.addresses])
    contact.refresh()
    return [*emails, *phones, *places]


def _rows(kept: list[Any], wanted: Sequence[Any], model: Any, facts: Sequence[dict[str, str]]) -> list[Channel]:
    """Bring one list to what is wanted; its primary row, if it has any rows. A list of new rows is marked at once."""
    by_id = {row.id: row for row in kept}
    is_new = not kept
    chosen = next((place for place, each in enumerate(wanted) if each.is_primary), 0)
    primary: list[Channel] = []
    for place, (each, values) in enumerate(zip(wanted, facts, strict=True)):
        row = by_id.pop(each.id, None)
        if row is None:
            row = model(**values, is_primary=is_new and place == chosen)
            kept.append(row)
        for name, value in values.items():
            setattr(row, name, value)
        primary += [row] if place == chosen else []
    for row in by_id.values():
        kept.remove(row)
    return primary


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
