"""Files attached to contacts: kept, deleted and brought back."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact
from app.contacts.models.file import ContactFile
from app.contacts.models.visibility import Visibility
from app.contacts.queries.visibility import is_author
from app.contacts.rules.files import PICTURES, kept_name, recognise
from app.contacts.rules.pictures import drawn_anew
from app.kernel import audit, files
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

NOT_YOURS = _l("Only whoever attached a file deletes it.")


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


def attach_file(db: Session, contact: Contact, details: FileDetails, *, actor: Actor) -> ContactFile:
    """Keep a file with a contact. The same file twice is two entries, and its bytes are there once.

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
        visibility=details.visibility,
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
