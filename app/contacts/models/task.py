"""A task: something still to do, by somebody of us, by a day."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.contacts.models.contact import Contact
from app.kernel.db import Key, Record
from app.kernel.states import move


class TaskStatus(StrEnum):
    """Whether it is still to do."""

    OPEN = "open"
    DONE = "done"


MOVES = {
    TaskStatus.OPEN: frozenset({TaskStatus.DONE}),
    TaskStatus.DONE: frozenset({TaskStatus.OPEN}),
}


class Task(Record):
    """Something to do by the end of the day `due_on`, perhaps about a contact. `done_by` is who ticked it."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("subject <> ''", name="has_a_subject"),
        CheckConstraint("due_on BETWEEN '1900-01-01' AND '2200-12-31'", name="is_due_in_our_time"),
        CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name="done_has_an_instant"),
        CheckConstraint("(done_at IS NULL) = (done_by_id IS NULL)", name="done_is_somebodys_deed"),
        CheckConstraint("version > 0", name="version_is_positive"),
        Index("ix_task_owner", "owner_id", "status", "due_on", "id"),
        Index("ix_task_due", "status", "due_on", "id"),
        Index("ix_task_done", "status", "done_at", "id"),
    )
    moves: ClassVar = MOVES

    subject: Mapped[str]
    due_on: Mapped[date]
    owner_id: Mapped[int] = mapped_column(Key, ForeignKey("staff_user.id"), init=False)
    owner: Mapped[StaffUser] = relationship(foreign_keys=[owner_id])
    contact_id: Mapped[int | None] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    contact: Mapped[Contact | None] = relationship(default=None)
    notes: Mapped[str] = mapped_column(default="")
    is_important: Mapped[bool] = mapped_column(default=False)
    status: Mapped[TaskStatus] = mapped_column(default=TaskStatus.OPEN, init=False)
    done_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    done_by_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("staff_user.id"), index=True, default=None, init=False
    )
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.status is TaskStatus.DONE

    def finish(self, at: datetime, by_id: int) -> None:
        """It is done."""
        self.status, self.done_at, self.done_by_id = move(self.moves, self.status, TaskStatus.DONE), at, by_id

    def reopen(self) -> None:
        """It is to do after all."""
        self.status, self.done_at, self.done_by_id = move(self.moves, self.status, TaskStatus.OPEN), None, None
