"""What a person agreed to: for which purpose, by which channel, in exactly which words, when and where."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Key, Record


class Channel(StrEnum):
    """By which way we may speak to somebody."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


class ConsentWording(Record):
    """One version of the words shown beside a tick-box. Never changed: new words are a new version."""

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

    def text(self, language: str) -> str:
        """The words in a language, else in whichever there is."""
        return str(self.texts.get(language) or next(iter(self.texts.values()), ""))


class Consent(Record):
    """One answer of one person to one wording. The newest for a purpose and channel counts; none is ever changed."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_newest", "contact_id", "wording_id", "id"),)

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    wording_id: Mapped[int] = mapped_column(Key, ForeignKey("consent_wording.id"))
    is_given: Mapped[bool]
    source: Mapped[str]
    language: Mapped[str]

    wording: Mapped[ConsentWording] = relationship(init=False, lazy="joined")
