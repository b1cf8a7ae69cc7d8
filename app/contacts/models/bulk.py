"""A bulk action: one deed done to every contact of a segment by a job, a part at a time, stoppable and undoable."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.contacts.models.segment import Segment
from app.kernel.db import Key, Record
from app.kernel.states import move


class BulkDeed(StrEnum):
    """What is done to each contact."""

    TAG = "tag"
    UNTAG = "untag"
    LIST = "list"
    UNLIST = "unlist"
    OWNER = "owner"
    ARCHIVE = "archive"


class BulkStatus(StrEnum):
    """Where it is. An action that is being undone walks back over what it changed."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


MOVES = {
    BulkStatus.WAITING: frozenset({BulkStatus.RUNNING, BulkStatus.STOPPED}),
    BulkStatus.RUNNING: frozenset({BulkStatus.DONE, BulkStatus.STOPPED}),
    BulkStatus.STOPPED: frozenset({BulkStatus.RUNNING, BulkStatus.UNDOING}),
    BulkStatus.DONE: frozenset({BulkStatus.UNDOING}),
    BulkStatus.UNDOING: frozenset({BulkStatus.UNDONE}),
    BulkStatus.UNDONE: frozenset[BulkStatus](),
}
UNDER_WAY = frozenset({BulkStatus.WAITING, BulkStatus.RUNNING, BulkStatus.UNDOING})


class BulkAction(Record):
    """One deed for many. `question` is the segment's own as it stood when it was asked for, and never changes.

    `wish` narrows it to who may be contacted, as `queries.narrowing` says; "" is everybody.
    `target_id` is the tag, the list or the staff user (None for nobody) that the deed is about. Contacts are walked by
    key up to `last_id`, the largest one when it was asked for; `reached_id` is how far it came, `done` how many were
    looked at, `changed` how many of those were not so before. On the way back `walked_back` of the changed ones were
    looked at, and `put_back` of those were as they had been left.
    """

    __tablename__ = "bulk_action"
    __audited__: ClassVar[bool] = False  # its counters rise with every part: the deeds are noted with their figures
    __table_args__ = (
        CheckConstraint("reached_id <= last_id", name="reached_no_further_than_the_last"),
        CheckConstraint("done BETWEEN 0 AND total", name="no_more_done_than_there_are"),
        CheckConstraint("changed BETWEEN 0 AND done", name="no_more_changed_than_done"),
        CheckConstraint("walked_back BETWEEN 0 AND changed", name="no_more_walked_back_than_changed"),
        CheckConstraint("put_back BETWEEN 0 AND walked_back", name="no_more_put_back_than_walked_back"),
        CheckConstraint("(ended_at IS NOT NULL) = (status IN ('done', 'undone'))", name="ended_at_an_instant"),
        CheckConstraint("target_id IS NOT NULL OR deed IN ('owner', 'archive')", name="is_about_something"),
        Index("ix_bulk_action_asked_by", "asked_by_id", "id"),
        Index("ix_bulk_action_status", "status", "id"),
    )

    deed: Mapped[BulkDeed]
    asked_by_id: Mapped[int] = mapped_column(Key, ForeignKey("staff_user.id"), init=False)
    asked_by: Mapped[StaffUser] = relationship()
    segment_id: Mapped[int] = mapped_column(Key, ForeignKey("segment.id"), index=True, init=False)
    segment: Mapped[Segment] = relationship()
    question: Mapped[dict[str, Any]] = mapped_column(info={"secret": True})
    last_id: Mapped[int] = mapped_column(Key)
    target_id: Mapped[int | None] = mapped_column(Key, default=None)
    wish: Mapped[str] = mapped_column(default="", server_default="")
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0, init=False)
    changed: Mapped[int] = mapped_column(default=0, init=False)
    walked_back: Mapped[int] = mapped_column(default=0, init=False)
    put_back: Mapped[int] = mapped_column(default=0, init=False)
    reached_id: Mapped[int] = mapped_column(Key, default=0, init=False)
    status: Mapped[BulkStatus] = mapped_column(default=BulkStatus.WAITING, init=False)
    ended_at: Mapped[datetime | None] = mapped_column(default=None, init=False)

    def become(self, status: BulkStatus, at: datetime | None = None) -> None:
        """Go on to another state; `at` is the instant at which it ended, if it did.

        Raises:
            BadMove: an action does not go from where it is to there.

        """
        self.status, self.ended_at = move(MOVES, self.status, status), at

    def may_become(self, status: BulkStatus) -> bool:
        """Whether it goes there from where it is."""
        return status in MOVES[self.status]

    @property
    def is_under_way(self) -> bool:
        """Whether a job is at it, or about to be."""
        return self.status in UNDER_WAY


class BulkChange(Record):
    """A contact that a bulk action really changed, and what undoing it needs.

    `before` is the staff user who looked after the contact, or who had put the tag on. `created_at` is the very instant
    that the changed row bears as well, by which it is known again.
    """

    __tablename__ = "bulk_change"
    __audited__: ClassVar[bool] = False
    __table_args__ = (UniqueConstraint("action_id", "contact_id"), Index("ix_bulk_change_contact_id", "contact_id"))

    action_id: Mapped[int] = mapped_column(Key, ForeignKey("bulk_action.id"))
    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    before: Mapped[int | None] = mapped_column(Key, default=None)
