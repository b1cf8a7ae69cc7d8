"""What is stored about contacts."""

from app.contacts.models.channels import ContactAddress, ContactEmail, ContactPhone
from app.contacts.models.consent import Channel, Consent, ConsentWording
from app.contacts.models.contact import Contact, ContactKind, ContactNote
from app.contacts.models.review import ContactReview, ReviewField, ReviewStatus

__all__ = [
    "Channel",
    "Consent",
    "ConsentWording",
    "Contact",
    "ContactAddress",
    "ContactEmail",
    "ContactKind",
    "ContactNote",
    "ContactPhone",
    "ContactReview",
    "ReviewField",
    "ReviewStatus",
]
