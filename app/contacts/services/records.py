"""Adding and changing contacts by staff, with all their channels; putting them away and taking them out again."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactAddress, ContactEmail, ContactKind, ContactPhone
from app.contacts.rules.channels import email_key, kept_phone
from app.contacts.rules.organisations import read_siren
from app.contacts.services.checking import check_details
from app.contacts.services.details import (
    PLACE,
    AddressDetails,
    ChannelDetails,
    ContactDetails,
    EmailDetails,
    PhoneDetails,
)
from app.contacts.services.mailboxes import main_mailbox, tell_if_moved
from app.contacts.services.naming import follow, seen
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now, today
from app.kernel.organisation import the_organisation
from app.kernel.text import clean

Channel = ContactEmail | ContactPhone | ContactAddress
LONGEST_ORIGINAL = 1000


def record_contact(db: Session, details: ContactDetails, *, actor: Actor) -> Contact:
    """Add a contact with its channels.

    Raises:
        Refused: no name, a company number that cannot be one, or days that contradict each other or lie ahead.

    """
    check_details(details, the_day(db))
    contact = Contact(kind=details.kind, language=the_organisation(db).language)
    _fill(db, contact, details)
    db.add(contact)
    audit.note(db, actor, "contact.recorded", contact)
    return contact


def edit_contact(db: Session, contact: Contact, details: ContactDetails, *, actor: Actor) -> Contact:
    """Make the contact as described: rows named by `id` are changed, others are added, those left out are removed.

    The kind never changes. The contact's version rises, so that whoever edits an older version is told.

    Raises:
        Refused: no name, a company number that cannot be one, or days that contradict each other or lie ahead.

    """
    check_details(details, the_day(db))
    before, mailbox = seen(contact), main_mailbox(db, contact)
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
    tell_if_moved(db, contact, mailbox, actor=actor)
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


def the_day(db: Session) -> date:
    """Today where the organisation is."""
    return today(the_organisation(db).time_zone)


def _fill(db: Session, contact: Contact, details: ContactDetails) -> list[Channel]:
    """Bring names and channels to what is described; the rows that are to be primary ones.

    A person has no group's name, and a group no person's.
    """
    home, day = the_organisation(db).country, the_day(db)
    is_person = contact.kind is ContactKind.PERSON
    for name in ("title", "given_name", "family_name", "nickname"):
        setattr(contact, name, getattr(details, name) if is_person else "")
    for name in ("birth_on", "birth_year"):
        setattr(contact, name, getattr(details, name) if is_person else None)
    is_organisation = contact.kind is ContactKind.ORGANISATION
    contact.group_name = "" if is_person else details.group_name
    contact.legal_form = details.legal_form if is_organisation else ""
    contact.siren = read_siren(details.siren) if is_organisation and details.siren else ""
    contact.language = details.language or contact.language
    contact.is_deceased = details.is_deceased and is_person
    contact.deceased_on = details.deceased_on if contact.is_deceased else None
    for name in ("salutation", "do_not_contact", "no_email", "no_phone", "no_post"):
        setattr(contact, name, getattr(details, name))
    contact.source = details.source or contact.source
    facts = [_email(each) for each in details.emails]
    emails = _rows(contact.emails, details.emails, ContactEmail, facts, day)
    known = {row.id: row for row in contact.phones}
    facts = [_phone(each, home, known.get(each.id or 0)) for each in details.phones]
    phones = _rows(contact.phones, details.phones, ContactPhone, facts, day)
    places = _rows(contact.addresses, details.addresses, ContactAddress, [_address(a) for a in details.addresses], day)
    contact.refresh()
    return [*emails, *phones, *places]


def _rows(
    kept: list[Any], wanted: Sequence[Any], model: Any, facts: Sequence[dict[str, Any]], day: date
) -> list[Channel]:
    """Bring one list to what is wanted; its primary row, if it has any rows. A list of new rows is marked at once."""
    by_id = {row.id: row for row in kept}
    is_new = not kept
    chosen = next((place for place, each in enumerate(wanted) if each.is_primary), 0)
    primary: list[Channel] = []
    for place, (each, values) in enumerate(zip(wanted, facts, strict=True)):
        row = by_id.pop(each.id, None)
        if row is None:
            row = model(**values, original=_as_typed(each), is_primary=is_new and place == chosen)
            kept.append(row)
        for name, value in values.items():
            setattr(row, name, value)
        _hold(row, each, day)
        primary += [row] if place == chosen else []
    for row in by_id.values():
        kept.remove(row)
    return primary


def _hold(row: Channel, wanted: ChannelDetails, day: date) -> None:
    """Until when a row holds, and its being on hold: since the day that was first said, whatever the reason now."""
    row.valid_from, row.valid_until = wanted.valid_from, wanted.valid_until
    since = None if wanted.hold_reason is None else row.hold_since or day
    row.hold_reason, row.hold_since = wanted.hold_reason, since


def _as_typed(wanted: Any) -> str:
    """How a new row was typed. Only signs that nobody sees, and that no database takes, are left out."""
    parts = [getattr(wanted, name, "") for name in ("address", "typed", *PLACE[:4])]
    return clean(wanted.original or "\n".join(part for part in parts if part))[:LONGEST_ORIGINAL]


def _email(details: EmailDetails) -> dict[str, Any]:
    return {"address": details.address, "folded": email_key(details.address), "label": details.label}


def _phone(details: PhoneDetails, home: str, row: ContactPhone | None) -> dict[str, Any]:
    """A number that nobody retyped stays what it is: it may have been typed in another country, without its code."""
    is_as_it_was = row is not None and row.typed == details.typed and not details.country
    number = row.number if row is not None and is_as_it_was else kept_phone(details.typed, details.country or home)
    return {"number": number, "typed": details.typed, "label": details.label}


def _address(details: AddressDetails) -> dict[str, Any]:
    return {name: getattr(details, name) for name in ("label", *PLACE)}
