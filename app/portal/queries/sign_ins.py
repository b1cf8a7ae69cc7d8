"""The sign-ins to a donor's own page and the links that still open it, for staff."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, lazyload

from app.contacts.models import Contact, ContactEmail
from app.kernel.clock import now
from app.portal.models import DonorLink, DonorSession

MOST = 50


def _by_their_addresses(contact: Contact, column: ColumnElement[int]) -> ColumnElement[bool]:
    """Rows that began with an e-mail address of theirs, also where it is another contact's as well."""
    mine = select(ContactEmail.folded).where(ContactEmail.contact_id == contact.id)
    return column.in_(select(ContactEmail.id).where(ContactEmail.folded.in_(mine)))


def _to_their_page(contact: Contact) -> ColumnElement[bool]:
    by_address = _by_their_addresses(contact, DonorSession.contact_email_id)  # type: ignore[arg-type]
    return or_(DonorSession.contact_id == contact.id, by_address)


def sign_ins_of(db: Session, contact: Contact) -> Sequence[DonorSession]:
    """The newest sign-ins by their addresses, or to their page, those that are not ended first, to be shown."""
    query = select(DonorSession).where(_to_their_page(contact))
    return db.scalars(query.order_by(DonorSession.ended_at.is_not(None), DonorSession.id.desc()).limit(MOST)).all()


def good_sign_ins_of(db: Session, contact: Contact) -> Sequence[DonorSession]:
    """All of these that still let somebody in, however many they are."""
    query = select(DonorSession).where(_to_their_page(contact), DonorSession.ended_at.is_(None))
    return [each for each in db.scalars(query.order_by(DonorSession.id)) if each.is_good(now())]


def _open_links(contact: Contact) -> Select[DonorLink]:
    still = (DonorLink.used_at.is_(None), DonorLink.withdrawn_at.is_(None), DonorLink.expires_at > now())
    theirs = _by_their_addresses(contact, DonorLink.contact_email_id)  # type: ignore[arg-type]
    return select(DonorLink).where(theirs, *still).order_by(DonorLink.id.desc())


def open_links_of(db: Session, contact: Contact) -> Sequence[DonorLink]:
    """Links sent to their addresses that still open something, the newest first."""
    return db.scalars(_open_links(contact)).all()


def hold_open_links_of(db: Session, contact: Contact) -> Sequence[DonorLink]:
    """The same, held until the transaction ends: whoever comes in by one of them at this moment is waited for."""
    held = _open_links(contact).options(lazyload("*")).with_for_update(of=DonorLink)
    return db.scalars(held.execution_options(populate_existing=True)).all()
