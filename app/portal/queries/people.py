"""Who reads an e-mail address, and which sign-in or link a browser brings."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, lazyload

from app.accounts.models.session import hash_of
from app.contacts.models import Contact, ContactEmail
from app.portal.models import IDLE, DonorLink, DonorSession, NewEmail


def _is_used(folded: str, day: date) -> tuple[ColumnElement[bool], ...]:
    """Rows of an address that may be written to on a day (as `contacts.rules.reaching.use_of` says of one)."""
    return (
        ContactEmail.folded == folded,
        ContactEmail.hold_reason.is_(None),
        or_(ContactEmail.valid_from.is_(None), ContactEmail.valid_from <= day),
        or_(ContactEmail.valid_until.is_(None), ContactEmail.valid_until >= day),
    )


LIVING = (Contact.archived_at.is_(None), Contact.is_deceased.is_(False))
"""Contacts whose page may be shown: neither put away nor dead."""


def address_to_write_to(db: Session, folded: str, day: date) -> int | None:
    """The key of the oldest row of an e-mail address that somebody reads; None where nobody is known by it."""
    query = select(ContactEmail.id).join(Contact, Contact.id == ContactEmail.contact_id)
    return db.scalar(query.where(*_is_used(folded, day), *LIVING).order_by(ContactEmail.id).limit(1))


def readers_of(db: Session, folded: str, day: date) -> Sequence[Contact]:
    """Every contact who is written to at this address, the oldest first, without what belongs to them."""
    theirs = select(ContactEmail.contact_id).where(*_is_used(folded, day))
    query = select(Contact).where(Contact.id.in_(theirs), *LIVING).order_by(Contact.id)
    return db.scalars(query.options(lazyload("*"))).all()


def session_of_cookie(db: Session, cookie: str) -> DonorSession | None:
    """The sign-in that a cookie names and has the key to, whether or not it is still good."""
    name, _, key = cookie.partition(":")
    if not (name.isascii() and name.isdecimal() and len(name) < 19):
        return None
    record = db.get(DonorSession, int(name))
    return record if record is not None and record.opens_with(key) else None


def link_of_token(db: Session, token: str) -> DonorLink | None:
    """The link with this token, whether or not it is still good."""
    return db.scalars(select(DonorLink).where(DonorLink.token_hash == hash_of(token))).one_or_none()


def sessions_over(before: datetime) -> list[ColumnElement[bool]]:
    """Sign-ins that let nobody in since then."""
    return [
        or_(DonorSession.ended_at < before, DonorSession.expires_at < before, DonorSession.last_seen_at < before - IDLE)
    ]


def new_emails_over(before: datetime) -> list[ColumnElement[bool]]:
    """New addresses whose time to be confirmed ran out before."""
    return [NewEmail.expires_at < before]


def links_over(before: datetime) -> list[ColumnElement[bool]]:
    """Links whose time ran out before."""
    return [DonorLink.expires_at < before]
