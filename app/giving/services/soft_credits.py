"""Recognising people for gifts that others made: given, and taken back."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import CreditRole, Gift, GiftStatus, SoftCredit
from app.giving.services.locking import hold_gift
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class CreditDetails:
    """Who is recognised, why, and for how much, in the gift's currency."""

    contact: Contact
    role: CreditRole
    amount: Money


def credit_softly(db: Session, gift: Gift, details: CreditDetails, *, actor: Actor) -> SoftCredit:
    """Recognise a contact for somebody else's gift. No total of the donor changes by it.

    Raises:
        Refused: it is the donor's own gift, or the contact has a credit for it already or is archived, the gift never
            came, or the amount is nothing or above the gift.

    """
    hold_gift(db, gift)
    if details.contact.id == gift.contact_id:
        raise Refused(_l("This is their own gift: it counts for them already."), field="contact")
    if details.contact.archived_at is not None:
        raise Refused(_l("This contact is archived. Restore it first."), field="contact")
    if gift.status not in {GiftStatus.RECEIVED, GiftStatus.PENDING}:
        raise Refused(_l("Nobody can be recognised for a gift that never came."))
    if not 0 < details.amount.minor <= gift.amount_minor or details.amount.currency != gift.currency:
        raise Refused(_l("The amount must be above zero, and not above the gift."), field="amount")
    there = select(SoftCredit.id).where(SoftCredit.gift_id == gift.id, SoftCredit.contact_id == details.contact.id)
    if db.scalar(there) is not None:
        raise Refused(_l("They are recognised for this gift already."), field="contact")
    credit = SoftCredit(
        gift_id=gift.id, contact_id=details.contact.id, role=details.role, amount_minor=details.amount.minor
    )
    db.add(credit)
    audit.note(db, actor, "soft_credit.given", credit)
    return credit


def take_back_credit(db: Session, credit: SoftCredit, *, actor: Actor) -> None:
    """Take a recognition back; the gift stays as it is."""
    audit.note(db, actor, "soft_credit.taken_back", credit)
    db.delete(credit)
