"""What an actor may read of notes and files: one condition of each, in one place."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.contacts.access import READ_RESTRICTED
from app.contacts.models.contact import ContactNote
from app.contacts.models.file import ContactFile
from app.contacts.models.visibility import Visibility
from app.kernel.actors import Actor, ActorKind


def seen_by(reader: Actor, model: Any) -> ColumnElement[bool]:
    """The condition that the reader may see a row of `model`, which has a `visibility` and an `author_id`."""
    seen = [model.visibility == Visibility.EVERYBODY]
    if reader.may(READ_RESTRICTED):
        seen.append(model.visibility == Visibility.RESTRICTED)
    if reader.kind is ActorKind.STAFF and reader.id is not None:
        seen.append(model.author_id == reader.id)
    return or_(*seen)


def files_seen_by(reader: Actor) -> ColumnElement[bool]:
    """The condition that the reader may see a file: for that of a note the narrower of the two, its own and the note's.

    A file of a note that is deleted is there for nobody.
    """
    note = select(ContactNote.id).where(ContactNote.id == ContactFile.note_id)
    is_read = note.where(ContactNote.archived_at.is_(None), seen_by(reader, ContactNote)).exists()
    return and_(seen_by(reader, ContactFile), or_(ContactFile.note_id.is_(None), is_read))


def is_author(reader: Actor, record: Any) -> bool:
    """Whether the reader wrote or attached it."""
    return reader.kind is ActorKind.STAFF and reader.id is not None and record.author_id == reader.id
