"""What the staff of the invented charity did with its contacts lately, and what is still to do."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact, Direction, InteractionKind
from app.contacts.services.interactions import InteractionDetails, record_interaction
from app.contacts.services.tasks import TaskDetails, complete_task, record_task
from app.kernel.actors import SYSTEM
from app.kernel.clock import now

CALL, MEETING, LETTER = InteractionKind.CALL, InteractionKind.MEETING, InteractionKind.LETTER
DONE = (
    (0, CALL, Direction.INCOMING, "Asked how the schools are doing", "Will send photographs of the new roof.", 12),
    (3, LETTER, Direction.OUTGOING, "Thanked by hand for the winter gift", "", 20),
    (5, InteractionKind.VISIT, None, "Came to see the sewing workshop", "Wants to bring a colleague next time.", 33),
    (112, MEETING, None, "Talked over next year’s support", "They can give more if the report comes by March.", 8),
)
TO_DO = (
    (0, "Send the photographs of the school", -2, True, "admin"),
    (112, "Send the yearly report", 0, True, "admin"),
    (7, "Call back about the standing order", 0, False, "admin"),
    (9, "Ask for the new address", 1, False, "fundraiser"),
    (None, "Book the hall for the autumn concert", 12, False, "admin"),
    (13, "Invite to the concert", 25, False, "admin"),
)
"""(contact, subject, days from today, important, whose)"""


def remember_and_plan(db: Session, contacts: Sequence[Contact], today: date) -> None:
    """Interactions of the last weeks, tasks of the next, and one that is done."""
    db.flush()
    staff = {user.email.partition("@")[0]: user for user in db.scalars(select(StaffUser))}
    for place, kind, direction, subject, notes, days in DONE:
        told = InteractionDetails(
            kind=kind, direction=direction, happened_at=now() - timedelta(days=days), subject=subject, notes=notes,
            staff_user=staff["fundraiser"],
        )  # fmt: skip
        record_interaction(db, contacts[place], told, actor=SYSTEM)
    for about, subject, days, is_important, whose in TO_DO:
        details = TaskDetails(
            subject=subject, due_on=today + timedelta(days=days), owner=staff[whose], is_important=is_important
        )
        record_task(db, contacts[about] if about is not None else None, details, actor=SYSTEM)
    done = TaskDetails(subject="Thank for the winter gift", due_on=today - timedelta(days=1), owner=staff["admin"])
    complete_task(db, record_task(db, contacts[3], done, actor=SYSTEM), actor=SYSTEM)
