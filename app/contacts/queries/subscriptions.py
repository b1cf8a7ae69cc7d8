"""Who is sent how a segment stands."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import StaffUser
from app.contacts.models import Segment, SegmentKind, SegmentSubscription


def subscription_of(db: Session, segment_id: int, staff_user_id: int | None) -> SegmentSubscription | None:
    """Somebody's own, if they want news of this segment."""
    own = (SegmentSubscription.segment_id == segment_id, SegmentSubscription.staff_user_id == staff_user_id)
    return db.scalars(select(SegmentSubscription).where(*own)).one_or_none()


def who_is_told(db: Session, day: date) -> Sequence[int]:
    """The keys of those of us for whom a letter is due by a day, and who may still sign in."""
    due = select(SegmentSubscription.staff_user_id).join(SegmentSubscription.staff_user)
    wanted = due.where(SegmentSubscription.next_on <= day, StaffUser.is_active).distinct()
    return db.scalars(wanted.order_by(SegmentSubscription.staff_user_id)).all()


def due_subscriptions(db: Session, staff_user_id: int, day: date) -> Sequence[SegmentSubscription]:
    """What somebody is to be told by a day, by the segments' names; nothing of segments that are put away."""
    due = (SegmentSubscription.staff_user_id == staff_user_id, SegmentSubscription.next_on <= day)
    query = select(SegmentSubscription).join(SegmentSubscription.segment).where(*due, Segment.archived_at.is_(None))
    return db.scalars(
        query.options(joinedload(SegmentSubscription.segment)).order_by(Segment.name_key, Segment.id)
    ).all()


def segments_to_count(db: Session) -> Sequence[int]:
    """The keys of all live segments in use."""
    live = (Segment.kind == SegmentKind.LIVE, Segment.archived_at.is_(None))
    return db.scalars(select(Segment.id).where(*live).order_by(Segment.id)).all()
