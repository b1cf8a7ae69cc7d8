"""A new e-mail address of a donor: it counts once its reader, signed in as the donor, has confirmed it.

An address opens a donor's own page. So a slip of the keys must not give the page to a stranger: the link alone is not
enough, and the mail names nobody. Whether another contact has the address is not asked before it is confirmed, so that
nobody learns it who does not read that mailbox; then a person decides, and nothing is merged.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models.session import hash_of
from app.contacts.models import Contact, ContactEmail, ReviewField
from app.contacts.queries.contacts import contact_to_change
from app.contacts.rules.channels import email_key
from app.contacts.services.attaching import propose
from app.contacts.services.mailboxes import main_mailbox, tell_if_moved
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import post
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token
from app.portal.letters import Desk, changed_letter, confirm_letter
from app.portal.models import CONFIRMED_WITHIN, NewEmail
from app.portal.queries.new_emails import (
    asked_since,
    hold_waiting_email,
    is_anothers,
    new_email_of_token,
    waiting_email,
)
from app.portal.services.details import SOURCE
from app.portal.services.one_time import Verdict, use_up, why_not

AN_HOUR = 4
"""New addresses within an hour, of one donor or one address: a mailbox is no place to flood."""
NOT_AGAIN_WITHIN = timedelta(seconds=30)
"""A second press of the button sends no second link."""


def ask_for_email(db: Session, contact: Contact, typed: str, *, desk: Desk, actor: Actor) -> NewEmail:
    """Send the link to the typed address; nothing else changes. `contact` is held by the caller.

    A newer address takes the place of one that waits.

    Raises:
        Refused: it is the one that is used already, or too many were asked for.

    """
    folded, at = email_key(typed), now()
    used = contact.email_on(today(the_organisation(db).time_zone))
    if used is not None and used.folded == folded:
        raise Refused(_l("That is the address we write to already."), field="email")
    waiting = waiting_email(db, contact)
    if waiting is not None and waiting.folded == folded and at - waiting.created_at < NOT_AGAIN_WITHIN:
        return waiting
    if asked_since(db, contact, folded, at - timedelta(hours=1)) >= AN_HOUR:
        raise Refused(_l("Too many links were asked for. Try again in an hour, please."), field="email")
    _withdraw_open(db, contact)
    record = _wait_for(db, contact, typed, desk)
    audit.note(db, actor, "donor.email_asked", contact)
    post(db, confirm_letter(db, desk, record, language=contact.language))
    return record


def _wait_for(db: Session, contact: Contact, typed: str, desk: Desk) -> NewEmail:
    nonce = make_token()
    record = NewEmail(
        contact_id=contact.id, address=typed, folded=email_key(typed), nonce=nonce,
        token_hash=hash_of(desk.links.email_token(nonce)), expires_at=now() + CONFIRMED_WITHIN,
    )  # fmt: skip
    db.add(record)
    db.flush()
    return record


def _withdraw_open(db: Session, contact: Contact) -> None:
    still = (NewEmail.used_at.is_(None), NewEmail.withdrawn_at.is_(None))
    for old in db.scalars(select(NewEmail).where(NewEmail.contact_id == contact.id, *still)):
        old.withdraw(now())
    db.flush()  # the database allows one that waits


def leave_email(db: Session, contact: Contact, *, actor: Actor) -> bool:
    """Do without the address that waits; its link opens nothing any more. Whether one waited."""
    waiting = hold_waiting_email(db, contact)
    if waiting is None:
        return False
    waiting.withdraw(now())
    audit.note(db, actor, "donor.email_left", contact)
    return True


def confirm_email(
    db: Session, token: str, contact_id: int | None, *, desk: Desk, actor: Actor
) -> bool | Verdict:  # fmt: skip
    """Confirm an address by its link, signed in as the donor `contact_id` (None for nobody).

    True: it is theirs, and the one used until now is told. False: another contact has it too, and a person decides.
    A verdict says why nothing happened, and leaves a note that names no address. Of two at once one confirms.
    """
    record = new_email_of_token(db, token)
    if record is None:
        audit.note(db, actor, "donor.email_link_unknown", the_organisation(db))
        return Verdict.UNKNOWN
    contact = _whose(db, record, contact_id)
    if isinstance(contact, Verdict):
        audit.note(db, actor, "donor.email_link_refused", record, verdict=contact)
        return contact
    is_theirs = not is_anothers(db, contact, record.folded)
    audit.note(db, actor, "donor.email_confirmed", contact, waits=not is_theirs)
    if is_theirs:
        before = main_mailbox(db, contact)
        _take_over(db, contact, record, desk)
        tell_if_moved(db, contact, before, actor=actor)
    else:
        propose(db, contact, ReviewField.EMAIL, {"value": record.address}, SOURCE)
    return is_theirs


def _whose(db: Session, record: NewEmail, contact_id: int | None) -> Contact | Verdict:
    """Whose new address it is, held, its link used up; or why not."""
    if not record.is_good(now()):
        return why_not(db, record)
    if contact_id != record.contact_id:
        return Verdict.NOT_THEM
    contact = contact_to_change(db, record.contact_id)
    if contact is None or contact.is_deceased or contact.archived_at is not None:
        return Verdict.NOBODY
    return contact if use_up(db, record) else why_not(db, record)


def _take_over(db: Session, contact: Contact, record: NewEmail, desk: Desk) -> None:
    """Make it the main one, in use from today; all others stay as they are, and the one used until now is told."""
    day = today(the_organisation(db).time_zone)
    used = contact.email_on(day)
    for each in contact.emails:
        each.is_primary = False
    db.flush()  # the database allows one primary at a time
    row = next((each for each in contact.emails if each.folded == record.folded), None)
    if row is None:
        row = ContactEmail(address=record.address, folded=record.folded, original=record.address)
        contact.emails.append(row)
    row.is_primary, row.valid_from, row.valid_until = True, day, None
    row.hold_reason = row.hold_since = None  # its reader has just shown that mail arrives
    contact.touch()
    contact.refresh()
    if used is not None:
        post(db, changed_letter(db, desk, contact, used.address))
