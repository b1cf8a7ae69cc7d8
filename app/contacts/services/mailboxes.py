"""Where a contact is written to by e-mail: when that becomes another address, whoever keeps a copy of it is told."""

from sqlalchemy.orm import Session

from app.contacts.events import MainEmailChanged
from app.contacts.models import Contact
from app.kernel import events
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.organisation import the_organisation


def main_mailbox(db: Session, contact: Contact) -> str:
    """The e-mail address in use today, folded for comparing; "" for none."""
    used = contact.email_on(today(the_organisation(db).time_zone))
    return used.folded if used is not None else ""


def tell_if_moved(db: Session, contact: Contact, before: str, *, actor: Actor) -> None:
    """Publish that the contact is written to elsewhere now than `before` (see `main_mailbox`), if that is so."""
    if main_mailbox(db, contact) not in {before, ""}:
        events.publish(db, MainEmailChanged(contact.id), actor=actor)
