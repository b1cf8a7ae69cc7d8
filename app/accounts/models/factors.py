"""What a second proof of who somebody is stands on: authenticator apps, passkeys and recovery codes."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record
from app.kernel.secrets import Encrypted


class Authenticator(Record):
    """An app that shows codes (TOTP, RFC 6238). Until a first code was typed it is only being set up.

    A user has one that is confirmed at most, and one that is being set up, so that a new phone can take over
    while the old one still works. `last_step` is the time step of the last code, which is good once only.
    """

    __tablename__ = "authenticator"
    __table_args__ = (
        CheckConstraint("(confirmed_at IS NULL) = (last_step IS NULL)", name="confirmed_by_a_code"),
        Index(
            "uq_authenticator_confirmed",
            "staff_user_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NOT NULL"),
            postgresql_where=text("confirmed_at IS NOT NULL"),
        ),
        Index(
            "uq_authenticator_waiting",
            "staff_user_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NULL"),
            postgresql_where=text("confirmed_at IS NULL"),
        ),
    )

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"))
    secret: Mapped[str] = mapped_column(Encrypted("authenticator.secret"), info={"secret": True})
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    last_step: Mapped[int | None] = mapped_column(default=None)

    def confirm(self, at: datetime, step: int) -> None:
        """A first code was typed: it counts from now on."""
        self.confirmed_at, self.last_step = at, step


class Passkey(Record):
    """A key pair whose private half never leaves a device (WebAuthn). We keep the public half.

    `sign_count` grows with each use where the device counts at all; `is_backed_up` says that the person's other
    devices have it too; `transports` are the ways it can be reached (usb, internal, hybrid…).
    """

    __tablename__ = "passkey"
    __table_args__ = (
        CheckConstraint("sign_count >= 0", name="sign_count_not_negative"),
        CheckConstraint("name <> ''", name="has_a_name"),
        Index("ix_passkey_staff_user_id", "staff_user_id"),
    )

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"))
    name: Mapped[str]
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(Key)
    is_backed_up: Mapped[bool]
    transports: Mapped[list[str]] = mapped_column(default_factory=list)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)

    def rename(self, name: str) -> None:
        """Call it by another name."""
        self.name = name


class RecoveryCode(Record):
    """One of the codes on paper that let somebody in who has lost everything else. Good once; only its hash is kept."""

    __tablename__ = "recovery_code"
    __audited__: ClassVar[bool] = False
    __table_args__ = (UniqueConstraint("staff_user_id", "code_hash", name="uq_recovery_code_code_hash"),)

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"))
    salt: Mapped[bytes] = mapped_column(info={"secret": True})
    code_hash: Mapped[bytes] = mapped_column(info={"secret": True})
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class CeremonyPurpose(StrEnum):
    """What a browser was asked to touch a passkey for."""

    MAKE = "make"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    CONFIRM = "confirm"


class PasskeyChallenge(Record):
    """Random bytes that a passkey has to sign: good once, for a few minutes, for one purpose and person."""

    __tablename__ = "passkey_challenge"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("(purpose = 'sign_in') = (staff_user_id IS NULL)", name="whose_it_is_is_known"),
        Index("ix_passkey_challenge_expires_at", "expires_at"),
    )

    value: Mapped[bytes] = mapped_column(unique=True)
    purpose: Mapped[CeremonyPurpose]
    expires_at: Mapped[datetime]
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"), default=None)
