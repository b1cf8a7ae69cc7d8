"""A household is called and greeted after its members, in the transaction that changes them.

What somebody wrote by hand stays, until they take it back.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, Household
from app.contacts.queries.households import computed_greetings, greeting_row, household_id_of
from app.contacts.services.holding import hold_contacts

LONGEST_NAME = 200
"""What the form of a contact takes."""


@dataclass(frozen=True)
class Seen:
    """What a household is called after, or how it is called, before a change."""

    parts: tuple[object, ...]
    group_name: str


def seen(contact: Contact) -> Seen:
    """What `follow` compares with."""
    return Seen(
        (contact.title, contact.given_name, contact.family_name, contact.is_deceased, contact.language),
        contact.group_name,
    )


def follow(db: Session, contact: Contact, before: Seen) -> None:
    """After a change of a contact: a member's household is called anew, a household's typed name is kept by hand."""
    now = seen(contact)
    if now == before or contact.kind is ContactKind.ORGANISATION:
        return
    if contact.kind is ContactKind.PERSON:
        home = household_id_of(db, contact.id)
        if home is not None:
            call_anew(db, hold_contacts(db, (home,))[home])
        return
    row = greeting_row(db, contact.id)
    if row is not None:
        row.is_name_manual = row.is_name_manual or now.group_name != before.group_name
        call_anew(db, contact)


def greetings_row(db: Session, household: Contact, *, is_name_manual: bool = True) -> Household:
    """How a household is greeted, made when it is first asked for: a name that was typed before stays."""
    row = greeting_row(db, household.id)
    if row is None:
        row = Household(contact_id=household.id, is_name_manual=is_name_manual)
        db.add(row)
        db.flush()
    return row


def call_anew(db: Session, household: Contact) -> Household:
    """Bring the name and the greetings to what follows from the members, but for what was written by hand.

    The household is held. Where nobody is left to be called after, the last name stays: a contact must have one.
    """
    db.flush()
    row, found = greetings_row(db, household), computed_greetings(db, household)
    name = found.name.text[:LONGEST_NAME].strip()
    if not row.is_name_manual and name and household.group_name != name:
        household.group_name = name
        household.touch()
        household.refresh()
    if not row.is_formal_manual:
        row.formal_greeting = found.formal.text
    if not row.is_informal_manual:
        row.informal_greeting = found.informal.text
    return row
