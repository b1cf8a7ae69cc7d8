"""An interaction: a call, a meeting, a letter or the like that took place with a contact, and what was said."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.contacts.models.contact import Contact
from app.kernel.db import Key, Record


class InteractionKind(StrEnum):
    """What sort of interaction it was."""

    CALL = "call"
    MEETING = "meeting"
    LETTER = "letter"
    EMAIL = "email"
    VISIT = "visit"
    OTHER = "other"


class Direction(StrEnum):
    """Who began: they came to us, or we went to them."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


ONE_WAY = frozenset({InteractionKind.CALL, InteractionKind.LETTER, InteractionKind.EMAIL})
"""The kinds that somebody begins; whoever meets is there from both sides."""


class Interaction(Record):
    """One interaction with a contact. `happened_at` is the instant it took place; `staff_user` is who of us it was."""

    __tablename__ = "interaction"
    __table_args__ = (
        CheckConstraint("subject <> ''", name="has_a_subject"),
        CheckConstraint("direction IS NULL OR kind IN ('call', 'letter', 'email')", name="only_some_have_a_direction"),
        CheckConstraint("version > 0", name="version_is_positive"),
        Index("ix_interaction_contact", "contact_id", "happened_at", "id"),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), init=False)
    kind: Mapped[InteractionKind]
    happened_at: Mapped[datetime]
    subject: Mapped[str]
    staff_user_id: Mapped[int] = mapped_column(Key, ForeignKey("staff_user.id"), index=True, init=False)
    contact: Mapped[Contact] = relationship()
    staff_user: Mapped[StaffUser] = relationship()
    direction: Mapped[Direction | None] = mapped_column(default=None)
    notes: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way
