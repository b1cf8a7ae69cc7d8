"""What may be asked about tasks and interactions."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.accounts.models import StaffUser
from app.contacts.access import READ_CONTACTS
from app.contacts.models import Contact, Interaction, Task, TaskStatus

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


def count_due(db: Session, owner_id: int, by: date) -> int:
    """How many tasks somebody has to do by the end of a day, overdue ones included."""
    mine = (Task.owner_id == owner_id, Task.status == TaskStatus.OPEN, Task.due_on <= by)
    return db.scalar(select(func.count(Task.id)).where(*mine)) or 0


def count_left_behind(db: Session) -> int:
    """How many tasks are still to do of people who may no longer sign in."""
    query = select(func.count(Task.id)).where(Task.status == TaskStatus.OPEN, _owner_is_gone())
    return db.scalar(query) or 0


def tasks_about(db: Session, contact_id: int, owner_id: int | None, limit: int) -> Sequence[Task]:
    """What is still to do about a contact (by one owner), the soonest first."""
    about = open_tasks(owner_id).where(Task.contact_id == contact_id)
    return db.scalars(about.order_by(Task.due_on, Task.id).limit(limit)).all()


def done_about(db: Session, contact_id: int, owner_id: int | None, limit: int) -> Sequence[Task]:
    """What was done about a contact (by one owner), the newest first."""
    about = done_tasks(owner_id).where(Task.contact_id == contact_id)
    return db.scalars(about.order_by(Task.done_at.desc(), Task.id.desc()).limit(limit)).all()


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
    active = db.scalars(select(StaffUser).where(StaffUser.is_active).order_by(StaffUser.name, StaffUser.id))
    return [user for user in active if READ_CONTACTS.name in user.capabilities]


def owners_with_due(db: Session, day: date) -> Sequence[int]:
    """The keys of whoever has something to do by the end of a day, may sign in and wants to be reminded."""
    due = (Task.status == TaskStatus.OPEN, Task.due_on <= day)
    theirs = select(Task.owner_id).where(*due).join(Task.owner).where(StaffUser.is_active, StaffUser.gets_reminders)
    return db.scalars(theirs.distinct().order_by(Task.owner_id)).all()


def _owner_is_gone() -> ColumnElement[bool]:
    return Task.owner_id.in_(select(StaffUser.id).where(StaffUser.is_active.is_(False)))
