"""What may be asked about tasks and interactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.accounts.models import StaffUser
from app.contacts.access import READ_CONTACTS
from app.contacts.models import Contact, ContactReview, Interaction, ReviewStatus, Task, TaskStatus

BARE_STAFF = lazyload(StaffUser.roles)
BARE_CONTACT = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
NAMED = (
    joinedload(Task.owner).options(BARE_STAFF),
    joinedload(Task.contact).options(*BARE_CONTACT),
)
"""A task with whose it is and whom it is about, in the same question."""


def open_tasks(owner_id: int | None = None) -> Select[Task]:
    """Tasks still to do, of one owner or of everybody, for a list sorted by (`due_on`, `id`)."""
    query = select(Task).where(Task.status == TaskStatus.OPEN).options(*NAMED)
    return query if owner_id is None else query.where(Task.owner_id == owner_id)


def left_behind() -> Select[Task]:
    """Tasks still to do of people who may no longer sign in, for a list sorted by (`due_on`, `id`)."""
    return open_tasks().where(_owner_is_gone())


def done_tasks(owner_id: int | None = None) -> Select[Task]:
    """Tasks that are done, of one owner or of everybody, for a list sorted by (`done_at`, `id`)."""
    query = select(Task).where(Task.status == TaskStatus.DONE).options(*NAMED)
    return query if owner_id is None else query.where(Task.owner_id == owner_id)


def done_lately(db: Session, owner_id: int | None, since: datetime, limit: int) -> Sequence[Task]:
    """The tasks done last, the newest first."""
    lately = done_tasks(owner_id).where(Task.done_at >= since)
    return db.scalars(lately.order_by(Task.done_at.desc(), Task.id.desc()).limit(limit)).all()


def due_tasks(owner_id: int, day: date) -> Select[Task]:
    """What somebody has to do by the end of a day, overdue tasks included, by the day they are due."""
    return open_tasks(owner_id).where(Task.due_on <= day).order_by(Task.due_on, Task.id)


@dataclass(frozen=True)
class Waiting:
    """How many tasks wait (somebody’s by a day, the overdue ones, those of people who have left), and reviews."""

    due: int
    overdue: int
    left_behind: int
    reviews: int


def count_waiting(db: Session, owner_id: int, day: date) -> Waiting:
    """What waits for somebody on a day, and for nobody, in one question: every page asks it."""
    is_open = Task.status == TaskStatus.OPEN
    mine = select(func.count(Task.id)).where(is_open, Task.owner_id == owner_id)
    parts = (mine.where(Task.due_on <= day), mine.where(Task.due_on < day))
    left = select(func.count(Task.id)).where(is_open, _owner_is_gone())
    reviews = select(func.count(ContactReview.id)).where(ContactReview.status == ReviewStatus.OPEN)
    return Waiting(*db.execute(select(*(each.scalar_subquery() for each in (*parts, left, reviews)))).one())


def tasks_about(
    db: Session, contact_id: int, owner_id: int | None, *, most_open: int, most_done: int
) -> tuple[list[Task], list[Task]]:
    """What is still to do about a contact (by one owner), the soonest first; and what was done, the newest first.

    Both in one question.
    """
    mine = [Task.contact_id == contact_id, *([] if owner_id is None else [Task.owner_id == owner_id])]
    keys = select(Task.id).where(*mine)
    still = keys.where(Task.status == TaskStatus.OPEN).order_by(Task.due_on, Task.id).limit(most_open)
    done = keys.where(Task.status == TaskStatus.DONE).order_by(Task.done_at.desc(), Task.id.desc()).limit(most_done)
    either = or_(Task.id.in_(still.scalar_subquery()), Task.id.in_(done.scalar_subquery()))
    found = db.scalars(select(Task).where(either).options(*NAMED).order_by(Task.due_on, Task.id)).all()
    newest = sorted((task for task in found if task.done_at), key=lambda task: (task.done_at, task.id), reverse=True)
    return [task for task in found if not task.is_done], newest


def interactions_with(db: Session, contact_id: int, limit: int) -> Sequence[Interaction]:
    """The latest interactions with a contact, newest first."""
    query = select(Interaction).where(Interaction.contact_id == contact_id)
    named = joinedload(Interaction.staff_user).options(BARE_STAFF)
    newest = (Interaction.happened_at.desc(), Interaction.id.desc())
    return db.scalars(query.options(named).order_by(*newest).limit(limit)).all()


def task_to_change(db: Session, key: int) -> Task | None:
    """The task as it is this instant, held until the transaction ends, so that nobody changes it meanwhile."""
    return db.get(Task, key, with_for_update=True, populate_existing=True)


def interaction_to_change(db: Session, key: int) -> Interaction | None:
    """The interaction as it is this instant, held until the transaction ends."""
    return db.get(Interaction, key, with_for_update=True, populate_existing=True)


def who_may_own(db: Session) -> list[StaffUser]:
    """Everybody a task may be given to: who may sign in and see contacts, by name."""
    active = select(StaffUser).where(StaffUser.is_active).options(joinedload(StaffUser.roles))
    found = db.scalars(active.order_by(StaffUser.name, StaffUser.id)).unique()
    return [user for user in found if READ_CONTACTS.name in user.capabilities]


def owners_with_due(db: Session, day: date) -> Sequence[int]:
    """The keys of whoever has something to do by the end of a day, may sign in and wants to be reminded."""
    due = (Task.status == TaskStatus.OPEN, Task.due_on <= day)
    theirs = select(Task.owner_id).where(*due).join(Task.owner).where(StaffUser.is_active, StaffUser.gets_reminders)
    return db.scalars(theirs.distinct().order_by(Task.owner_id)).all()


def _owner_is_gone() -> ColumnElement[bool]:
    return Task.owner_id.in_(select(StaffUser.id).where(StaffUser.is_active.is_(False)))
