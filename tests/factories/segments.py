"""Segments as they come."""

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Segment, SegmentKind
from app.contacts.services.segments import SegmentDetails, record_segment
from app.kernel.actors import SYSTEM
from app.kernel.conditions import Condition, Group, Match, Op, Period

PARISIANS = Group(
    parts=(
        Condition("address.postcode", Op.BEGINS, ("75",)),
        Group(
            Match.ANY,
            (
                Condition("giving.sum", Op.AT_LEAST, (10_000,), Period(fiscal_year=-1)),
                Condition("consent.news.email", Op.ANY_OF, ("given",)),
            ),
        ),
    )
)


def make_segment(db: Session, owner: StaffUser, kind: SegmentKind = SegmentKind.LIVE, **overrides: Any) -> Segment:
    """A shared search for generous Parisians, or a shared list; parts of `SegmentDetails` can be given."""
    db.flush()
    parts: dict[str, Any] = {"name": f"Segment of {owner.name} {owner.id}", "is_shared": True, "question": PARISIANS}
    segment = record_segment(db, kind, SegmentDetails(**{**parts, **overrides}), owner=owner, actor=SYSTEM)
    db.flush()
    return segment
