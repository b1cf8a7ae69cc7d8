"""Tasks: written down, changed, put off, done and taken up again. Whoever is second does nothing, and no harm."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.access import LEAD_TASKS, READ_CONTACTS
from app.contacts.models import Contact, Task
from app.contacts.rules.tasks import Snooze, put_off
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now, today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

YEARS = range(1900, 2201)


@dataclass(frozen=True, kw_only=True)
class TaskDetails:
    """A task as it is typed. `due_on` is a day of the organisation's; `owner` is who is to do it."""

    subject: str
    due_on: date
    owner: StaffUser
    notes: str = ""
    is_important: bool = False


def record_task(db: Session, contact: Contact | None, details: TaskDetails, *, actor: Actor) -> Task:
    """Write down something to do, about a contact or about nobody.

    Raises:
        Refused: it says nothing, its day cannot be meant, or it is for somebody who cannot do it.

    """
    _check(details, actor, None)
    task = Task(
        subject=details.subject, notes=details.notes, due_on=details.due_on, is_important=details.is_important,
        owner=details.owner, contact=contact,
    )  # fmt: skip
    db.add(task)
    audit.note(db, actor, "task.recorded", task)
    return task


def edit_task(db: Session, task: Task, details: TaskDetails, *, actor: Actor) -> Task:
    """Make the task as described. Its version rises if anything changes, so that whoever edits an older one is told.

    Raises:
        NotFound: it is somebody else's, and the actor has no say in others' tasks.
        Refused: it says nothing, its day cannot be meant, or it is for somebody who cannot do it.

    """
    refuse_strangers(task, actor)
    _check(details, actor, task)
    task.subject, task.notes, task.due_on = details.subject, details.notes, details.due_on
    task.is_important, task.owner = details.is_important, details.owner
    audit.note(db, actor, "task.edited", task)
    return task


def complete_task(db: Session, task: Task, *, actor: Actor) -> None:
    """Tick a task. One that is done already stays as it is: whose deed it was, and when.

    Raises:
        NotFound: it is somebody else's, and the actor has no say in others' tasks.

    """
    refuse_strangers(task, actor)
    if not task.is_done:
        task.finish(now(), actor.id or task.owner_id)
        audit.note(db, actor, "task.done", task)


def reopen_task(db: Session, task: Task, *, actor: Actor) -> None:
    """Take up again what was ticked; what is open stays as it is.

    Raises:
        NotFound: it is somebody else's, and the actor has no say in others' tasks.

    """
    refuse_strangers(task, actor)
    if task.is_done:
        task.reopen()
        audit.note(db, actor, "task.reopened", task)


def snooze_task(db: Session, task: Task, to: Snooze, *, actor: Actor) -> None:
    """Put a task off until tomorrow or next Monday, seen from today.

    Raises:
        NotFound: it is somebody else's, and the actor has no say in others' tasks.
        Refused: it is done.

    """
    refuse_strangers(task, actor)
    if task.is_done:
        raise Refused(_l("This task is done already."))
    task.due_on = put_off(to, today(the_organisation(db).time_zone))
    audit.note(db, actor, "task.snoozed", task)


def delete_task(db: Session, task: Task, *, actor: Actor) -> None:
    """Take a task away, as if it had never been to do; the audit trail keeps what it said.

    Raises:
        NotFound: it is somebody else's, and the actor has no say in others' tasks.

    """
    refuse_strangers(task, actor)
    audit.note(db, actor, "task.deleted", task)
    db.delete(task)


def refuse_strangers(task: Task, actor: Actor) -> None:
    """Others' tasks are for whoever leads them; nobody else may know of them.

    Raises:
        NotFound: it is somebody else's, and the actor has no say in others' tasks.

    """
    if task.owner_id != actor.id and not actor.may(LEAD_TASKS):
        raise NotFound


def _check(details: TaskDetails, actor: Actor, task: Task | None) -> None:
    if not details.subject:
        raise Refused(_l("Say what is to be done."), field="subject")
    if details.due_on.year not in YEARS:
        raise Refused(_l("Check the year of this date."), field="due_on")
    if task is not None and details.owner.id == task.owner_id:
        return  # it may stay with somebody who has left until a person decides
    if details.owner.id != actor.id and not actor.may(LEAD_TASKS):
        raise Refused(_l("You can write down tasks for yourself only."), field="owner")
    if not details.owner.is_active or READ_CONTACTS.name not in details.owner.capabilities:
        raise Refused(_l("This person cannot see contacts. Choose somebody else."), field="owner")
