"""The mail with the link, sent by a job: how long it takes tells nobody whether an address is known."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models.session import hash_of
from app.contacts.models import ContactEmail
from app.kernel import audit
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now, today
from app.kernel.jobs import Work, job
from app.kernel.mail import Filling, Message, Renderer, attachment, guard, post
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token
from app.portal.letters import CONFIRMATION, LINK, PLACE, link_letter
from app.portal.links import PortalLinks
from app.portal.models import GOOD_FOR, DonorLink, NewEmail
from app.portal.queries.people import readers_of

LINKS_AN_HOUR = 4
"""Links that one address is sent within an hour, whoever asks: a mailbox is no place to flood."""
NOT_AGAIN_WITHIN = timedelta(seconds=30)
"""A second press of the button, or the same job once more, sends no second link."""


@attachment(LINK)
def fill_in_link(work: Work, link_id: int) -> Filling:
    """The address of a mailed link, made at the moment its mail leaves."""
    with work.database.reading() as db:
        nonce = db.get_one(DonorLink, link_id).nonce
    return Filling(PLACE, work.ports.get(PortalLinks).one_time(nonce))


@guard(LINK)
def link_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter with a link may still leave: not once the link is good for nothing, or nobody may be written to.

    Its address may have been taken away or put on hold meanwhile, or its reader may have died.
    """
    link = db.get(DonorLink, message.about_id) if message.about_id is not None else None
    if link is None or not link.is_good(now()):
        return False
    row = db.get_one(ContactEmail, link.contact_email_id)
    return bool(readers_of(db, row.folded, today(the_organisation(db).time_zone)))


@attachment(CONFIRMATION)
def fill_in_confirmation(work: Work, new_email_id: int) -> Filling:
    """The address of a link that confirms a new e-mail address, made at the moment its mail leaves."""
    with work.database.reading() as db:
        nonce = db.get_one(NewEmail, new_email_id).nonce
    return Filling(PLACE, work.ports.get(PortalLinks).confirmation(nonce))


@guard(CONFIRMATION)
def confirmation_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter to a new address may still leave: not once its link opens nothing, or the donor has died."""
    record = db.get(NewEmail, message.about_id) if message.about_id is not None else None
    if record is None or not record.is_good(now()):
        return False
    return not record.contact.is_deceased and record.contact.archived_at is None


@job("portal.link")
def send_link(work: Work, *, contact_email_id: int, language: str) -> None:
    """Make a link and send it; nothing where the address was nobody's, or too many were asked for."""
    renderer, links = work.ports.get(Renderer), work.ports.get(PortalLinks)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        held = select(ContactEmail).where(ContactEmail.id == contact_email_id).with_for_update()
        row = db.scalars(held).one_or_none()
        if row is None or _was_sent_enough(db, row.id):
            return
        readers = readers_of(db, row.folded, today(the_organisation(db).time_zone))
        if not readers:
            return
        link = _make_link(db, row, links)
        for each in readers:
            audit.note(db, SYSTEM, "donor.link_sent", each)
        post(db, link_letter(db, renderer, link, readers[0] if len(readers) == 1 else None, language=language))


def _was_sent_enough(db: Session, contact_email_id: int) -> bool:
    at = now()
    sent = select(func.count(), func.max(DonorLink.created_at)).where(
        DonorLink.contact_email_id == contact_email_id, DonorLink.created_at > at - timedelta(hours=1)
    )
    count, last = db.execute(sent).one()
    return count >= LINKS_AN_HOUR or (last is not None and at - last < NOT_AGAIN_WITHIN)


def _make_link(db: Session, row: ContactEmail, links: PortalLinks) -> DonorLink:
    """A new link; the one before opens nothing any more."""
    is_open = (DonorLink.used_at.is_(None), DonorLink.withdrawn_at.is_(None))
    for old in db.scalars(select(DonorLink).where(DonorLink.contact_email_id == row.id, *is_open)):
        old.withdraw(now())
    db.flush()  # the database allows one open link an address
    nonce = make_token()
    link = DonorLink(
        contact_email_id=row.id, nonce=nonce, token_hash=hash_of(links.token(nonce)), expires_at=now() + GOOD_FOR
    )
    db.add(link)
    db.flush()
    return link
