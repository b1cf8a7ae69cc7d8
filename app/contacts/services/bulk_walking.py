"""The job that walks through a bulk action's contacts by key, and back again when it is undone.

Whom it is about is asked of the database for many at once, without holding anything; each part of those is then one
short transaction: it sees that the action still stands where it was when asking, does the deed, and moves it on.
Whoever is killed in between leaves whole parts behind, and the next job goes on from there; two at once do nothing
twice.
"""

from time import monotonic, sleep

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.access import EDIT_CONTACTS
from app.contacts.models import BulkAction, BulkChange, BulkStatus
from app.contacts.queries import bulk as queries
from app.contacts.queries.narrowing import still_wanted
from app.contacts.queries.readers_criteria import criteria_of
from app.contacts.services.bulk_deeds import Part, do, undo
from app.kernel import audit
from app.kernel.clock import now
from app.kernel.criteria import Criteria, CriteriaSources
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import LEASE, Closing, Work, enqueue, job

ASKED_AT_ONCE = 50_000
"""Contacts whose keys are asked for together: a question about giving takes a second, however few it answers."""
AT_ONCE = 5_000
"""Contacts of one transaction, in which nobody else writes on SQLite: a fifth of a second."""
LONGEST_REST = 0.2
LONGEST = 20.0
"""Seconds after which a job leaves the rest to the next one; its lease is much longer."""


@job(queries.JOB, lease=LEASE)
def walk(work: Work, *, action_id: int) -> Closing | None:
    """Go on with an action until it is done, undone or stopped; after a while the next job goes on with it."""
    until = monotonic() + LONGEST
    while _asked_once(work, action_id, until):
        if monotonic() > until:
            return lambda db: go_on_later(db, action_id)
    return None


def go_on_later(db: Session, action_id: int) -> None:
    """Have a job go on with an action."""
    enqueue(db, walk, action_id=action_id)


def _asked_once(work: Work, action_id: int, until: float) -> bool:
    """Look who is next and work through them, for a while; whether there is more to do."""
    with work.database.reading() as db:
        action = db.get(BulkAction, action_id)
        if action is None or not action.is_under_way:
            return False
        is_back, reached = action.status is BulkStatus.UNDOING, action.reached_id
        try:
            keys = _changed(db, action) if is_back else _next(work, db, action)
            total = queries.count_wanted(db, action, _criteria(work, db, action)) if _is_new(action) else None
        except Refused:
            return _stop(work, action_id)
    if total is not None and not _begin(work, action_id, total):
        return False
    for start in range(0, len(keys), AT_ONCE):
        part, began = keys[start : start + AT_ONCE], monotonic()
        went_on = _back(work, action_id, part) if is_back else _on(work, action_id, part, reached)
        if not went_on:
            return False
        reached = part[-1]
        _rest(work, monotonic() - began)
        if monotonic() > until:
            return True
    return len(keys) == ASKED_AT_ONCE or _end(work, action_id, reached, is_back=is_back)


def _rest(work: Work, took: float) -> None:
    """Let others write: on SQLite they try again every so often, and would hardly ever find the moment between."""
    if work.database.engine.dialect.name == "sqlite":
        sleep(min(took / 3, LONGEST_REST))


def _is_new(action: BulkAction) -> bool:
    return action.status is BulkStatus.WAITING


def _next(work: Work, db: Session, action: BulkAction) -> list[int]:
    return queries.next_keys(db, action, _criteria(work, db, action), ASKED_AT_ONCE)


def _criteria(work: Work, db: Session, action: BulkAction) -> Criteria:
    """What its asker may search by now.

    Raises:
        Refused: they may not change contacts any more.

    """
    asker = action.asked_by.as_actor()
    if not action.asked_by.is_active or not asker.may(EDIT_CONTACTS):
        raise Refused(_l("Whoever asked for this may not change contacts any more."))
    return criteria_of(db, work.ports.get(CriteriaSources), asker)


def _changed(db: Session, action: BulkAction) -> list[int]:
    mine = select(BulkChange.contact_id).where(BulkChange.action_id == action.id)
    return list(db.scalars(mine.order_by(BulkChange.contact_id).limit(ASKED_AT_ONCE)))


def _begin(work: Work, action_id: int, total: int) -> bool:
    with work.database.writing() as db:
        action = _held(db, action_id)
        if action.status is not BulkStatus.WAITING:
            return action.status is BulkStatus.RUNNING
        action.become(BulkStatus.RUNNING)
        action.total = max(total, action.done)
    return True


def _on(work: Work, action_id: int, keys: list[int], reached: int) -> bool:
    """One part forward; false when the action has been stopped, or somebody else went on with it.

    Whoever may be contacted no more since they were asked for is passed over.
    """
    try:
        with work.database.writing() as db:
            action = _held(db, action_id)
            if action.status is not BulkStatus.RUNNING or action.reached_id != reached:
                return False
            left = still_wanted(db, keys, action.wish)
            changed = do(Part(db, action, left, now()))
            action.done += len(left)
            action.total = max(action.total, action.done)
            action.changed += changed
            action.reached_id = keys[-1]
            told = {"deed": action.deed, "looked_at": len(left), "changed": changed}
            audit.note(db, action.asked_by.as_actor(), "bulk.part_done", action, **told)
    except Refused:
        return _stop(work, action_id)
    return True


def _back(work: Work, action_id: int, keys: list[int]) -> bool:
    """One part back; what another job has undone meanwhile is passed over."""
    with work.database.writing() as db:
        action = _held(db, action_id)
        if action.status is not BulkStatus.UNDOING:
            return False
        mine = (BulkChange.action_id == action.id, BulkChange.contact_id.in_(keys))
        left = list(db.scalars(select(BulkChange.contact_id).where(*mine).order_by(BulkChange.contact_id)))
        if left:
            put_back = undo(Part(db, action, left, now()))
            action.walked_back += len(left)
            action.put_back += put_back
            told = {"deed": action.deed, "looked_at": len(left), "put_back": put_back}
            audit.note(db, action.asked_by.as_actor(), "bulk.part_undone", action, **told)
    return True


def _end(work: Work, action_id: int, reached: int, *, is_back: bool) -> bool:
    with work.database.writing() as db:
        action = _held(db, action_id)
        if is_back and action.status is BulkStatus.UNDOING:
            action.become(BulkStatus.UNDONE, now())
        elif not is_back and action.status is BulkStatus.RUNNING and action.reached_id == reached:
            action.total, action.reached_id = action.done, action.last_id
            action.become(BulkStatus.DONE, now())
    return False


def _stop(work: Work, action_id: int) -> bool:
    """It cannot go on: its page says why, and whoever asked for it can undo what was done."""
    with work.database.writing() as db:
        action = _held(db, action_id)
        if action.may_become(BulkStatus.STOPPED):
            action.become(BulkStatus.STOPPED)
    return False


def _held(db: Session, action_id: int) -> BulkAction:
    action = queries.action_to_change(db, action_id)
    if action is None:
        raise LookupError(action_id)
    audit.act_as(db, action.asked_by.as_actor())
    return action
