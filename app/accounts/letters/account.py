"""The letters staff get about their own account: each in their language, and none with a secret kept in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.links import AccountLinks
from app.accounts.models import AccountLink, LinkPurpose, StaffSession, StaffUser
from app.kernel.i18n import use_zone
from app.kernel.mail import Letter, Renderer
from app.kernel.organisation import the_organisation

INVITATION, RESET = "staff.invitation", "staff.reset"
PASSWORD_CHANGED, NEW_DEVICE, ADDRESS_CHANGED = "staff.password_changed", "staff.new_device", "staff.address_changed"
LINK = "account_link"
PLACE = "[one-time-link]"
"""Where the link stands in the text that is kept; the address itself is filled in when the mail leaves."""


@dataclass(frozen=True)
class Desk:
    """What letters to staff are written with."""

    renderer: Renderer
    links: AccountLinks


def link_letter(db: Session, desk: Desk, link: AccountLink, invited_by: StaffUser | None = None) -> Letter:
    """The invitation, or the link to a new password."""
    is_invitation = link.purpose is LinkPurpose.INVITATION
    template = "invitation" if is_invitation else "reset"
    by = invited_by.name if invited_by else ""
    words = words_to(db, desk, link.staff_user, template, link=PLACE, until=link.expires_at, invited_by=by)
    purpose = INVITATION if is_invitation else RESET
    return Letter(**words, purpose=purpose, about_type=LINK, about_id=link.id, attachments=((LINK, link.id),))


def password_changed(db: Session, desk: Desk, user: StaffUser, at: datetime) -> Letter:
    """Word that the password was changed, so that its owner knows if it was not they who did it."""
    words = words_to(db, desk, user, "password_changed", at=at, link=desk.links.forgotten())
    return Letter(**words, purpose=PASSWORD_CHANGED, about_type="staff_user", about_id=user.id)


def new_device(db: Session, desk: Desk, record: StaffSession) -> Letter:
    """Word that somebody signed in with a device that was not seen before."""
    words = words_to(db, desk, record.staff_user, "new_device", record=record, link=desk.links.sessions())
    return Letter(**words, purpose=NEW_DEVICE, about_type="staff_session", about_id=record.id)


def address_changed(db: Session, desk: Desk, user: StaffUser, old: str) -> Letter:
    """Word to the address that was somebody's until now that they sign in with another one from now on."""
    words = words_to(db, desk, user, "address_changed", link=desk.links.sign_in()) | {"to_address": old}
    return Letter(**words, purpose=ADDRESS_CHANGED, about_type="staff_user", about_id=user.id)


def words_to(db: Session, desk: Desk, user: StaffUser, template: str, **values: object) -> dict[str, Any]:
    """To whom, and what it says, in their language."""
    organisation = the_organisation(db)
    use_zone(organisation.time_zone)
    subject, text, html = desk.renderer.letter(
        f"accounts/emails/{template}", user.language, organisation=organisation, greeting=user.name, **values
    )
    return {
        "to_address": user.email, "to_name": user.name, "subject": subject, "text": text, "html": html,
        "language": user.language,
    }  # fmt: skip
