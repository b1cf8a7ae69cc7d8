"""Who of us looks after a contact."""

from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact
from app.kernel import audit
from app.kernel.actors import Actor


def give_to(db: Session, contact: Contact, owner: StaffUser | None, *, actor: Actor) -> None:
    """Give a contact to somebody to look after, or to nobody; its version rises."""
    key = owner.id if owner is not None else None
    if contact.owner_id != key:
        contact.owner_id = key
        contact.touch()
        audit.note(db, actor, "contact.owner_set", contact)
