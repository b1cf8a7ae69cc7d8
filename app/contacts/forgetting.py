"""What contacts forget: notes and files that were deleted a while ago, and bytes that no file refers to any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from app.contacts.models import ContactNote
from app.contacts.models.file import ContactFile
from app.contacts.queries.files import unused_bytes
from app.kernel.files import StoredFile
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.retention import Forgetting


def _deleted_notes(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Once none of their files is left: those are forgotten first, and nothing points nowhere."""
    return [
        ContactNote.archived_at < before,
        ~select(ContactFile.id).where(ContactFile.note_id == ContactNote.id).exists(),
    ]


def _deleted_files(before: datetime) -> Sequence[ColumnElement[bool]]:
    return [ContactFile.archived_at < before]


FORGETS = (
    Forgetting("deleted_files", _l("Files that were deleted"), timedelta(days=30), ContactFile, _deleted_files),
    Forgetting("deleted_notes", _l("Notes that were deleted"), timedelta(days=30), ContactNote, _deleted_notes),
    Forgetting(
        "unused_bytes", _l("The content of files that are no more"), timedelta(days=2), StoredFile, unused_bytes
    ),
)
"""In this order: what the files leave behind, and the notes they belonged to, go in the same night."""
