"""A file that staff attached to a contact: a letter, a picture, a table."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.models.visibility import Visibility
from app.kernel.db import Key, Record


class ContactFile(Record):
    """One file of a contact, for those whom `visibility` names. Its bytes are a stored file, perhaps shared by others.

    `media_type` is what its content showed itself to be, `size` in bytes. `thumbnail_id` is a small picture drawn by
    us. A deleted one (`archived_at`) can be brought back for a while. The audit trail never holds its name.

    It may belong to a note about the same contact (`note_id`): then only who may read the note sees it too
    (`queries.visibility.files_seen_by`), and it is deleted and brought back with the note.
    """

    __tablename__ = "contact_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["note_id", "contact_id"], ["contact_note.id", "contact_note.contact_id"], name="fk_contact_file_note",
            onupdate="CASCADE",
        ),
        CheckConstraint("name <> ''", name="has_a_name"),
        CheckConstraint("size > 0", name="size_is_positive"),
        CheckConstraint("visibility <> 'author' OR author_id IS NOT NULL", name="whose_own_it_is_is_known"),
        CheckConstraint("version > 0", name="version_is_positive"),
        Index("ix_contact_file_contact", "contact_id", "id"),
        Index("ix_contact_file_note", "note_id", "contact_id"),
    )  # fmt: skip

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    name: Mapped[str] = mapped_column(info={"secret": True})
    media_type: Mapped[str]
    size: Mapped[int]
    stored_file_id: Mapped[int] = mapped_column(Key, ForeignKey("stored_file.id"), index=True)
    author_name: Mapped[str]
    thumbnail_id: Mapped[int | None] = mapped_column(Key, ForeignKey("stored_file.id"), index=True, default=None)
    author_id: Mapped[int | None] = mapped_column(Key, default=None)
    note_id: Mapped[int | None] = mapped_column(Key, default=None)
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.EVERYBODY)
    archived_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way
