"""Tags: short words of the charity's own that are stuck on contacts, to find and to address them by."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Key, Record


class TagColour(StrEnum):
    """The tones of badges, which are told apart and read well in light and dark (WCAG 2.2, 1.4.3)."""

    GREY = "grey"
    TEAL = "teal"
    GREEN = "green"
    BLUE = "blue"
    VIOLET = "violet"
    AMBER = "amber"
    RED = "red"


class Tag(Record):
    """One tag. `key` is its folded name, so that "Mécène" and "mecene" are one.

    A retired one (`archived_at`) is put on nobody any more and stays where it is. One that was merged is retired, on
    nobody, and leads to the tag that took its place.
    """

    __tablename__ = "tag"
    __table_args__ = (
        CheckConstraint("name <> '' AND key <> ''", name="has_a_name"),
        CheckConstraint("merged_into_id IS NULL OR archived_at IS NOT NULL", name="what_is_merged_is_retired"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint("version > 0", name="version_is_positive"),
    )

    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    colour: Mapped[TagColour] = mapped_column(default=TagColour.GREY)
    description: Mapped[str] = mapped_column(default="")
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    merged_into_id: Mapped[int | None] = mapped_column(Key, ForeignKey("tag.id"), index=True, default=None)
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class ContactTag(Record):
    """A tag on a contact: since when (`created_at`) and by whom of us, if it was one of us.

    Rows come and go by the thousand, so the deeds are audited, not the rows.
    """

    __tablename__ = "contact_tag"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        UniqueConstraint("contact_id", "tag_id"),
        Index("ix_contact_tag_tag", "tag_id", "contact_id"),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    tag_id: Mapped[int] = mapped_column(Key, ForeignKey("tag.id"))
    tagged_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("staff_user.id"), index=True, default=None)
    tag: Mapped[Tag] = relationship(init=False, viewonly=True)
