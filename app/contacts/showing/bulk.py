"""What the pages of bulk actions show: what can be chosen, how many it touches, how far it is and why it stopped."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.access import SET_UP_CONTACTS
from app.contacts.forms.bulk import NOBODY
from app.contacts.models import BulkAction, BulkDeed, BulkStatus, Contact, Segment
from app.contacts.queries import bulk as queries
from app.contacts.queries.narrowing import narrowed
from app.contacts.queries.segments import contacts_in, count_of
from app.contacts.queries.tags import offered_tags
from app.contacts.queries.tasks import who_may_own
from app.contacts.services.bulk import sees_all
from app.contacts.services.bulk_deeds import refuse_target
from app.contacts.services.segments import may_change
from app.contacts.showing.narrowing import wishes_in_words
from app.contacts.showing.segments import readers_criteria
from app.contacts.wording.bulk import COLOURS, DEEDS, STATES, title_of
from app.kernel.conditions import Condition, Group, Op, Period
from app.kernel.criteria import Criteria, asking
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import ngettext
from app.kernel.jobs import Job, JobStatus
from app.web.auth import current_actor
from app.web.feature import Concern
from app.web.records import get_or_404

GAVE_LATELY = Condition("giving.count", Op.AT_LEAST, (1,), Period(days=365))


def seen_segment(key: int) -> Segment:
    """A segment that the reader may see.

    Raises:
        NotFound: there is none, or it is somebody else's and not shared.

    """
    segment = get_or_404(Segment, key)
    if not _may_see(segment):
        raise NotFound
    return segment


def choices(db: Session, deed: BulkDeed) -> list[tuple[str, str]]:
    """The tags, lists or people that a deed can be about, (key, name)."""
    if deed in {BulkDeed.TAG, BulkDeed.UNTAG}:
        return [(str(tag.id), tag.name) for tag in offered_tags(db)]
    if deed in {BulkDeed.LIST, BulkDeed.UNLIST}:
        actor = current_actor()
        lists = queries.lists_to_fill(db, actor.id, with_shared=actor.may(SET_UP_CONTACTS))
        return [(str(each.id), each.name) for each in lists]
    if deed is BulkDeed.OWNER:
        return [*((str(each.id), each.name) for each in who_may_own(db)), (NOBODY, _("Nobody"))]
    return []


def how_many(db: Session, segment: Segment, criteria: Criteria, wish: str) -> int:
    """How many contacts a segment has now who may be contacted as wished.

    Raises:
        Refused: its question cannot be asked any more, or people are not asked about what is wished.

    """
    return count_of(db, narrowed(db, contacts_in(db, segment, criteria), wish))


def gave_lately(db: Session, segment: Segment, criteria: Criteria, wish: str) -> int | None:
    """How many of them gave in the last year; None for whoever may not search by gifts."""
    if criteria.get(GAVE_LATELY.field) is None:
        return None
    gave = criteria.compile(Group(parts=(GAVE_LATELY,)), asking(db, Contact.id))
    return count_of(db, narrowed(db, contacts_in(db, segment, criteria).where(gave), wish))


def titles(db: Session, actions: Sequence[BulkAction]) -> dict[int, str]:
    """What each action does, by key."""
    names = queries.target_names(db, actions, current_actor())
    return {each.id: title_of(each.deed, names.get(each.id, "")) for each in actions}


def wishes(db: Session, actions: Sequence[BulkAction]) -> Mapping[str, str]:
    """Who of their segments actions were narrowed to, in words, by their wishes."""
    return wishes_in_words(db, {each.wish for each in actions})


def trouble(db: Session, action: BulkAction) -> str:
    """Why a stopped action cannot go on; "" when it can."""
    if action.status is not BulkStatus.STOPPED:
        return ""
    try:
        refuse_target(db, action.deed, action.target_id)
        queries.wanted(db, action, readers_criteria(db))
    except Refused as refusal:
        return str(refusal.message)
    if not action.asked_by.is_active:
        return _("Whoever asked for this may not change contacts any more.")
    return ""


def is_stuck(db: Session, action: BulkAction) -> bool:
    """Whether it waits for a person: its job failed too often."""
    if not action.is_under_way:
        return False
    parked = select(Job.ids).where(Job.kind == queries.JOB, Job.status == JobStatus.PARKED)
    return any(ids.get("action_id") == action.id for ids in db.scalars(parked.limit(queries.MOST_PARKED)))


def whose() -> int | None:
    """Whose actions the reader sees: their own, or everybody's (None)."""
    actor = current_actor()
    return None if sees_all(actor) else actor.id or 0


def stuck_in_words(count: int) -> str:
    """A line of what needs a person."""
    return ngettext(
        "%(num)s bulk action does not go on by itself", "%(num)s bulk actions do not go on by themselves", count
    )


def actions_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The deeds that jobs are about, without anybody's name."""
    found = db.scalars(select(BulkAction).where(BulkAction.id.in_(keys)))
    return {each.id: Concern(f"{DEEDS[each.deed]} ({STATES[each.status]})", f"/bulk/{each.id}") for each in found}


def words() -> dict[str, Any]:
    """The words that templates need."""
    return {"states": STATES, "colours": COLOURS, "deeds": DEEDS, "may_see": _may_see}


def _may_see(segment: Segment) -> bool:
    return segment.is_shared or may_change(segment, current_actor())


def reader(db: Session) -> StaffUser:
    """Whoever asks."""
    return db.get_one(StaffUser, current_actor().id)
