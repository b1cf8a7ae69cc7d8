"""A segment: a saved search of contacts (live), or a list of them kept by hand (fixed)."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.kernel.db import Key, Record


class SegmentKind(StrEnum):
    """Whether its contacts are those who answer its question at the moment, or those who were put on a list."""

    LIVE = "live"
    FIXED = "fixed"


class Segment(Record):
    """A saved search or a list. `question` is the JSON form of `app.kernel.conditions`; a fixed list has none: {}.

    The trail tells only that the question changed: what it asks of restricted fields is not for all who read the trail.
    `last_count` is how many contacts it had at `counted_at`, for lists of segments; its own page counts anew.
    """

    __tablename__ = "segment"
    __table_args__ = (
        CheckConstraint("name <> ''", name="has_a_name"),
        CheckConstraint("(last_count IS NULL) = (counted_at IS NULL)", name="counted_at_an_instant"),
        CheckConstraint("last_count >= 0", name="count_not_negative"),
        CheckConstraint("version > 0", name="version_is_positive"),
        Index("ix_segment_name", "name_key", "id"),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    kind: Mapped[SegmentKind]
    owner_id: Mapped[int] = mapped_column(Key, ForeignKey("staff_user.id"), index=True, init=False)
    owner: Mapped[StaffUser] = relationship()
    question: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info={"secret": True})
    description: Mapped[str] = mapped_column(default="")
    is_shared: Mapped[bool] = mapped_column(default=False)
    last_count: Mapped[int | None] = mapped_column(default=None, init=False)
    counted_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    archived_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    @property
    def is_live(self) -> bool:
        """Whether its contacts are those who answer its question at the moment."""
        return self.kind is SegmentKind.LIVE


class SegmentMember(Record):
    """A contact that somebody put into a segment, or (`is_in` false) took out of a live one, whatever its question."""

    __tablename__ = "segment_member"
    __audited__ = False  # thousands at once: the deed is noted with its figures
    __table_args__ = (UniqueConstraint("segment_id", "contact_id"), Index("ix_segment_member_contact_id", "contact_id"))

    segment_id: Mapped[int] = mapped_column(Key, ForeignKey("segment.id"))
    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    is_in: Mapped[bool] = mapped_column(default=True)
