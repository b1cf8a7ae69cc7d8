"""The letters with links to the donor's own page and to confirm an address, and word of a changed one."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactEmail
from app.kernel.i18n import use_zone
from app.kernel.mail import Letter, Renderer
from app.kernel.organisation import the_organisation
from app.portal.links import PortalLinks
from app.portal.models import DonorLink, NewEmail

PURPOSE = "donor.link"
LINK = "donor_link"
CONFIRMATION = "donor_new_email"
PLACE = "[one-time-link]"
"""Where the link stands in the text that is kept; the address itself is filled in when the mail leaves."""


@dataclass(frozen=True)
class Desk:
    """What letters are written with."""

    renderer: Renderer
    links: PortalLinks


def link_letter(db: Session, renderer: Renderer, link: DonorLink, owner: Contact | None, *, language: str) -> Letter:
    """The letter, in the language the page was read in. `owner` is None where several people read the address."""
    organisation = the_organisation(db)
    use_zone(organisation.time_zone)
    to = db.get_one(ContactEmail, link.contact_email_id)
    subject, text, html = renderer.letter(
        "portal/emails/link", language, organisation=organisation, link=PLACE, until=link.expires_at,
        greeting=(owner.given_name or owner.name) if owner else "",
    )  # fmt: skip
    return Letter(
        to_address=to.address, to_name=owner.name if owner else "", subject=subject, text=text, html=html,
        language=language, purpose=PURPOSE, about_type=LINK, about_id=link.id, attachments=((LINK, link.id),),
    )  # fmt: skip


def confirm_letter(db: Session, desk: Desk, record: NewEmail, *, language: str) -> Letter:
    """The letter with the link to a new address. It names nobody: a slip of the keys may have led to a stranger."""
    organisation = the_organisation(db)
    use_zone(organisation.time_zone)
    subject, text, html = desk.renderer.letter(
        "portal/emails/confirm", language, organisation=organisation, link=PLACE, until=record.expires_at, greeting="",
    )  # fmt: skip
    return Letter(
        to_address=record.address, to_name="", subject=subject, text=text, html=html, language=language,
        purpose="donor.confirm_email", about_type=CONFIRMATION, about_id=record.id,
        attachments=((CONFIRMATION, record.id),),
    )  # fmt: skip


def changed_letter(db: Session, desk: Desk, contact: Contact, to_address: str) -> Letter:
    """Word to the address that was used until now, and how to object. It does not name the new one."""
    subject, text, html = desk.renderer.letter(
        "portal/emails/email_changed", contact.language, organisation=the_organisation(db),
        greeting=contact.given_name or contact.name, own_url=desk.links.own_page(),
    )  # fmt: skip
    return Letter(
        to_address=to_address, to_name=contact.name, subject=subject, text=text, html=html, language=contact.language,
        purpose="donor.email_changed", about_type="contact", about_id=contact.id,
    )  # fmt: skip
