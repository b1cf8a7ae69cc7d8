"""News of a segment by mail: who is sent how many contacts it has, and how often."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.contacts.models.segment import Segment
from app.kernel.db import Key, Record


class Rhythm(StrEnum):
    """How often news of a segment is sent."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class SegmentSubscription(Record):
    """Somebody who is sent how a segment stands, every so often; `next_on` is the day of the next letter.

    `told_count` is how many contacts there were when the last letter was sent.
    """

    __tablename__ = "segment_subscription"
    __table_args__ = (
        UniqueConstraint("segment_id", "staff_user_id"),
        Index("ix_segment_subscription_next_on", "next_on", "staff_user_id"),
        CheckConstraint("told_count >= 0", name="told_count_not_negative"),
    )

    segment_id: Mapped[int] = mapped_column(Key, ForeignKey("segment.id"), init=False)
    segment: Mapped[Segment] = relationship()
    staff_user_id: Mapped[int] = mapped_column(Key, ForeignKey("staff_user.id"), index=True, init=False)
    staff_user: Mapped[StaffUser] = relationship()
    every: Mapped[Rhythm]
    next_on: Mapped[date]
    told_count: Mapped[int | None] = mapped_column(default=None)

    def tell_again_after(self, day: date, count: int | None) -> None:
        """A letter of `day` told this count (None where it could not be counted): the next one follows the rhythm."""
        self.told_count = count if count is not None else self.told_count
        self.next_on = following(self.every, day)


def following(every: Rhythm, day: date) -> date:
    """The day after which as much time has passed; the last of the month where the next one is shorter."""
    if every is not Rhythm.MONTH:
        return day + timedelta(days=1 if every is Rhythm.DAY else 7)
    year, month = divmod(day.year * 12 + day.month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
