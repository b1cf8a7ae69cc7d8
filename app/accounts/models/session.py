"""One sign-in of a staff user, from the moment they came in until it is ended or has run out."""

import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models.people import StaffUser
from app.kernel.db import Record


class SignInMethod(StrEnum):
    """How somebody proved who they are (the first of two factors, where there are two)."""

    PASSWORD = "password"  # noqa: S105 - a word, no secret
    PROVIDER = "provider"
    PASSKEY = "passkey"
    LINK = "link"


class EndReason(StrEnum):
    """Why a sign-in ended before its time."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    BY_OWNER = "by_owner"
    BY_ADMINISTRATOR = "by_administrator"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a word, no secret
    NEW_SECOND_FACTOR = "new_second_factor"
    SWITCHED_OFF = "switched_off"


class StaffSession(Record):
    """A sign-in. The cookie holds a key of which only the hash is stored: a copy of the table lets nobody in.

    `device` is "Firefox · Windows" or the like, the same in all languages; `confirmed_at` is when the person last
    proved who they are (ASVS 5, 7.5.3). Not audited field by field, since being seen is no change: beginnings and
    ends are noted by name.
    """

    __tablename__ = "staff_session"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_has_a_reason"),
        CheckConstraint("expires_at > started_at", name="expires_after_it_starts"),
        CheckConstraint("last_seen_at >= started_at", name="seen_after_it_starts"),
        CheckConstraint("confirmed_at >= started_at", name="confirmed_after_it_starts"),
        Index("ix_staff_session_staff_user_id", "staff_user_id", "ended_at"),
    )

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"), init=False)
    staff_user: Mapped[StaffUser] = relationship(lazy="joined", innerjoin=True)
    key_hash: Mapped[str] = mapped_column(unique=True, info={"secret": True})
    method: Mapped[SignInMethod]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    address: Mapped[str | None] = mapped_column(default=None)
    device: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[EndReason | None] = mapped_column(default=None)

    def cookie(self, key: str) -> str:
        """What the browser keeps: which sign-in, and the key to it."""
        return f"{self.id}:{key}"

    def opens_with(self, key: str) -> bool:
        """Whether this is the key."""
        return hmac.compare_digest(self.key_hash, hash_of(key))

    def is_good(self, at: datetime, idle: timedelta) -> bool:
        """Whether it has neither been ended, nor run out, nor been left alone for longer than `idle`."""
        return self.ended_at is None and at < self.expires_at and at - self.last_seen_at < idle

    def end(self, at: datetime, reason: EndReason) -> None:
        """It lets nobody in from now on. The first reason stays."""
        if self.ended_at is None:
            self.ended_at, self.end_reason = at, reason

    def confirm(self, at: datetime, key_hash: str) -> None:
        """The person proved once more who they are, and is known by another key from now on (ASVS 5, 7.2.4)."""
        self.confirmed_at, self.key_hash = max(at, self.started_at), key_hash


def hash_of(key: str) -> str:
    """What is stored of a random key. It has 130 bits of its own, so that a quick hash is enough (ASVS 5, 11.4.1)."""
    return hashlib.sha256(key.encode()).hexdigest()
