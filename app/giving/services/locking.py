"""Whoever changes a donor's gifts holds that contact's row first, so that figures and receipts are made one at a time.

The order is fixed, everywhere: payment or checkout, submission, contact, then the sequence of receipt numbers. The
lock leaves foreign keys free (FOR NO KEY UPDATE), or two first gifts of one donor would wait for each other for ever.
On SQLite a writing transaction is alone from its beginning.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import Gift


def hold_contact(db: Session, contact_id: int) -> None:
    """Wait until nobody else changes this donor's gifts; held until the transaction ends."""
    db.execute(select(Contact.id).where(Contact.id == contact_id).with_for_update(key_share=True))


def hold_gift(db: Session, gift: Gift) -> None:
    """Hold the donor of a gift and read the gift anew: what was read before the wait may be old."""
    hold_contact(db, gift.contact_id)
    db.flush([gift])  # what this transaction changed must not be lost by reading again
    db.refresh(gift)
