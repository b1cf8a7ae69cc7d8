"""New e-mail addresses that wait for their reader, and who has an address already."""

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models.session import hash_of
from app.contacts.models import Contact, ContactEmail
from app.kernel.clock import now
from app.portal.models import NewEmail


def _waiting(contact: Contact) -> Select[NewEmail]:
    still = (NewEmail.used_at.is_(None), NewEmail.withdrawn_at.is_(None), NewEmail.expires_at > now())
    return select(NewEmail).where(NewEmail.contact_id == contact.id, *still)


def waiting_email(db: Session, contact: Contact) -> NewEmail | None:
    """The new address of theirs that still waits to be confirmed."""
    return db.scalars(_waiting(contact)).one_or_none()


def hold_waiting_email(db: Session, contact: Contact) -> NewEmail | None:
    """The same, held until the transaction ends: whoever confirms it at this moment is waited for."""
    return db.scalars(_waiting(contact).with_for_update().execution_options(populate_existing=True)).one_or_none()


def new_email_of_token(db: Session, token: str) -> NewEmail | None:
    """The new address whose link has this token, whether or not it is still good."""
    return db.scalars(select(NewEmail).where(NewEmail.token_hash == hash_of(token))).one_or_none()


def asked_since(db: Session, contact: Contact, folded: str, since: datetime) -> int:
    """How often since then somebody's address, or this address by anybody, was to be changed."""
    either = or_(NewEmail.contact_id == contact.id, NewEmail.folded == folded)
    return db.scalar(select(func.count(NewEmail.id)).where(either, NewEmail.created_at > since)) or 0


def is_anothers(db: Session, contact: Contact, folded: str) -> bool:
    """Whether another contact is known by this address: living or not, put away or not, in use or not."""
    others = select(ContactEmail.id).where(ContactEmail.folded == folded, ContactEmail.contact_id != contact.id)
    return db.scalar(others.limit(1)) is not None
