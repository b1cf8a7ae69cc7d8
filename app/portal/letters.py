"""The letter with the link to the donor's own page."""

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactEmail
from app.kernel.i18n import use_zone
from app.kernel.mail import Letter, Renderer
from app.kernel.organisation import the_organisation
from app.portal.models import DonorLink

PURPOSE = "donor.link"
LINK = "donor_link"
PLACE = "[one-time-link]"
"""Where the link stands in the text that is kept; the address itself is filled in when the mail leaves."""


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
