"""The searches and the list that the staff of the invented charity keep."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import BulkAction, BulkDeed, Contact, Segment, SegmentKind
from app.contacts.services.bulk_walking import go_on_later
from app.contacts.services.segments import SegmentDetails, put_in, record_segment
from app.kernel.actors import SYSTEM, Actor
from app.kernel.conditions import Condition, Group, Match, Op, Period

LAST_YEAR, THIS_YEAR = Period(fiscal_year=-1), Period(fiscal_year=0)
SEARCHES = (
    (
        "Gave last year, not yet this year", "For the letter of December.",
        Group(parts=(
            Condition("giving.count", Op.AT_LEAST, (1,), LAST_YEAR),
            Condition("giving.count", Op.EQUALS, (0,), THIS_YEAR),
        )),
    ),
    (
        "Île-de-France, 100 € and more", "Whom to invite to the autumn concert.",
        Group(parts=(
            Condition("giving.sum", Op.AT_LEAST, (10_000,)),
            Group(Match.ANY, tuple(
                Condition("address.postcode", Op.BEGINS, (department,)) for department in ("75", "92", "93", "94")
            )),
        )),
    ),
)  # fmt: skip


def keep_segments(db: Session, contacts: Sequence[Contact]) -> None:
    """Two searches that everybody may use, and a list of the fundraiser's own."""
    db.flush()
    staff = {user.email.partition("@")[0]: user for user in db.scalars(select(StaffUser))}
    for name, description, question in SEARCHES:
        told = SegmentDetails(name=name, description=description, is_shared=True, question=question)
        record_segment(db, SegmentKind.LIVE, told, owner=staff["fundraiser"], actor=SYSTEM)
    told = SegmentDetails(
        name="Dinner of the patrons", description="Whom the president asked for by name.", is_shared=True
    )
    dinner = record_segment(db, SegmentKind.FIXED, told, owner=staff["admin"], actor=SYSTEM)
    db.flush()
    host: Actor = staff["admin"].as_actor()
    put_in(db, dinner, [contact.id for contact in contacts[:6]], actor=host)
    _hand_over(db, dinner, staff["fundraiser"])


def _hand_over(db: Session, guests: Segment, fundraiser: StaffUser) -> None:
    """The guests are given to the fundraiser to look after; a job does it as soon as there is a worker."""
    last_id = db.scalar(select(func.max(Contact.id))) or 0
    action = BulkAction(
        deed=BulkDeed.OWNER, asked_by=fundraiser, segment=guests, question={}, last_id=last_id, target_id=fundraiser.id
    )
    db.add(action)
    db.flush()
    go_on_later(db, action.id)
