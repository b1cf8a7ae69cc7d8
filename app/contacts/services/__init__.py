"""What may be done with contacts."""

from app.contacts.services.consents import (
    ConsentAnswer,
    WordingDetails,
    publish_wording,
    record_consents,
)
from app.contacts.services.details import (
    AddressDetails,
    ContactDetails,
    DonorDetails,
    EmailDetails,
    PhoneDetails,
    details_of,
)
from app.contacts.services.matching import match_or_create
from app.contacts.services.notes import add_note
from app.contacts.services.records import archive_contact, edit_contact, record_contact, restore_contact
from app.contacts.services.reviews import accept_review, dismiss_review
from app.contacts.services.standing import contact_letter_may_leave

__all__ = [
    "AddressDetails",
    "ConsentAnswer",
    "ContactDetails",
    "DonorDetails",
    "EmailDetails",
    "PhoneDetails",
    "WordingDetails",
    "accept_review",
    "add_note",
    "archive_contact",
    "contact_letter_may_leave",
    "details_of",
    "dismiss_review",
    "edit_contact",
    "match_or_create",
    "publish_wording",
    "record_consents",
    "record_contact",
    "restore_contact",
]
