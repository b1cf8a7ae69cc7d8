"""What may be asked about how contacts belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.contacts.models import Contact, ContactKind, Relationship, RelationshipType


@dataclass(frozen=True)
class Tie:
    """A relationship as it is seen from one of its two contacts: to whom it leads, and what is said of this one."""

    relationship: Relationship
    other: Contact
    is_forward: bool
    is_current: bool

    def words(self, language: str) -> str:
        """What this contact is to the other one, such as "Employee of"."""
        return self.relationship.type.words(language, is_forward=self.is_forward)


def ties_of(db: Session, contact_id: int, day: date, limit: int) -> list[Tie]:
    """A contact's ties seen from their side, current ones (on that day) first, then the main employer, newest first.

    One question, whatever there is.
    """
    bare = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
    mine = or_(Relationship.first_id == contact_id, Relationship.second_id == contact_id)
    sides = (joinedload(Relationship.first).options(*bare), joinedload(Relationship.second).options(*bare))
    is_over = case((Relationship.until < day, 1), else_=0)
    order = (is_over, Relationship.is_primary.desc(), Relationship.id.desc())
    found = db.scalars(select(Relationship).where(mine).options(*sides).order_by(*order).limit(limit))
    return [seen_from(contact_id, each, day) for each in found]


def seen_from(contact_id: int, tie: Relationship, day: date) -> Tie:
    """A tie as one of its two contacts has it."""
    is_first = tie.first_id == contact_id
    return Tie(tie, tie.second if is_first else tie.first, is_first, tie.is_current(day))


def every_type(db: Session) -> Sequence[tuple[RelationshipType, int]]:
    """Every kind of tie with how many ties are or were of it, those that are offered first."""
    uses = select(Relationship.type_id, func.count().label("ties")).group_by(Relationship.type_id).subquery()
    found = (
        select(RelationshipType, func.coalesce(uses.c.ties, 0))
        .outerjoin(uses, uses.c.type_id == RelationshipType.id)
        .order_by(RelationshipType.is_active.desc(), RelationshipType.id)
    )
    return [(kind, int(ties)) for kind, ties in db.execute(found)]


def types_between(db: Session, kind: ContactKind, other: ContactKind) -> list[tuple[RelationshipType, bool]]:
    """(type, is_forward) for all that can be said of a contact of one kind towards one of the other, in order."""
    offered = select(RelationshipType).where(RelationshipType.is_active).order_by(RelationshipType.id)
    sayable = []
    for each in db.scalars(offered):
        if kind.value in each.forward_kinds and other.value in each.backward_kinds:
            sayable.append((each, True))
        if not each.is_symmetric and kind.value in each.backward_kinds and other.value in each.forward_kinds:
            sayable.append((each, False))
    return sayable


def tie_of(db: Session, contact_id: int, key: int) -> Relationship | None:
    """The relationship with this key, if it is one of this contact's."""
    tie = db.get(Relationship, key)
    return tie if tie is not None and contact_id in {tie.first_id, tie.second_id} else None
