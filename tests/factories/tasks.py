"""Tasks and interactions as they come, for tests."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact, Interaction, InteractionKind, Task
from app.contacts.services.interactions import InteractionDetails, record_interaction
from app.contacts.services.tasks import TaskDetails, record_task
from app.kernel.actors import SYSTEM
from app.kernel.clock import now, today


def make_task(db: Session, owner: StaffUser, contact: Contact | None = None, **overrides: Any) -> Task:
    """A call to make today; `days` moves it, and every part of `TaskDetails` can be given."""
    due_on = today() + timedelta(days=overrides.pop("days", 0))
    parts: dict[str, Any] = {"subject": "Call about the school", "due_on": due_on, "owner": owner, **overrides}
    task = record_task(db, contact, TaskDetails(**parts), actor=SYSTEM)
    db.flush()
    return task


def make_interaction(db: Session, contact: Contact, staff_user: StaffUser, **overrides: Any) -> Interaction:
    """A meeting a moment ago; every part of `InteractionDetails` can be given."""
    parts: dict[str, Any] = {
        "kind": InteractionKind.MEETING, "happened_at": now() - timedelta(hours=1), "subject": "Tea at the office",
        "staff_user": staff_user, **overrides,
    }  # fmt: skip
    interaction = record_interaction(db, contact, InteractionDetails(**parts), actor=SYSTEM)
    db.flush()
    return interaction
