"""What a person agreed to: for which purpose, by which channel, in exactly which words, when and where."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.contacts.models.purpose import ConsentPurpose
from app.contacts.rules.consents import LawfulBasis, was_left_open
from app.kernel.db import Key, Record

WRITTEN_DOWN = sql("recorded_by_id IS NOT NULL")


class Channel(StrEnum):
    """By which way we may speak to somebody."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


class ConsentWording(Record):
    """One version of the words shown beside a tick-box. Never changed: new words are a new version.

    `about` is its purpose; None for one that was made before purposes were kept, and is not known among them.
    """

    __tablename__ = "consent_wording"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_is_positive"),
        UniqueConstraint("purpose", "channel", "version"),
        Index(
            "uq_consent_wording_current",
            "purpose",
            "channel",
            unique=True,
            sqlite_where=sql("is_current"),
            postgresql_where=sql("is_current"),
        ),
    )

    purpose: Mapped[str]
    channel: Mapped[Channel]
    version: Mapped[int]
    texts: Mapped[dict[str, Any]]
    is_current: Mapped[bool] = mapped_column(default=True)

    about: Mapped[ConsentPurpose | None] = relationship(
        init=False, lazy="joined", viewonly=True, primaryjoin="foreign(ConsentWording.purpose) == ConsentPurpose.code"
    )

    def text(self, language: str) -> str:
        """The words in a language, else in whichever there is."""
        return str(self.texts.get(language) or next(iter(self.texts.values()), ""))

    def purpose_name(self, language: str) -> str:
        """What its purpose is called; its code made readable where the purpose is not known."""
        return (self.about.name(language) if self.about else "") or self.purpose.replace("_", " ").capitalize()

    @property
    def is_asked(self) -> bool:
        """Whether people are asked with these words today."""
        return self.is_current and (self.about is None or self.about.archived_at is None)

    @property
    def lawful_basis(self) -> LawfulBasis:
        """What its purpose rests on today."""
        return self.about.lawful_basis if self.about else LawfulBasis.CONSENT

    @property
    def keeps_months(self) -> int | None:
        """How many months an agreement counts; None for ever."""
        return self.about.keeps_months if self.about else None


class Consent(Record):
    """One answer of one person to one wording. The last that was said counts (`rules.consents`); none is ever changed.

    `answered_on` is the day they said it, `created_at` when it was written down, by one of us (`recorded_by_id`) or by
    themselves. `lawful_basis` is what the purpose rested on then. One that undoes another (`undoes_id`) repeats the
    answer that stood before that.
    """

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("undoes_id <> id", name="undoes_another_one"),
        Index("ix_consent_newest", "contact_id", "wording_id", "id"),
        Index(
            "ix_consent_recorded_by_id", "recorded_by_id", sqlite_where=WRITTEN_DOWN, postgresql_where=WRITTEN_DOWN
        ),
    )  # fmt: skip

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    wording_id: Mapped[int] = mapped_column(Key, ForeignKey("consent_wording.id"))
    is_given: Mapped[bool]
    source: Mapped[str]
    language: Mapped[str]
    answered_on: Mapped[date] = mapped_column(server_default=func.current_date())
    lawful_basis: Mapped[LawfulBasis] = mapped_column(default=LawfulBasis.CONSENT, server_default=LawfulBasis.CONSENT)
    recorded_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("staff_user.id"), default=None)
    note: Mapped[str] = mapped_column(default="", server_default="")
    undoes_id: Mapped[int | None] = mapped_column(Key, ForeignKey("consent.id"), unique=True, default=None)

    wording: Mapped[ConsentWording] = relationship(init=False, lazy="joined")
    recorded_by: Mapped[StaffUser | None] = relationship(init=False, viewonly=True)

    @property
    def was_left_open(self) -> bool:
        """Whether it is a box of a giving form that nobody ticked: nothing was agreed to, and nothing was said."""
        return was_left_open(self.source, is_given=self.is_given)
