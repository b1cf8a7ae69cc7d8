"""Notes on the page of a contact: those that are pinned above the timeline, the others on it, asked for once."""

from collections.abc import Sequence
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

from app.contacts.access import EDIT_CONTACTS
from app.contacts.models import Contact, ContactNote
from app.contacts.models.visibility import Visibility
from app.contacts.queries.notes import notes_of
from app.contacts.wording.visibility import MARKED
from app.kernel.i18n import gettext as _
from app.web.auth import current_actor
from app.web.feature import TimelineItem

RECENT = 30
"""As many as a contact's page shows at first."""


def _known(db: Session, contact_id: int, limit: int) -> Sequence[ContactNote]:
    """The notes the reader may see, asked once a request unless more are wanted."""
    kept: dict[tuple[int, int], Sequence[ContactNote]] = g.setdefault("notes_of", {})
    if (contact_id, limit) not in kept:
        kept[contact_id, limit] = notes_of(db, contact_id, limit, reader=current_actor())
    return kept[contact_id, limit]


def pinned(db: Session, contact: Contact) -> dict[str, Any]:
    """The notes that are pinned, above the timeline."""
    return {"notes": [note for note in _known(db, contact.id, RECENT) if note.is_pinned], "marked": MARKED}


def notes_in_time(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """What staff wrote down and the reader may read, but for what is pinned above the timeline."""
    may_edit = current_actor().may(EDIT_CONTACTS)
    return [
        TimelineItem(
            note.created_at, "note" if note.visibility is Visibility.EVERYBODY else "lock", _title(note), note.text,
            url_for("notes.edit", note_id=note.id) if may_edit else None,
        )
        for note in _known(db, contact_id, limit)
        if not note.is_pinned
    ]  # fmt: skip


def _title(note: ContactNote) -> str:
    title = _("Note by %(name)s", name=note.author_name)
    marks = [str(MARKED[note.visibility])] if note.visibility is not Visibility.EVERYBODY else []
    marks += [_("edited")] if note.edited_at is not None else []
    return " · ".join([title, *marks])
