"""What may be asked about attached files, by whoever asks: nobody is shown what is not for them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.contacts.models.contact import ContactNote
from app.contacts.models.file import ContactFile
from app.contacts.queries.visibility import files_seen_by
from app.kernel.actors import Actor
from app.kernel.files import StoredFile

MOST = 500
"""Files of one contact that are shown."""


def files_of(db: Session, contact_id: int, *, reader: Actor) -> Sequence[ContactFile]:
    """The files of a contact that the reader may see, the newest first."""
    there = (ContactFile.contact_id == contact_id, ContactFile.archived_at.is_(None), files_seen_by(reader))
    return db.scalars(select(ContactFile).where(*there).order_by(ContactFile.id.desc()).limit(MOST)).all()


def files_shown(
    db: Session, contact_id: int, notes: Collection[int], limit: int, *, reader: Actor
) -> Sequence[ContactFile]:  # fmt: skip
    """What a timeline shows, in one question: every file of these notes, and the newest of those of no note."""
    theirs = (ContactFile.contact_id == contact_id, ContactFile.archived_at.is_(None))
    newest = select(ContactFile.id).where(*theirs, ContactFile.note_id.is_(None), files_seen_by(reader))
    alone = newest.order_by(ContactFile.id.desc()).limit(limit).subquery()
    shown = or_(ContactFile.note_id.in_(notes), ContactFile.id.in_(select(alone.c.id)))
    query = select(ContactFile).where(*theirs, shown, files_seen_by(reader))
    return db.scalars(query.order_by(ContactFile.id.desc())).all()


def files_of_note(db: Session, note: ContactNote) -> Sequence[ContactFile]:
    """Every file of a note, the deleted ones too, in the order they came."""
    return db.scalars(select(ContactFile).where(ContactFile.note_id == note.id).order_by(ContactFile.id)).all()


def files_of_note_for(db: Session, note: ContactNote, *, reader: Actor) -> Sequence[ContactFile]:
    """The files of a note that the reader may see, in the order they came."""
    there = (ContactFile.note_id == note.id, ContactFile.archived_at.is_(None), files_seen_by(reader))
    return db.scalars(select(ContactFile).where(*there).order_by(ContactFile.id)).all()


def file_for(db: Session, key: int, *, reader: Actor, is_deleted: bool = False) -> ContactFile | None:
    """A file (or a deleted one), if the reader may see it."""
    gone = ContactFile.archived_at.is_not(None) if is_deleted else ContactFile.archived_at.is_(None)
    return db.scalars(select(ContactFile).where(ContactFile.id == key, gone, files_seen_by(reader))).first()


def unused_bytes(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Stored files that nobody sent in since, and that no file refers to any more."""
    refers = or_(ContactFile.stored_file_id == StoredFile.id, ContactFile.thumbnail_id == StoredFile.id)
    return [StoredFile.used_at < before, ~select(ContactFile.id).where(refers).exists()]
