"""Sign-ins that did not succeed: what guessing is slowed down by, and what the owner of the account is shown."""

from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Record


class FailedSignIn(Record):
    """One attempt that failed.

    `account_key` is a keyed hash of the address that was typed, so that attempts on an address nobody has are
    counted alike and the address itself is kept nowhere; `source` is the network or the known device it came from.
    """

    __tablename__ = "failed_sign_in"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        Index("ix_failed_sign_in_account_key", "account_key", "created_at"),
        Index("ix_failed_sign_in_staff_user_id", "staff_user_id", "created_at"),
    )

    account_key: Mapped[str] = mapped_column(info={"secret": True})
    source: Mapped[str]
    is_known_device: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None] = mapped_column(default=None)
    device: Mapped[str] = mapped_column(default="")
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"), default=None)
