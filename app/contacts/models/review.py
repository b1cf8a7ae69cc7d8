"""What a public form said differently from what we had: kept beside the contact until a person decides."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models.contact import Contact
from app.kernel.db import Key, Record
from app.kernel.states import move


class ReviewField(StrEnum):
    """What differs."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    DECEASED = "deceased"


class ReviewStatus(StrEnum):
    """What became of it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


MOVES = {ReviewStatus.OPEN: frozenset({ReviewStatus.ACCEPTED, ReviewStatus.DISMISSED})}


class ContactReview(Record):
    """One difference. `proposed` holds the fields as typed ({"street": …, "city": …} or {"value": …}).

    `value_key` is the folded value: the same difference waits only once, however often it comes.
    """

    __tablename__ = "contact_review"
    __table_args__ = (
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided_has_an_instant"),
        Index("ix_contact_review_open", "status", "id"),
        Index(
            "uq_contact_review_open_value",
            "contact_id",
            "field",
            "value_key",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )
    moves: ClassVar = MOVES

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    field: Mapped[ReviewField]
    value_key: Mapped[str]
    proposed: Mapped[dict[str, Any]]
    source: Mapped[str]
    status: Mapped[ReviewStatus] = mapped_column(default=ReviewStatus.OPEN, init=False)
    decided_at: Mapped[datetime | None] = mapped_column(default=None, init=False)

    contact: Mapped[Contact] = relationship()

    def decide(self, to: ReviewStatus, at: datetime) -> None:
        """Accept or dismiss it, once."""
        self.status, self.decided_at = move(self.moves, self.status, to), at
