"""Who is in a segment, and which segments there are."""

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Contact, Segment, SegmentMember
from app.kernel.conditions import Group, read_question
from app.kernel.criteria import Asking, Criteria, asking
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


def those_who(db: Session, question: Group, criteria: Criteria) -> Select[Contact]:
    """The contacts who answer a question now; those in the archive never do.

    Raises:
        Refused: the question asks for what there is not (any more).

    """
    return select(Contact).where(Contact.archived_at.is_(None), criteria.compile(question, asking(db, Contact.id)))


def contacts_in(db: Session, segment: Segment, criteria: Criteria) -> Select[Contact]:
    """The contacts of a segment: who answers its question, with those put in and without those taken out by hand.

    Raises:
        Refused: its question asks for what there is not (any more), or what the reader may not search by.

    """
    return select(Contact).where(Contact.archived_at.is_(None), is_in(db, segment, criteria))


def is_in(db: Session, segment: Segment, criteria: Criteria) -> ColumnElement[bool]:
    """Whether a contact is in a segment, as a condition on contacts.

    Raises:
        Refused: as with `contacts_in`.

    """
    asked = asking(db, Contact.id)
    put_in = _by_hand(asked, segment, is_in=True)
    if not segment.is_live:
        return put_in
    found = criteria.compile(question_of(segment), asked)
    return or_(and_(found, not_(_by_hand(asked, segment, is_in=False))), put_in)


def question_of(segment: Segment) -> Group:
    """What a live segment asks.

    Raises:
        Refused: what is stored is no question.

    """
    if not segment.is_live:
        raise Refused(_l("This is a list: its contacts are put on it by hand."))
    return read_question(segment.question)


def count_of(db: Session, found: Select[Contact]) -> int:
    """How many contacts a search finds."""
    return db.scalar(found.with_only_columns(func.count(Contact.id), maintain_column_froms=True)) or 0


def looked_up_once(db: Session, found: Select[Contact]) -> tuple[Select[Contact], int | SQLColumnExpression[int]]:
    """The same contacts and how many they are, for one question: SQLite makes the search but once for both.

    PostgreSQL shares a search between its processes only where it is asked for by itself, and counts first.
    """
    if db.get_bind().dialect.name == "postgresql":
        return found, count_of(db, found)
    keys = found.with_only_columns(Contact.id).cte("found")
    return select(Contact).where(Contact.id.in_(select(keys.c.id))), select(func.count(keys.c.id)).scalar_subquery()


def by_hand(db: Session, segment_id: int) -> tuple[int, int]:
    """How many contacts were put in, and how many taken out, by hand."""
    counted = select(SegmentMember.is_in, func.count()).where(SegmentMember.segment_id == segment_id)
    rows = db.execute(counted.group_by(SegmentMember.is_in))
    found: dict[bool, int] = {row[0]: row[1] for row in rows}
    return found.get(True, 0), found.get(False, 0)


def segments_for(staff_user_id: int | None, *, is_archived: bool = False) -> Select[Segment]:
    """Somebody's own segments and those that are shared, for a list sorted by (`name_key`, `id`)."""
    put_away = Segment.archived_at.is_not(None) if is_archived else Segment.archived_at.is_(None)
    return select(Segment).where(put_away, seen_by(staff_user_id)).options(joinedload(Segment.owner))


def seen_by(staff_user_id: int | None) -> ColumnElement[bool]:
    """The condition that a segment is somebody's own or shared."""
    return or_(Segment.owner_id == staff_user_id, Segment.is_shared)


def _by_hand(asked: Asking, segment: Segment, *, is_in: bool) -> ColumnElement[bool]:
    rows = (SegmentMember.segment_id == segment.id, SegmentMember.is_in.is_(is_in))
    return asked.among(select(SegmentMember.contact_id).where(*rows))
