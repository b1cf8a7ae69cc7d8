"""Keeping how contacts belong together: tying, correcting and ending ties, and the list of their kinds."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, Relationship, RelationshipType
from app.contacts.services.holding import hold_contacts
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

CHANGED = _l("Somebody else changed this meanwhile. Look at it again, please.")


@dataclass(frozen=True, kw_only=True)
class TieDetails:
    """A tie as it is typed on the page of one contact. Days are dates; `until` is the last one.

    `is_forward`: the type's forward words are said of that contact ("is an employee of"), else the backward ones.
    """

    type_id: int
    is_forward: bool = True
    since: date | None = None
    until: date | None = None
    is_primary: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TypeDetails:
    """A kind of tie; names by language. A symmetric one has only forward names and kinds."""

    forward_names: Mapping[str, str]
    backward_names: Mapping[str, str]
    forward_kinds: tuple[ContactKind, ...]
    backward_kinds: tuple[ContactKind, ...]
    is_symmetric: bool = False


def tie_contacts(db: Session, contact: Contact, other: Contact, details: TieDetails, *, actor: Actor) -> Relationship:
    """Write down that two contacts belong together. A new main employer takes the place of the one before.

    Raises:
        Refused: with oneself, of a kind that is not for these two or is retired, backwards in time, or there already.

    """
    if contact.id == other.id:
        raise Refused(_l("Nobody is tied to themselves: choose somebody else."), field="other")
    kind = _type_in_use(db, details.type_id)
    held = hold_contacts(db, (contact.id, other.id))
    first, second = (contact, other) if details.is_forward or kind.is_symmetric else (other, contact)
    if kind.is_symmetric and first.id > second.id:
        first, second = second, first
    _check_kinds(kind, held[first.id], held[second.id])
    tie = Relationship(
        type_id=kind.id, is_symmetric=kind.is_symmetric, is_employment=kind.is_employment, first_id=first.id,
        second_id=second.id,
    )  # fmt: skip
    _fill(db, tie, details)
    db.add(tie)
    audit.note(db, actor, "relationship.recorded", tie)
    return tie


def edit_tie(db: Session, tie: Relationship, details: TieDetails, *, version: int, actor: Actor) -> None:
    """Correct the days, the note and whether it is the main employer; between whom it is never changes.

    Raises:
        Refused: somebody changed it since that version, or as in `tie_contacts`.

    """
    _hold_tie(db, tie)
    if tie.version != version:
        raise Refused(CHANGED)
    _fill(db, tie, details)
    audit.note(db, actor, "relationship.edited", tie)


def end_tie(db: Session, tie: Relationship, until: date, *, actor: Actor) -> None:
    """Let a tie end on that day: it is kept as a former one.

    Raises:
        Refused: it has ended before, or that day is before it began.

    """
    _hold_tie(db, tie)
    if tie.until is not None and tie.until <= until:
        raise Refused(_l("This tie has ended already."), field="until")
    _check_days(tie.since, until)
    tie.until = until
    tie.is_primary = tie.is_primary and until >= _today(db)
    audit.note(db, actor, "relationship.ended", tie, until=until)


def delete_tie(db: Session, tie: Relationship, *, actor: Actor) -> None:
    """Take away a tie that was entered by mistake; the audit keeps what it said."""
    _hold_tie(db, tie)
    audit.note(db, actor, "relationship.deleted", tie)
    db.delete(tie)


def add_type(db: Session, details: TypeDetails, *, actor: Actor) -> RelationshipType:
    """Add a kind of tie.

    Raises:
        Refused: it has no words, or is for nobody.

    """
    kind = RelationshipType(
        code=f"own_{secrets.token_hex(6)}", is_symmetric=details.is_symmetric, **_texts_and_kinds(details)
    )
    db.add(kind)
    audit.note(db, actor, "relationship_type.added", kind)
    return kind


def edit_type(
    db: Session, kind: RelationshipType, details: TypeDetails, *, version: int, actor: Actor
) -> RelationshipType:
    """Rename a kind of tie, or say anew for whom it is. Whether it reads the same both ways never changes.

    Raises:
        Refused: somebody changed it since that version, or as in `add_type`.

    """
    if kind.version != version:
        raise Refused(CHANGED)
    for name, value in _texts_and_kinds(details, is_symmetric=kind.is_symmetric).items():
        setattr(kind, name, value)
    audit.note(db, actor, "relationship_type.edited", kind)
    return kind


def retire_type(db: Session, kind: RelationshipType, *, actor: Actor) -> None:
    """Offer a kind of tie no more. The ties that are of it stay as they are."""
    if kind.is_active:
        kind.is_active = False
        audit.note(db, actor, "relationship_type.retired", kind)


def offer_type_again(db: Session, kind: RelationshipType, *, actor: Actor) -> None:
    """Offer a retired kind of tie again."""
    if not kind.is_active:
        kind.is_active = True
        audit.note(db, actor, "relationship_type.offered_again", kind)


def delete_type(db: Session, kind: RelationshipType, *, actor: Actor) -> None:
    """Take a kind of tie off the list for good.

    Raises:
        Refused: ties are of it, or have been; or it came with the product, which knows employers by it.

    """
    held = select(RelationshipType).where(RelationshipType.id == kind.id).with_for_update()
    db.execute(held.execution_options(populate_existing=True))
    if kind.is_employment or db.scalar(select(exists().where(Relationship.type_id == kind.id))):
        raise Refused(_l("This kind of relationship is in use: retire it instead, and the ties that are of it stay."))
    audit.note(db, actor, "relationship_type.deleted", kind)
    db.delete(kind)


def _type_in_use(db: Session, key: int) -> RelationshipType:
    """The type, kept from being deleted meanwhile."""
    kind = db.get(RelationshipType, key, with_for_update={"read": True, "key_share": True}, populate_existing=True)
    if kind is None or not kind.is_active:
        raise Refused(_l("Choose what they are to each other."), field="kind")
    return kind


def _check_kinds(kind: RelationshipType, first: Contact, second: Contact) -> None:
    if first.kind.value not in kind.forward_kinds or second.kind.value not in kind.backward_kinds:
        raise Refused(_l("This relationship is not one between two contacts of these kinds."), field="kind")


def _check_days(since: date | None, until: date | None) -> None:
    if since is not None and until is not None and until < since:
        raise Refused(_l("It cannot end before it began."), field="until")


def _fill(db: Session, tie: Relationship, details: TieDetails) -> None:
    """Bring the tie to what is typed. Both contacts are held."""
    _check_days(details.since, details.until)
    for other in db.scalars(_between(tie)):
        if other is not tie and _overlap(other, details):
            raise Refused(_l("They have this relationship already, at the same time."), field="kind")
    tie.since, tie.until, tie.note = details.since, details.until, details.note
    is_current = details.until is None or details.until >= _today(db)
    is_primary = details.is_primary and tie.is_employment and is_current
    if is_primary:
        main = select(Relationship).where(Relationship.first_id == tie.first_id, Relationship.is_primary)
        for before in db.scalars(main):
            before.is_primary = False
        db.flush()  # the database allows one at a time
    tie.is_primary = is_primary


def _between(tie: Relationship) -> Any:
    """Ties of one type between the same two; for types that have sides, the other way round is another tie."""
    same = (Relationship.first_id == tie.first_id, Relationship.second_id == tie.second_id)
    return select(Relationship).where(*same, Relationship.type_id == tie.type_id)


def _overlap(one: Relationship, other: TieDetails) -> bool:
    begins = max(one.since or date.min, other.since or date.min)
    return begins <= min(one.until or date.max, other.until or date.max)


def _hold_tie(db: Session, tie: Relationship) -> None:
    """Hold both contacts and read the tie anew: what was read before the wait may be old.

    Raises:
        Refused: somebody took it away meanwhile.

    """
    hold_contacts(db, (tie.first_id, tie.second_id))
    found = db.scalar(select(Relationship).where(Relationship.id == tie.id).execution_options(populate_existing=True))
    if found is None:
        raise Refused(CHANGED)


def _texts_and_kinds(details: TypeDetails, *, is_symmetric: bool | None = None) -> dict[str, Any]:
    both_ways = details.is_symmetric if is_symmetric is None else is_symmetric
    forward = {language: words for language, words in details.forward_names.items() if words}
    backward = forward if both_ways else {code: words for code, words in details.backward_names.items() if words}
    ours, theirs = details.forward_kinds, details.forward_kinds if both_ways else details.backward_kinds
    for texts, field in ((forward, "forward_en"), (backward, "backward_en")):
        if not texts:
            raise Refused(_l("Write the words in at least one language."), field=field)
    for kinds, field in ((ours, "forward_kinds"), (theirs, "backward_kinds")):
        if not kinds:
            raise Refused(_l("Say for which kinds of contact it is."), field=field)
    return {
        "forward_names": forward, "backward_names": dict(backward),
        "forward_kinds": [each.value for each in ours], "backward_kinds": [each.value for each in theirs],
    }  # fmt: skip


def _today(db: Session) -> date:
    return today(the_organisation(db).time_zone)
