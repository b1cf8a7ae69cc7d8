"""Notes about contacts: written, changed by their author, pinned, deleted and brought back.

Their text is masked in the audit trail (`info={"secret": True}` of the model), which tells that it changed and no more.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact, ContactNote
from app.contacts.models.visibility import Visibility
from app.contacts.queries.files import files_of_note
from app.contacts.queries.visibility import is_author
from app.contacts.services.files import NOT_YOUR_NOTE
from app.kernel import audit
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


@dataclass(frozen=True, kw_only=True)
class NoteDetails:
    """A note as it is typed, and who may read it."""

    text: str
    visibility: Visibility = Visibility.EVERYBODY


def add_note(
    db: Session, contact: Contact, text: str, *, actor: Actor, visibility: Visibility = Visibility.EVERYBODY
) -> ContactNote:  # fmt: skip
    """Keep a note with its author.

    Raises:
        Refused: there is nothing in it, or it is for its author alone and has none of us.

    """
    details = NoteDetails(text=text, visibility=visibility)
    _check(details)
    author_id = actor.id if actor.kind is ActorKind.STAFF else None
    if visibility is Visibility.AUTHOR and author_id is None:
        raise Refused(_l("Only a member of staff can keep a note to themselves."), field="visibility")
    note = ContactNote(
        contact_id=contact.id, text=text.strip(), author_name=actor.name, author_id=author_id, visibility=visibility
    )
    db.add(note)
    audit.note(db, actor, "note.written", note)
    return note


def edit_note(db: Session, note: ContactNote, details: NoteDetails, *, actor: Actor) -> ContactNote:
    """Change what a note says and who may read it; its files are for the same people.

    Raises:
        Refused: somebody else wrote it, or nothing is left of it.

    """
    if not is_author(actor, note):
        raise Refused(NOT_YOUR_NOTE)
    _check(details)
    if (note.text, note.visibility) != (details.text.strip(), details.visibility):
        note.text, note.visibility, note.edited_at = details.text.strip(), details.visibility, now()
        db.flush()
        for file in files_of_note(db, note):
            file.visibility = note.visibility
        audit.note(db, actor, "note.edited", note)
    return note


def pin_note(db: Session, note: ContactNote, *, is_pinned: bool, actor: Actor) -> None:
    """Keep a note above everything else of the contact, or no longer."""
    if note.is_pinned != is_pinned:
        note.is_pinned = is_pinned
        audit.note(db, actor, "note.pinned" if is_pinned else "note.unpinned", note)


def may_delete(note: ContactNote, actor: Actor) -> bool:
    """Whether the actor may delete a note they can see: its author, and whoever reads what is restricted."""
    return is_author(actor, note) or actor.may(READ_RESTRICTED)


def delete_note(db: Session, note: ContactNote, *, actor: Actor) -> None:
    """Take a note away with its files. It can be brought back until it is forgotten.

    Raises:
        Refused: it is not the actor's to delete.

    """
    if not may_delete(note, actor):
        raise Refused(_l("Only whoever wrote a note deletes it."))
    if note.archived_at is None:
        note.archived_at = now()
        db.flush()  # whoever attaches a file to it has done so, or finds it gone
        for file in files_of_note(db, note):
            file.archived_at = file.archived_at or note.archived_at
        audit.note(db, actor, "note.deleted", note)


def restore_note(db: Session, note: ContactNote, *, actor: Actor) -> None:
    """Bring a deleted note back with the files that went with it; what was deleted before stays deleted.

    Raises:
        Refused: it is not the actor's.

    """
    if not may_delete(note, actor):
        raise Refused(_l("Only whoever wrote a note deletes it."))
    if note.archived_at is not None:
        for file in files_of_note(db, note):
            if file.archived_at == note.archived_at:
                file.archived_at = None
        note.archived_at = None
        audit.note(db, actor, "note.restored", note)


def _check(details: NoteDetails) -> None:
    if not details.text.strip():
        raise Refused(_l("Write something first."), field="text")
