"""What opens by a mailed link that is good once: the donor's own page, and a new e-mail address of theirs."""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column, relationship

from app.accounts.models.session import hash_of
from app.contacts.models import Contact, ContactEmail
from app.kernel.db import Key, Record
from app.kernel.text import make_token

_IS_OPEN = "used_at IS NULL AND withdrawn_at IS NULL"
GOOD_FOR = timedelta(minutes=15)
"""How long a link is good: long enough for slow mail, short enough for a mailbox that is left open."""
CONFIRMED_WITHIN = timedelta(hours=24)
"""How long a new e-mail address waits for its reader."""
LONGEST = timedelta(hours=12)
"""How long a donor's sign-in lasts at most (ASVS 5, 7.3.2)."""
IDLE = timedelta(hours=1)
"""After this long without a page it ends by itself (ASVS 5, 7.3.1)."""


class SignInEnd(StrEnum):
    """Why a donor's sign-in ended before its time."""

    SIGNED_OUT = "signed_out"
    EVERYWHERE = "everywhere"
    REPLACED = "replaced"


def _once() -> tuple[CheckConstraint, ...]:
    """What the database keeps true of every link that is good once."""
    return (
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_or_withdrawn"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_is_made"),
    )


class OneTime(MappedAsDataclass, kw_only=True, eq=False, repr=False):
    """What every mailed link has that is good once, for a while.

    Only the token's hash is stored; the token is derived from `nonce` and the installation's secret when the mail
    leaves.
    """

    token_hash: Mapped[str] = mapped_column(unique=True, info={"secret": True})
    expires_at: Mapped[datetime]
    nonce: Mapped[str] = mapped_column(default_factory=make_token, info={"secret": True})
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)

    def is_good(self, at: datetime) -> bool:
        """Whether it still opens anything."""
        return self.used_at is None and self.withdrawn_at is None and at < self.expires_at

    def withdraw(self, at: datetime) -> None:
        """It opens nothing any more: a newer one takes its place, or nobody wants it."""
        if self.used_at is None and self.withdrawn_at is None:
            self.withdrawn_at = at


class DonorLink(OneTime, Record):
    """A link to the donor's own page, sent to one e-mail address of a contact: good for a quarter of an hour.

    It names the row of the address, so that it opens nothing once staff have taken the address away.
    """

    __tablename__ = "donor_link"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        *_once(),
        Index(
            "uq_donor_link_open",
            "contact_email_id",
            unique=True,
            sqlite_where=text(_IS_OPEN),
            postgresql_where=text(_IS_OPEN),
        ),
        Index("ix_donor_link_contact_email_id", "contact_email_id", "created_at"),
    )

    contact_email_id: Mapped[int] = mapped_column(Key, ForeignKey("contact_email.id", ondelete="CASCADE"))


class NewEmail(OneTime, Record):
    """An e-mail address that a donor typed on their own page: theirs once its reader has followed the link sent there.

    Good for a day. Whether anybody has the address already is asked when it is confirmed, never before.
    """

    __tablename__ = "donor_new_email"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        *_once(),
        Index(
            "uq_donor_new_email_open",
            "contact_id",
            unique=True,
            sqlite_where=text(_IS_OPEN),
            postgresql_where=text(_IS_OPEN),
        ),
        Index("ix_donor_new_email_contact_id", "contact_id", "created_at"),
        Index("ix_donor_new_email_folded", "folded", "created_at"),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id", ondelete="CASCADE"))
    address: Mapped[str]
    folded: Mapped[str]

    contact: Mapped[Contact] = relationship(init=False, viewonly=True)


class DonorSession(Record):
    """A sign-in of whoever reads an e-mail address. The cookie holds a key of which only the hash is stored.

    `contact_id` is whose page it shows; None until somebody has chosen among the contacts who share the address.
    """

    __tablename__ = "donor_session"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_has_a_reason"),
        CheckConstraint("expires_at > started_at", name="expires_after_it_starts"),
        CheckConstraint("last_seen_at >= started_at", name="seen_after_it_starts"),
        Index("ix_donor_session_contact_email_id", "contact_email_id", "ended_at"),
        Index("ix_donor_session_contact_id", "contact_id"),
    )

    contact_email_id: Mapped[int] = mapped_column(Key, ForeignKey("contact_email.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(Key, ForeignKey("contact.id", ondelete="CASCADE"))
    key_hash: Mapped[str] = mapped_column(unique=True, info={"secret": True})
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[SignInEnd | None] = mapped_column(default=None)

    email: Mapped[ContactEmail] = relationship(init=False, lazy="joined", innerjoin=True, viewonly=True)

    def cookie(self, key: str) -> str:
        """What the browser keeps: which sign-in, and the key to it."""
        return f"{self.id}:{key}"

    def opens_with(self, key: str) -> bool:
        """Whether this is the key."""
        return hmac.compare_digest(self.key_hash, hash_of(key))

    def is_good(self, at: datetime) -> bool:
        """Whether it has neither been ended, nor run out, nor been left alone for too long."""
        return self.ended_at is None and at < self.expires_at and at - self.last_seen_at < IDLE

    def end(self, at: datetime, reason: SignInEnd) -> None:
        """It lets nobody in from now on. The first reason stays."""
        if self.ended_at is None:
            self.ended_at, self.end_reason = at, reason
