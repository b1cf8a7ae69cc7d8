"""What may be asked about notes, by whoever asks: nobody is shown what is not for them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import ContactNote
from app.contacts.queries.visibility import seen_by
from app.kernel.actors import Actor


def notes_of(db: Session, contact_id: int, limit: int, *, reader: Actor) -> Sequence[ContactNote]:
    """The notes about a contact that the reader may see: those that are pinned first, then the newest."""
    there = (ContactNote.contact_id == contact_id, ContactNote.archived_at.is_(None), seen_by(reader, ContactNote))
    order = (ContactNote.is_pinned.desc(), ContactNote.id.desc())
    return db.scalars(select(ContactNote).where(*there).order_by(*order).limit(limit)).all()


def note_to_change(db: Session, key: int, *, reader: Actor) -> ContactNote | None:
    """A note as it is this instant, if the reader may see it, held until the transaction ends."""
    there = (ContactNote.id == key, ContactNote.archived_at.is_(None), seen_by(reader, ContactNote))
    held = select(ContactNote).where(*there).with_for_update(key_share=True)
    return db.scalars(held, execution_options={"populate_existing": True}).first()


def note_for(db: Session, key: int, *, reader: Actor, is_deleted: bool = False) -> ContactNote | None:
    """A note (or a deleted one), if the reader may see it."""
    gone = ContactNote.archived_at.is_not(None) if is_deleted else ContactNote.archived_at.is_(None)
    return db.scalars(select(ContactNote).where(ContactNote.id == key, gone, seen_by(reader, ContactNote))).first()
