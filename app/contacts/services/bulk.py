"""Bulk actions: asked for, stopped, taken up again, undone. The walking itself is a job (`bulk_walking`)."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.access import EDIT_CONTACTS, LEAD_TASKS, SET_UP_CONTACTS
from app.contacts.models import BulkAction, BulkDeed, BulkStatus, Contact, Segment
from app.contacts.queries import bulk as queries
from app.contacts.queries.narrowing import EVERYBODY, facts_of, may_be_contacted
from app.contacts.queries.segments import is_in
from app.contacts.services.bulk_deeds import refuse_target
from app.contacts.services.bulk_walking import go_on_later
from app.contacts.services.segments import refuse_strangers
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.criteria import Criteria
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import lazy_gettext as _l


def ask_for(  # noqa: PLR0913 - whom, what, by what, by whom
    db: Session, deed: BulkDeed, segment: Segment, target_id: int | None, *, criteria: Criteria, asker: StaffUser,
    wish: str = EVERYBODY,
) -> BulkAction:  # fmt: skip
    """Have a deed done to every contact that a segment has by its question of now, by a job.

    `wish` narrows it to those of them who may be contacted when their turn comes (`queries.narrowing`). Contacts that
    are added to the database from here on are not touched.

    Raises:
        NotFound: the list that it is about is somebody else's.
        Refused: the question cannot be asked any more, people are not asked about what is wished, what it is about is
            put away, or it is being done already.

    """
    actor = asker.as_actor()
    is_in(db, segment, criteria)
    may_be_contacted(db, wish)
    refuse_target(db, deed, target_id)
    if deed in {BulkDeed.LIST, BulkDeed.UNLIST}:
        refuse_strangers(db.get_one(Segment, target_id), actor)
    if queries.same_under_way(db, deed, segment, target_id, wish):
        raise Refused(_l("This is being done already."))
    last_id = db.scalar(select(func.max(Contact.id))) or 0
    action = BulkAction(
        deed=deed, asked_by=asker, segment=segment, question=segment.question, last_id=last_id, target_id=target_id,
        wish=wish,
    )  # fmt: skip
    db.add(action)
    audit.note(db, actor, "bulk.asked_for", action, deed=deed, segment_id=segment.id, **facts_of(wish))
    go_on_later(db, action.id)
    return action


def stop(db: Session, action: BulkAction, *, actor: Actor) -> None:
    """Let it go no further than the part it is at. One that has ended meanwhile stays as it is."""
    if action.may_become(BulkStatus.STOPPED):
        action.become(BulkStatus.STOPPED)
        audit.note(db, actor, "bulk.stopped", action)


def go_on(db: Session, action: BulkAction, *, criteria: Criteria, actor: Actor) -> None:
    """Take up a stopped action where it was left.

    Raises:
        Refused: it is not stopped, or cannot go on.

    """
    if action.status is not BulkStatus.STOPPED:
        raise Refused(_l("This has not been stopped, or has been undone meanwhile."))
    refuse_target(db, action.deed, action.target_id)
    queries.wanted(db, action, criteria)
    total = queries.count_wanted(db, action, criteria) if not action.total else action.total
    action.become(BulkStatus.RUNNING)
    action.total = max(total, action.done)
    audit.note(db, actor, "bulk.taken_up_again", action)
    go_on_later(db, action.id)


def undo(db: Session, action: BulkAction, *, actor: Actor) -> None:
    """Put everything back that it changed and nobody has changed since, by a job.

    Raises:
        Refused: it is under way, or undone already.

    """
    if not action.may_become(BulkStatus.UNDOING):
        raise Refused(_l("Stop it first: what is under way, or undone already, cannot be undone."))
    action.become(BulkStatus.UNDOING)
    audit.note(db, actor, "bulk.undo_asked_for", action)
    go_on_later(db, action.id)


def may_see(action: BulkAction, actor: Actor) -> bool:
    """Whether it is theirs, or they look after the work of others or how contacts are described."""
    return action.asked_by_id == actor.id or sees_all(actor)


def sees_all(actor: Actor) -> bool:
    """Whether everybody's actions are theirs to see, to stop and to undo."""
    return actor.may(LEAD_TASKS) or actor.may(SET_UP_CONTACTS)


def refuse_others(action: BulkAction, actor: Actor) -> None:
    """See that the action is the actor's to stop and to undo.

    Raises:
        NotFound: it is not.

    """
    if not (may_see(action, actor) and actor.may(EDIT_CONTACTS)):
        raise NotFound
