"""Links that are mailed to staff, each good for one new password: invitations, and forgotten passwords."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models.people import StaffUser
from app.kernel.db import Record
from app.kernel.text import make_token


class LinkPurpose(StrEnum):
    """What the link was sent for."""

    INVITATION = "invitation"
    RESET = "reset"


_IS_OPEN = "used_at IS NULL AND withdrawn_at IS NULL"


class AccountLink(Record):
    """A link to choose a password with: good once, until it expires or a newer one takes its place.

    Only the token's hash is stored. The token itself is derived from `nonce` and the installation's secret when the
    mail leaves, so that neither the table of links nor that of mails lets anybody in.
    """

    __tablename__ = "account_link"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_or_withdrawn"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_is_made"),
        Index(
            "uq_account_link_open",
            "staff_user_id",
            "purpose",
            unique=True,
            sqlite_where=text(_IS_OPEN),
            postgresql_where=text(_IS_OPEN),
        ),
        Index("ix_account_link_staff_user_id", "staff_user_id", "created_at"),
    )

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"), init=False)
    staff_user: Mapped[StaffUser] = relationship(lazy="joined", innerjoin=True)
    purpose: Mapped[LinkPurpose]
    token_hash: Mapped[str] = mapped_column(unique=True, info={"secret": True})
    expires_at: Mapped[datetime]
    nonce: Mapped[str] = mapped_column(default_factory=make_token, info={"secret": True})
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)

    def is_good(self, at: datetime) -> bool:
        """Whether it still opens anything."""
        return self.used_at is None and self.withdrawn_at is None and at < self.expires_at and self.staff_user.is_active

    def use(self, at: datetime) -> None:
        """It did its work."""
        self.used_at = at

    def withdraw(self, at: datetime) -> None:
        """It opens nothing from now on."""
        if self.used_at is None and self.withdrawn_at is None:
            self.withdrawn_at = at
