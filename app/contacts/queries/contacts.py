"""What may be asked about contacts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.contacts.models import (
    Consent,
    ConsentWording,
    Contact,
    ContactKind,
    ContactReview,
    ReviewField,
    ReviewStatus,
)
from app.contacts.models.tag import Tag
from app.contacts.queries.consents import counting
from app.contacts.queries.households import household_id_of
from app.contacts.queries.tags import has_tag
from app.contacts.rules.channels import email_key
from app.kernel.audit import AuditEntry


def current_wordings(db: Session, purposes: Sequence[str]) -> list[ConsentWording]:
    """The words in force for these "purpose:channel" pairs, in their order; unknown and retired ones are left out."""
    found = {
        f"{wording.purpose}:{wording.channel.value}": wording
        for wording in db.scalars(select(ConsentWording).where(ConsentWording.is_current))
        if wording.is_asked
    }
    return [found[pair] for pair in dict.fromkeys(purposes) if pair in found]


def contacts_in_order(
    kind: ContactKind | None = None, *, is_archived: bool = False, tag: Tag | None = None
) -> Select[Contact]:  # fmt: skip
    """Contacts of a kind and with a tag (all without one), for a list sorted by (`sort_key`, `id`)."""
    put_away = Contact.archived_at.is_not(None) if is_archived else Contact.archived_at.is_(None)
    query = select(Contact).where(put_away, *([has_tag(tag.id)] if tag is not None else []))
    return query if kind is None else query.where(Contact.kind == kind)


def contact_to_change(db: Session, key: int) -> Contact | None:
    """The contact as it is this instant, held until the transaction ends, so that nobody changes it meanwhile.

    The household that is called after a person is held with them, in the order of keys as everywhere.
    """
    home = household_id_of(db, key)
    if home is not None:
        both = select(Contact.id).where(Contact.id.in_((key, home))).order_by(Contact.id)
        db.execute(both.with_for_update(key_share=True))
    return db.get(Contact, key, with_for_update=True, populate_existing=True)


def last_change(db: Session, contact_id: int) -> AuditEntry | None:
    """Who last changed the contact, and when."""
    entries = select(AuditEntry).where(AuditEntry.record_type == "contact", AuditEntry.record_id == contact_id)
    return db.scalars(entries.order_by(AuditEntry.id.desc()).limit(1)).first()


def newest_consents(db: Session, contact_id: int) -> list[Consent]:
    """The answer that counts for each purpose and channel: the last that was said, by purpose and channel."""
    return list(counting(db.get_one(Contact, contact_id).consents).values())


def open_reviews(contact_id: int | None = None) -> Select[ContactReview]:
    """Differences that wait for a person, of one contact or of all, for a list sorted by `id`."""
    query = select(ContactReview).where(ContactReview.status == ReviewStatus.OPEN)
    return query if contact_id is None else query.where(ContactReview.contact_id == contact_id)


def count_open_reviews(db: Session) -> int:
    """How many differences wait for a person."""
    waiting = select(func.count()).select_from(ContactReview).where(ContactReview.status == ReviewStatus.OPEN)
    return db.scalar(waiting) or 0


def is_email_not_taken_over(db: Session, contact_id: int, address: str, since: datetime) -> bool:
    """Whether somebody gave an e-mail address for a contact that waited for a person then, and was not taken over yet.

    So it was never among theirs: what a form brings is either theirs at once or waits (`services.attaching`). One that
    was taken over, or came with somebody new, and is missing now has been removed.
    """
    mine = (ContactReview.contact_id == contact_id, ContactReview.field == ReviewField.EMAIL)
    left = ContactReview.status != ReviewStatus.ACCEPTED
    then = ContactReview.decided_at.is_(None) | (ContactReview.decided_at >= since)
    proposed = db.scalars(select(ContactReview.proposed).where(*mine, left, then))
    return any(email_key(str(each.get("value", ""))) == email_key(address) for each in proposed)
