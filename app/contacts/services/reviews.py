"""Deciding on what donors said differently: accepting adds it beside what we had, and nothing is ever deleted."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import (
    Contact,
    ContactAddress,
    ContactEmail,
    ContactPhone,
    ContactReview,
    ReviewField,
    ReviewStatus,
)
from app.contacts.rules.channels import email_key
from app.contacts.services.attaching import original_of
from app.contacts.services.holding import hold_with_household
from app.contacts.services.mailboxes import main_mailbox, tell_if_moved
from app.contacts.services.naming import follow, seen
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now


def accept_review(db: Session, review: ContactReview, *, as_primary: bool, actor: Actor) -> None:
    """Take over what was said: an e-mail, phone or address is added (and becomes the primary one if so wished).

    A name replaces ours, which the audit keeps; a contact marked as deceased who gave is marked as living.

    Raises:
        Refused: it was decided before.

    """
    review.decide(ReviewStatus.ACCEPTED, now())
    hold_with_household(db, review.contact_id)
    contact, proposed = review.contact, review.proposed
    before, mailbox = seen(contact), main_mailbox(db, contact)
    if review.field is ReviewField.NAME:
        for name in ("given_name", "family_name", "group_name"):
            setattr(contact, name, proposed.get(name) or getattr(contact, name))
    elif review.field is ReviewField.DECEASED:
        contact.is_deceased, contact.deceased_on = False, None
    else:
        _add_channel(db, contact, review.field, proposed, as_primary=as_primary)
    contact.touch()
    contact.refresh()
    audit.note(db, actor, "contact_review.accepted", review, as_primary=as_primary)
    follow(db, contact, before)
    tell_if_moved(db, contact, mailbox, actor=actor)


def dismiss_review(db: Session, review: ContactReview, *, actor: Actor) -> None:
    """Leave the contact as it is. If the donor says so again, it is asked again.

    Raises:
        Refused: it was decided before.

    """
    review.decide(ReviewStatus.DISMISSED, now())
    audit.note(db, actor, "contact_review.dismissed", review)


def _add_channel(
    db: Session, contact: Contact, field: ReviewField, proposed: Mapping[str, Any], *, as_primary: bool
) -> None:
    rows: list[Any] = {
        ReviewField.EMAIL: contact.emails,
        ReviewField.PHONE: contact.phones,
        ReviewField.ADDRESS: contact.addresses,
    }[field]  # type: ignore[assignment]
    row = next((each for each in rows if _says(each, proposed)), None)
    if as_primary or not rows:
        for each in rows:
            each.is_primary = False
        db.flush()  # the database allows one primary at a time
    if row is None:
        row = _new_row(field, proposed)
        rows.append(row)
    row.is_primary = row.is_primary or as_primary or len(rows) == 1


def _says(row: Any, proposed: Mapping[str, Any]) -> bool:
    """Whether staff have typed the same by hand in the meantime."""
    if isinstance(row, ContactEmail):
        return row.folded == email_key(str(proposed["value"]))
    if isinstance(row, ContactPhone):
        return row.number == str(proposed["value"])
    return all(getattr(row, part) == value for part, value in proposed.items())


def _new_row(field: ReviewField, proposed: Mapping[str, Any]) -> ContactEmail | ContactPhone | ContactAddress:
    if field is ReviewField.EMAIL:
        address = str(proposed["value"])
        return ContactEmail(address=address, folded=email_key(address), original=address)
    if field is ReviewField.PHONE:
        number = str(proposed["value"])
        return ContactPhone(number=number, typed=number, original=number)
    return ContactAddress(**{"street": "", **proposed}, original=original_of(proposed))
