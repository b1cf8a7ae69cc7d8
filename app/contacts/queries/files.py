"""What may be asked about attached files, by whoever asks: nobody is shown what is not for them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.contacts.models.file import ContactFile
from app.contacts.queries.visibility import seen_by
from app.kernel.actors import Actor
from app.kernel.files import StoredFile

MOST = 500
"""Files of one contact that are shown."""


def files_of(db: Session, contact_id: int, *, reader: Actor) -> Sequence[ContactFile]:
    """The files of a contact that the reader may see, the newest first."""
    there = (ContactFile.contact_id == contact_id, ContactFile.archived_at.is_(None), seen_by(reader, ContactFile))
    return db.scalars(select(ContactFile).where(*there).order_by(ContactFile.id.desc()).limit(MOST)).all()


def file_for(db: Session, key: int, *, reader: Actor, is_deleted: bool = False) -> ContactFile | None:
    """A file (or a deleted one), if the reader may see it."""
    gone = ContactFile.archived_at.is_not(None) if is_deleted else ContactFile.archived_at.is_(None)
    return db.scalars(select(ContactFile).where(ContactFile.id == key, gone, seen_by(reader, ContactFile))).first()


def unused_bytes(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Stored files that nobody sent in since, and that no file refers to any more."""
    refers = or_(ContactFile.stored_file_id == StoredFile.id, ContactFile.thumbnail_id == StoredFile.id)
    return [StoredFile.used_at < before, ~select(ContactFile.id).where(refers).exists()]
