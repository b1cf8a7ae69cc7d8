"""What the audit trail calls notes and files. What they say and are called is not in it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.contacts.models.visibility import Visibility
from app.contacts.wording.visibility import MARKED
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords

RECORDS = (
    RecordWords("contact_note", _l("Note"), {
        "contact_id": _l("Contact"), "author_name": _l("Written by"), "author_id": _l("Written by"),
        "visibility": _l("Who may read it"), "is_pinned": _l("Pinned"), "archived_at": _l("Deleted"),
        "edited_at": _l("Edited"),
    }),
    RecordWords("contact_file", _l("Attached file"), {
        "contact_id": _l("Contact"), "note_id": _l("Note"), "media_type": _l("Kind of file"), "size": _l("Size"),
        "stored_file_id": _l("Content"), "thumbnail_id": _l("Small picture"), "author_name": _l("Attached by"),
        "author_id": _l("Attached by"), "visibility": _l("Who may read it"), "archived_at": _l("Deleted"),
    }),
)  # fmt: skip
STATES: Mapping[type[StrEnum], Mapping[Any, Text]] = {Visibility: MARKED}
DEEDS = {
    "note.written": _l("Note written"), "note.edited": _l("Note edited"), "note.pinned": _l("Note pinned"),
    "note.unpinned": _l("Note unpinned"), "note.deleted": _l("Note deleted"), "note.restored": _l("Note brought back"),
    "file.attached": _l("File attached"), "file.deleted": _l("File deleted"), "file.restored": _l("File brought back"),
}  # fmt: skip
