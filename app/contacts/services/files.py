"""Files attached to contacts: kept, deleted and brought back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact, ContactNote
from app.contacts.models.file import ContactFile
from app.contacts.models.visibility import Visibility
from app.contacts.queries.files import files_of_note
from app.contacts.queries.visibility import is_author
from app.contacts.rules.files import LONGEST_NAME, PICTURES, kept_name, recognise
from app.contacts.rules.pictures import drawn_anew
from app.kernel import audit, files
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.text import one_line

NOT_YOURS = _l("Only whoever attached a file deletes it.")
NOT_YOUR_NOTE = _l("Only whoever wrote a note changes it.")
MOST_AT_ONCE = 5
MOST_OF_A_NOTE = 20


@dataclass(frozen=True, kw_only=True)
class FileDetails:
    """A file as it is kept: made by `prepare`. `thumbnail` is empty for what is no picture."""

    name: str
    media_type: str
    content: bytes
    thumbnail: bytes = b""
    visibility: Visibility = Visibility.EVERYBODY


def prepare(name: str, content: bytes, visibility: Visibility = Visibility.EVERYBODY) -> FileDetails:
    """Look at what somebody sent in and draw pictures anew. Takes its time, so nothing is locked meanwhile.

    Raises:
        Refused: it is not taken, see `rules.files` and `rules.pictures`.

    """
    media_type = recognise(name, content)
    kept, thumbnail = drawn_anew(content, media_type) if media_type in PICTURES else (content, b"")
    called = kept_name(name, media_type)
    return FileDetails(name=called, media_type=media_type, content=kept, thumbnail=thumbnail, visibility=visibility)


def prepare_all(sent: Iterable[tuple[str, bytes]]) -> list[FileDetails]:
    """Look at several files, each given by its name and content, as `prepare` does at one.

    Raises:
        Refused: one of them is not taken, by its name, at `files`.

    """
    found: list[FileDetails] = []
    for name, content in sent:
        try:
            found.append(prepare(name, content))
        except Refused as refusal:
            why = _l("%(name)s: %(why)s", name=one_line(name)[:LONGEST_NAME], why=refusal.message)
            raise Refused(why, field="files") from refusal
    return found


def attach_to_note(db: Session, note: ContactNote, details: Sequence[FileDetails], *, actor: Actor) -> None:
    """Keep files with a note, for those who may read it, whatever they say of it themselves.

    Raises:
        Refused: somebody else wrote the note, or it has many already.

    """
    if not details:
        return
    db.flush()
    there = files_of_note(db, note)
    if not is_author(actor, note) and (note.author_id is not None or actor.kind is ActorKind.STAFF):
        raise Refused(NOT_YOUR_NOTE, field="files")
    if len([each for each in there if each.archived_at is None]) + len(details) > MOST_OF_A_NOTE:
        raise Refused(_l("A note has %(most)s files at most.", most=MOST_OF_A_NOTE), field="files")
    contact = db.get_one(Contact, note.contact_id)
    for each in details:
        attach_file(db, contact, replace(each, visibility=note.visibility), note=note, actor=actor)


def attach_file(
    db: Session, contact: Contact, details: FileDetails, *, actor: Actor, note: ContactNote | None = None
) -> ContactFile:  # fmt: skip
    """Keep a file with a contact, or with a note about them. The same file twice is two entries, its bytes there once.

    Raises:
        Refused: it is for its author alone and has none of us.

    """
    author_id = actor.id if actor.kind is ActorKind.STAFF else None
    if details.visibility is Visibility.AUTHOR and author_id is None:
        raise Refused(_l("Only a member of staff can keep a file to themselves."), field="visibility")
    stored = files.put(db, details.content)
    small = files.put(db, details.thumbnail) if details.thumbnail else None
    kept = ContactFile(
        contact_id=contact.id, name=details.name, media_type=details.media_type, size=len(details.content),
        stored_file_id=stored, thumbnail_id=small, author_name=actor.name, author_id=author_id,
        note_id=note.id if note is not None else None, visibility=details.visibility,
    )  # fmt: skip
    db.add(kept)
    audit.note(db, actor, "file.attached", kept)
    return kept


def may_delete(file: ContactFile, actor: Actor) -> bool:
    """Whether the actor may delete a file they can see: who attached it, and whoever reads what is restricted."""
    return is_author(actor, file) or actor.may(READ_RESTRICTED)


def delete_file(db: Session, file: ContactFile, *, actor: Actor) -> None:
    """Take a file away. It can be brought back until it is forgotten.

    Raises:
        Refused: it is not the actor's to delete.

    """
    if not may_delete(file, actor):
        raise Refused(NOT_YOURS)
    if file.archived_at is None:
        file.archived_at = now()
        audit.note(db, actor, "file.deleted", file)


def restore_file(db: Session, file: ContactFile, *, actor: Actor) -> None:
    """Bring a deleted file back.

    Raises:
        Refused: it is not the actor's.

    """
    if not may_delete(file, actor):
        raise Refused(NOT_YOURS)
    if file.archived_at is not None:
        file.archived_at = None
        audit.note(db, actor, "file.restored", file)
