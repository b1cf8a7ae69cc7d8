"""Ties and households as they come, for tests of every feature."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, HouseholdMember, Relationship, RelationshipType
from app.contacts.services.households import MemberDetails, add_member
from app.contacts.services.relationships import TieDetails, tie_contacts
from app.kernel.actors import SYSTEM
from tests.factories.contacts import make_contact


def make_tie(db: Session, contact: Contact, other: Contact, code: str = "friend", **said: Any) -> Relationship:
    """A tie between two contacts, by the code of its type."""
    kind = db.scalars(select(RelationshipType.id).where(RelationshipType.code == code)).one()
    db.flush()
    return tie_contacts(db, contact, other, TieDetails(type_id=kind, **said), actor=SYSTEM)


def join_a_household(db: Session, person: Contact, household_id: int | None = None) -> HouseholdMember:
    """A person becomes a member of a household, or of a new one."""
    known = db.get(Contact, household_id) if household_id is not None else None
    household = known or make_contact(db, group_name="The Gurungs", kind=ContactKind.HOUSEHOLD)
    db.flush()
    return add_member(db, household, person, MemberDetails(role="Aunt"), actor=SYSTEM)
