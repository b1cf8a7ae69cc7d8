"""Asking for a link, coming in by it, choosing whose page to see, and leaving."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models.session import hash_of
from app.contacts.models import Contact, ContactEmail
from app.contacts.rules.channels import email_key
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now, today
from app.kernel.errors import NotFound
from app.kernel.jobs import enqueue
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token
from app.portal.jobs import send_link
from app.portal.models import LONGEST, DonorSession, SignInEnd
from app.portal.queries.people import address_to_write_to, link_of_token, readers_of
from app.portal.services.one_time import Verdict, use_up, why_not

NOBODY = 0
"""To whom a link goes when the address is nobody's: the job is written down all the same, and does nothing."""


def ask_for_link(db: Session, typed: str, *, language: str) -> None:
    """Write down that a link is wanted. The same is asked and written whether or not the address is known."""
    day = today(the_organisation(db).time_zone)
    known = address_to_write_to(db, email_key(typed), day)
    enqueue(db, send_link, contact_email_id=known or NOBODY, language=language)


def open_link(
    db: Session, token: str, before: DonorSession | None, *, actor: Actor
) -> tuple[DonorSession, str] | Verdict:
    """Come in by a link: the sign-in and the key to it, or why not. Of two at once one gets in.

    Whatever is refused changes nothing, and leaves a note that names no address. `before` is the sign-in that the
    browser brings, which ends.
    """
    link = link_of_token(db, token)
    if link is None:
        audit.note(db, actor, "donor.link_unknown", the_organisation(db))
        return Verdict.UNKNOWN
    row = db.get_one(ContactEmail, link.contact_email_id)
    readers = readers_of(db, row.folded, today(the_organisation(db).time_zone))
    if not readers or not use_up(db, link):
        verdict = why_not(db, link) if readers else Verdict.NOBODY
        audit.note(db, actor, "donor.link_refused", link, verdict=verdict)
        return verdict
    if before is not None:
        before.end(now(), SignInEnd.REPLACED)
    return _begin(db, row, readers[0] if len(readers) == 1 else None, actor=actor)


def _begin(db: Session, row: ContactEmail, contact: Contact | None, *, actor: Actor) -> tuple[DonorSession, str]:
    key, at = make_token(), now()
    record = DonorSession(
        contact_email_id=row.id, contact_id=contact.id if contact else None, key_hash=hash_of(key), started_at=at,
        last_seen_at=at, expires_at=at + LONGEST,
    )  # fmt: skip
    db.add(record)
    db.flush()
    if contact is not None:
        audit.note(db, actor, "donor.signed_in", contact)
    return record, key


def choose_page(db: Session, record: DonorSession, contact_id: int, *, actor: Actor) -> None:
    """Show the page of one of those who read the address, from now on.

    Raises:
        NotFound: they are none of them.

    """
    readers = readers_of(db, record.email.folded, today(the_organisation(db).time_zone))
    chosen = next((each for each in readers if each.id == contact_id), None)
    if chosen is None:
        raise NotFound
    record.contact_id = chosen.id
    audit.note(db, actor, "donor.signed_in", chosen)


def leave(record: DonorSession) -> None:
    """End this sign-in: a cookie that somebody copied of it is worth nothing from now on."""
    record.end(now(), SignInEnd.SIGNED_OUT)


def leave_everywhere(db: Session, record: DonorSession) -> int:
    """End every sign-in by this e-mail address, on whatever device. How many were open."""
    same = select(ContactEmail.id).where(ContactEmail.folded == record.email.folded)
    still = (DonorSession.contact_email_id.in_(same), DonorSession.ended_at.is_(None))
    found = db.scalars(select(DonorSession).where(*still)).all()
    for each in found:
        each.end(now(), SignInEnd.EVERYWHERE)
    return len(found)


def see_session(db: Session, session_id: int) -> None:
    """Write down that a sign-in was used. Nothing else of it is touched, so that nobody waits for it."""
    at = now()
    mine = (DonorSession.id == session_id, DonorSession.last_seen_at < at)
    db.execute(update(DonorSession).where(*mine).values(last_seen_at=at).execution_options(synchronize_session=False))
