"""What staff write down about a dispute: evidence they found, and that they answered it."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record

LONGEST_NOTE = 4000


class DisputeNote(Record):
    """A dated note. One that `says_answered` means that somebody has sent our answer at the gateway.

    `token` is the key of the page it was written on and a digest of what was typed: two clicks write one note.
    """

    __tablename__ = "dispute_note"
    __table_args__ = (
        CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST_NOTE}", name="text_says_something"),
        CheckConstraint("written_by <> ''", name="somebody_wrote_it"),
        Index("uq_dispute_note_token", "token", unique=True),
    )

    dispute_id: Mapped[int] = mapped_column(Key, ForeignKey("dispute.id"), index=True)
    text: Mapped[str]
    written_by: Mapped[str]
    says_answered: Mapped[bool] = mapped_column(default=False)
    token: Mapped[str | None] = mapped_column(default=None, info={"secret": True})
