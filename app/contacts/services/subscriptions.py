"""News of a segment by mail: asked for by whoever wants it, for themselves, and stopped again."""

from datetime import date, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Rhythm, Segment, SegmentSubscription
from app.contacts.queries.subscriptions import subscription_of
from app.kernel.clock import now


def subscribe(db: Session, segment: Segment, reader: StaffUser, every: Rhythm, *, day: date) -> None:
    """Send somebody how a segment stands, for the first time the day after `day`; or in another rhythm from then on."""
    mine = subscription_of(db, segment.id, reader.id)
    first = day + timedelta(days=1)
    if mine is None:
        db.add(SegmentSubscription(segment=segment, staff_user=reader, every=every, next_on=first))
    else:
        mine.every, mine.next_on = every, first


def unsubscribe(db: Session, segment: Segment, reader: StaffUser) -> None:
    """Send them nothing more of it."""
    mine = subscription_of(db, segment.id, reader.id)
    if mine is not None:
        db.delete(mine)


def keep_count(db: Session, segment_id: int, count: int | None) -> None:
    """Keep how many contacts a segment has, or that nobody can tell any more.

    Its version stays: whoever edits it meanwhile is not disturbed.
    """
    values = {"last_count": count, "counted_at": None if count is None else now()}
    db.execute(update(Segment).where(Segment.id == segment_id).values(values), execution_options={
        "synchronize_session": False,
    })  # fmt: skip
