"""A run of yearly receipts: a job that walks through the donors of a year, a part at a time, and can be stopped."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.kernel.db import Key, Record
from app.kernel.states import move


class RunStatus(StrEnum):
    """Where it is. What a stopped run has not reached is left to the next one of that year."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


MOVES = {RunStatus.RUNNING: frozenset({RunStatus.STOPPED, RunStatus.DONE})}
_UNDER_WAY: dict[str, Any] = {
    f"{dialect}_where": text("status = 'running'") for dialect in ("sqlite", "postgresql")
}  # one of a year at a time


class ReceiptRun(Record):
    """The receipts of a calendar year, issued to every donor who has them once a year.

    Donors are walked by key; `reached_id` is how far it came, `done` of `total` how many were looked at. `issued`
    counts receipts, `left_out` those that something missing held back. `asked_by` is None where a command began it.
    """

    __tablename__ = "receipt_run"
    __audited__: ClassVar[bool] = False  # its counters rise with every part: the deeds are noted with their figures
    __table_args__ = (
        CheckConstraint("year BETWEEN 1900 AND 2999", name="year_is_a_year"),
        CheckConstraint("done BETWEEN 0 AND total", name="no_more_done_than_there_are"),
        CheckConstraint("issued >= 0 AND left_out >= 0", name="counts_not_negative"),
        CheckConstraint("(ended_at IS NULL) = (status = 'running')", name="ended_at_an_instant"),
        Index("uq_receipt_run_under_way", "year", unique=True, **_UNDER_WAY),
        Index("ix_receipt_run_year", "year", "id"),
    )

    year: Mapped[int]
    asked_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("staff_user.id"), index=True)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0, init=False)
    issued: Mapped[int] = mapped_column(default=0, init=False)
    left_out: Mapped[int] = mapped_column(default=0, init=False)
    reached_id: Mapped[int] = mapped_column(Key, default=0, init=False)
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.RUNNING, init=False)
    ended_at: Mapped[datetime | None] = mapped_column(default=None, init=False)

    asked_by: Mapped[StaffUser | None] = relationship(init=False)

    @property
    def is_under_way(self) -> bool:
        """Whether a job is at it, or about to be."""
        return self.status is RunStatus.RUNNING

    def went_on(self, reached_id: int, *, donors: int, issued: int, left_out: int) -> None:
        """Another part is done, up to that donor."""
        self.reached_id = reached_id
        self.done += donors
        self.total = max(self.total, self.done)
        self.issued += issued
        self.left_out += left_out

    def end(self, at: datetime, *, is_stopped: bool = False) -> None:
        """Nothing is left to do, or it shall go no further.

        Raises:
            Refused: it has ended already.

        """
        to = RunStatus.STOPPED if is_stopped else RunStatus.DONE
        self.status, self.ended_at = move(MOVES, self.status, to), at
