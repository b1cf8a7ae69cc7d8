"""Saved searches and lists: made, changed, shared, put away; contacts put on a list and taken off it by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.access import SET_UP_CONTACTS
from app.contacts.models import Contact, Segment, SegmentKind, SegmentMember
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.conditions import Group, read_question
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.inserting import insert_each_unless_there
from app.kernel.text import clean, fold

LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class SegmentDetails:
    """A segment as it is typed. The question of a fixed list is of no use and not kept."""

    name: str
    description: str = ""
    is_shared: bool = False
    question: Group = field(default_factory=Group)


def record_segment(
    db: Session, kind: SegmentKind, details: SegmentDetails, *, owner: StaffUser, actor: Actor
) -> Segment:
    """Save a search, or begin a list.

    Raises:
        Refused: it has no name, or one that the owner's other segments have; its question is too large.

    """
    segment = Segment(name="", name_key="", kind=kind, owner=owner)
    _fill(db, segment, details)
    db.add(segment)
    audit.note(db, actor, "segment.recorded", segment)
    return segment


def edit_segment(db: Session, segment: Segment, details: SegmentDetails, *, actor: Actor) -> None:
    """Make the segment as described. What was counted of it is forgotten when its question changes.

    Raises:
        NotFound: it is somebody else's to change.
        Refused: as with `record_segment`.

    """
    refuse_strangers(segment, actor)
    before = segment.question
    _fill(db, segment, details)
    if segment.question != before:
        segment.last_count, segment.counted_at = None, None
    audit.note(db, actor, "segment.edited", segment)


def note_count(segment: Segment, count: int) -> None:
    """Keep how many contacts it had just now, for lists of segments."""
    segment.last_count, segment.counted_at = count, now()


def archive_segment(db: Session, segment: Segment, *, actor: Actor) -> None:
    """Put it away; nobody's tags or gifts change by that."""
    refuse_strangers(segment, actor)
    if segment.archived_at is None:
        segment.archived_at = now()
        audit.note(db, actor, "segment.archived", segment)


def restore_segment(db: Session, segment: Segment, *, actor: Actor) -> None:
    """Take it out of the archive."""
    refuse_strangers(segment, actor)
    if segment.archived_at is not None:
        segment.archived_at = None
        audit.note(db, actor, "segment.restored", segment)


def put_in(db: Session, segment: Segment, contact_ids: Sequence[int], *, actor: Actor) -> list[int]:
    """Put contacts on a list, or into a live segment whatever its question; the keys of those who were not in yet."""
    return _set_by_hand(db, segment, contact_ids, is_in=True, actor=actor)


def take_out(db: Session, segment: Segment, contact_ids: Sequence[int], *, actor: Actor) -> list[int]:
    """Take contacts off a list, or out of a live segment whatever its question; the keys of those it changed."""
    return _set_by_hand(db, segment, contact_ids, is_in=False, actor=actor)


def leave_to_question(db: Session, segment: Segment, contact_id: int, *, actor: Actor) -> None:
    """Take back what was said of a contact by hand: a live segment's question decides again."""
    refuse_strangers(segment, actor)
    by_hand = (SegmentMember.segment_id == segment.id, SegmentMember.contact_id == contact_id)
    db.execute(delete(SegmentMember).where(*by_hand))
    audit.note(db, actor, "segment.left_to_question", segment, contact_id=contact_id)


def may_change(segment: Segment, actor: Actor) -> bool:
    """Whether it is theirs, or they set up how contacts are described and it is shared."""
    return segment.owner_id == actor.id or (segment.is_shared and actor.may(SET_UP_CONTACTS))


def refuse_strangers(segment: Segment, actor: Actor) -> None:
    """See that the segment is the actor's to change.

    Raises:
        NotFound: it is not.

    """
    if not may_change(segment, actor):
        raise NotFound


def _set_by_hand(db: Session, segment: Segment, contact_ids: Sequence[int], *, is_in: bool, actor: Actor) -> list[int]:
    refuse_strangers(segment, actor)
    known = db.scalars(select(Contact.id).where(Contact.id.in_(contact_ids)).order_by(Contact.id)).all()
    here = (SegmentMember.segment_id == segment.id, SegmentMember.contact_id.in_(known))
    before = {row.contact_id: row.is_in for row in db.scalars(select(SegmentMember).where(*here))}
    if not is_in and not segment.is_live:
        changed = [key for key in known if key in before]
        db.execute(delete(SegmentMember).where(*here))
    else:
        changed = [key for key in known if before.get(key) is not is_in]
        db.execute(delete(SegmentMember).where(here[0], SegmentMember.contact_id.in_(changed)))
        rows = [{"segment_id": segment.id, "contact_id": key, "is_in": is_in, "created_at": now()} for key in changed]
        insert_each_unless_there(db, SegmentMember, rows, key=("segment_id", "contact_id"))
    if changed:
        deed = "segment.put_in" if is_in else "segment.taken_out"
        audit.note(db, actor, deed, segment, contacts=len(changed))
    return changed


def _fill(db: Session, segment: Segment, details: SegmentDetails) -> None:
    name = clean(details.name)[:LONGEST_NAME]
    if not name:
        raise Refused(_l("Give a name, please."), field="name")
    key = fold(name)
    with db.no_autoflush:
        mine = (Segment.owner_id == segment.owner.id, Segment.name_key == key, Segment.archived_at.is_(None))
        if db.scalar(select(Segment.id).where(*mine, Segment.id != (segment.id or 0)).limit(1)) is not None:
            raise Refused(_l("You have a segment of this name already."), field="name")
    read_question(details.question.as_data())  # what cannot be read again is not kept
    segment.name, segment.name_key, segment.description = name, key, details.description
    segment.is_shared = details.is_shared
    segment.question = details.question.as_data() if segment.is_live else {}
