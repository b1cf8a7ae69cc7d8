"""Writing something down about a contact."""

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactNote
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


def add_note(db: Session, contact: Contact, text: str, *, actor: Actor) -> ContactNote:
    """Keep a note with its author.

    Raises:
        Refused: there is nothing in it.

    """
    if not text.strip():
        raise Refused(_l("Write something first."), field="text")
    note = ContactNote(contact_id=contact.id, text=text.strip(), author_name=actor.name, author_id=actor.id)
    db.add(note)
    return note
