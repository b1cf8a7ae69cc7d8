"""Whom a bulk action is about, and which actions there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import StaffUser
from app.contacts.models import BulkAction, BulkDeed, BulkStatus, Contact, Segment, SegmentKind, SegmentMember
from app.contacts.models.bulk import UNDER_WAY
from app.contacts.models.tag import Tag
from app.contacts.queries.narrowing import may_be_contacted
from app.contacts.queries.segments import seen_by
from app.kernel.actors import Actor
from app.kernel.clock import date_of
from app.kernel.conditions import read_question
from app.kernel.criteria import Criteria, asking
from app.kernel.jobs import Job, JobStatus

JOB = "contacts.bulk"
MOST_PARKED = 100
"""Parked jobs that are looked through."""


def next_keys(db: Session, action: BulkAction, criteria: Criteria, limit: int) -> list[int]:
    """The keys of the next contacts that an action is to look at, in order.

    Raises:
        Refused: its question asks for what there is not any more, or what its asker may not search by any more.

    """
    there = (Contact.id > action.reached_id, Contact.id <= action.last_id)
    keys = select(Contact.id).where(*there, *wanted(db, action, criteria)).order_by(Contact.id)
    return list(db.scalars(keys.limit(limit)))


def count_wanted(db: Session, action: BulkAction, criteria: Criteria) -> int:
    """How many contacts an action is about as things stand.

    Raises:
        Refused: as with `next_keys`.

    """
    whom = (Contact.id <= action.last_id, *wanted(db, action, criteria))
    return db.scalar(select(func.count(Contact.id)).where(*whom)) or 0


def wanted(db: Session, action: BulkAction, criteria: Criteria) -> list[ColumnElement[bool]]:
    """Whether a contact is in the segment by the question as it was asked for, seen from that day.

    Whoever is put in by hand later is not touched, and whoever is taken out before their turn is not either. Where it
    was asked for of who may be contacted, it is those of today.

    Raises:
        Refused: as with `next_keys`.

    """
    now = asking(db, Contact.id)
    asked = replace(now, day=date_of(action.created_at, now.organisation.time_zone))
    rows = select(SegmentMember.contact_id).where(SegmentMember.segment_id == action.segment_id)
    put_in = asked.among(rows.where(SegmentMember.is_in, SegmentMember.created_at <= action.created_at))
    alive = (Contact.archived_at.is_(None), may_be_contacted(db, action.wish))
    if not action.segment.is_live:
        return [*alive, put_in]
    found = criteria.compile(read_question(action.question), asked)
    return [*alive, or_(and_(found, not_(asked.among(rows.where(SegmentMember.is_in.is_(False))))), put_in)]


def action_to_change(db: Session, key: int) -> BulkAction | None:
    """An action as it is this instant, held until the transaction ends."""
    return db.get(BulkAction, key, with_for_update=True, populate_existing=True)


def same_under_way(db: Session, deed: BulkDeed, segment: Segment, target_id: int | None, wish: str) -> bool:
    """Whether the very same is being done already; with another wish it is another."""
    same = (BulkAction.segment_id == segment.id, BulkAction.deed == deed, BulkAction.status.in_(UNDER_WAY))
    target = BulkAction.target_id.is_not_distinct_from(target_id)
    mine = select(BulkAction.id).where(*same, target, BulkAction.wish == wish)
    return db.scalar(mine.limit(1)) is not None


def actions_of(staff_user_id: int | None) -> Select[BulkAction]:
    """Somebody's actions (everybody's without), for a list sorted by `id`."""
    found = select(BulkAction).options(joinedload(BulkAction.asked_by), joinedload(BulkAction.segment))
    return found if staff_user_id is None else found.where(BulkAction.asked_by_id == staff_user_id)


def target_names(db: Session, actions: Collection[BulkAction], reader: Actor) -> Mapping[int, str]:
    """What each of some actions is about (a tag, a list, a person), by the actions' keys; at most three questions.

    A list that the reader may not see is called “…”.
    """
    names: dict[Any, tuple[BulkDeed, ...]] = {
        Tag: (BulkDeed.TAG, BulkDeed.UNTAG), Segment: (BulkDeed.LIST, BulkDeed.UNLIST), StaffUser: (BulkDeed.OWNER,),
    }  # fmt: skip
    found: dict[int, str] = {}
    for model, deeds in names.items():
        about = {each.id: each.target_id for each in actions if each.deed in deeds and each.target_id is not None}
        if about:
            wanted = select(model.id, model.name).where(model.id.in_(set(about.values())))
            wanted = wanted.where(seen_by(reader.id)) if model is Segment else wanted
            known = {row[0]: row[1] for row in db.execute(wanted)}
            found |= {key: known.get(target, "…") for key, target in about.items()}
    return found


def lists_to_fill(db: Session, staff_user_id: int | None, *, with_shared: bool) -> Sequence[Segment]:
    """The lists that somebody may put contacts on: their own, and shared ones for who may change those."""
    theirs = Segment.owner_id == staff_user_id
    ours = or_(theirs, Segment.is_shared) if with_shared else theirs
    here = (Segment.kind == SegmentKind.FIXED, Segment.archived_at.is_(None), ours)
    return db.scalars(select(Segment).where(*here).order_by(Segment.name_key, Segment.id)).all()


def count_stuck(db: Session) -> int:
    """How many actions do not go on because their job was given up."""
    parked = select(Job.ids).where(Job.kind == JOB, Job.status == JobStatus.PARKED)
    keys = [ids.get("action_id") for ids in db.scalars(parked.limit(MOST_PARKED))]
    if not keys:
        return 0
    waiting = (BulkAction.id.in_(keys), BulkAction.status.in_({*UNDER_WAY, BulkStatus.STOPPED}))
    return db.scalar(select(func.count(BulkAction.id)).where(*waiting)) or 0
