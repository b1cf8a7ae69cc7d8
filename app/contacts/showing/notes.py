"""Notes and files on the page of a contact: pinned notes above the timeline, the rest on it, each asked for once.

A file that belongs to a note is shown with it, and nowhere else on the timeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

from app.contacts.access import EDIT_CONTACTS
from app.contacts.models import Contact, ContactNote
from app.contacts.models.file import ContactFile
from app.contacts.models.visibility import Visibility
from app.contacts.queries.files import files_shown
from app.contacts.queries.notes import notes_of
from app.contacts.showing.files import attached
from app.contacts.showing.timeline import most_shown
from app.contacts.wording.visibility import MARKED
from app.kernel.i18n import gettext as _
from app.web.auth import current_actor
from app.web.feature import Attached, TimelineItem

"""As many as a contact's page shows at first."""


@dataclass(frozen=True)
class Known:
    """The notes that the reader may see, at most `limit`, and the files of these notes and of none."""

    limit: int
    notes: Sequence[ContactNote]
    files: Sequence[ContactFile]

    def of(self, note: ContactNote) -> list[Attached]:
        """The files of a note, in the order they came."""
        return [attached(file) for file in reversed(self.files) if file.note_id == note.id]


def _known(db: Session, contact_id: int, limit: int) -> Known:
    """What is shown of a contact, asked once a request unless more is wanted."""
    kept: dict[int, Known] = g.setdefault("notes_of", {})
    if contact_id not in kept or kept[contact_id].limit < limit:
        notes = notes_of(db, contact_id, limit, reader=current_actor())
        files = files_shown(db, contact_id, [note.id for note in notes], limit, reader=current_actor())
        kept[contact_id] = Known(limit, notes, files)
    return kept[contact_id]


def pinned(db: Session, contact: Contact) -> dict[str, Any]:
    """The notes that are pinned, above the timeline, each with its files."""
    known = _known(db, contact.id, most_shown())
    return {"notes": [(note, known.of(note)) for note in known.notes if note.is_pinned], "marked": MARKED}


def notes_in_time(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """What staff wrote down and the reader may read, but for what is pinned above the timeline."""
    may_edit, known = current_actor().may(EDIT_CONTACTS), _known(db, contact_id, limit)
    return [
        TimelineItem(
            note.created_at, "note" if note.visibility is Visibility.EVERYBODY else "lock", _title(note), note.text,
            url_for("notes.edit", note_id=note.id) if may_edit else None, files=known.of(note),
        )
        for note in known.notes
        if not note.is_pinned
    ]  # fmt: skip


def files_in_time(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """Files that were attached to the contact, and that the reader may see. Those of notes are shown with the note."""
    return [
        TimelineItem(
            file.created_at, "paperclip" if file.visibility is Visibility.EVERYBODY else "lock", _attached_by(file),
            url=url_for("files.index", contact_id=contact_id), files=(attached(file),),
        )
        for file in _known(db, contact_id, limit).files
        if file.note_id is None
    ]  # fmt: skip


def _title(note: ContactNote) -> str:
    title = _("Note by %(name)s", name=note.author_name)
    return " · ".join([title, *_mark(note), *([_("edited")] if note.edited_at is not None else [])])


def _attached_by(file: ContactFile) -> str:
    return " · ".join([_("File attached by %(name)s", name=file.author_name), *_mark(file)])


def _mark(record: ContactNote | ContactFile) -> list[str]:
    """Who may read it, where not everybody may."""
    return [str(MARKED[record.visibility])] if record.visibility is not Visibility.EVERYBODY else []
