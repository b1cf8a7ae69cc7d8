"""What donors are told before their account is debited.

Source: SEPA Direct Debit Core Rulebook, pre-notification: amount, day, mandate reference and creditor identifier.
"""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.letters import Desk, compose, on_its_way, opening, reader_of
from app.giving.models import DebitNotice, Gift
from app.giving.queries.debit_notices import newest_notice
from app.giving.queries.recurring import funds_of
from app.kernel.clock import date_of, today
from app.kernel.mail import Letter
from app.kernel.organisation import the_organisation
from app.payments.models import Checkout, Mandate, Method

COMING = "debit.coming"
NEAR = 7
"""Days between the day announced and the charge behind it: time zones, week-ends and bank holidays."""


def may_tell(db: Session, notice: DebitNotice) -> bool:
    """Whether what was to be announced is still so, and still ahead."""
    recurring = notice.recurring
    is_ahead = notice.debit_on >= today(the_organisation(db).time_zone)
    return notice.is_true and is_ahead and notice.mandate.is_active and not recurring.contact.is_deceased


def coming_debit(db: Session, desk: Desk, notice: DebitNotice) -> Letter | None:
    """Word of a debit of a recurring gift. None where it is not true any more, or there is no address to use."""
    recurring = notice.recurring
    if not may_tell(db, notice):
        return None
    reader = reader_of(db, recurring.contact, recurring.submission_id)
    if reader is None:
        return None
    checkout = db.get(Checkout, recurring.checkout_id) if recurring.checkout_id else None
    before = _before(db, notice)
    values = (
        opening(db, desk, recurring.contact, reader)
        | debit_values(db, notice.mandate, notice.debit_on)
        | {
            "is_test_mode": checkout is not None and checkout.is_test,
            "amount": notice.amount,
            "interval": recurring.interval.value,
            "before": before,
            "funds": [fund.public_name(reader.language) for fund in funds_of(db, recurring)],
        }
    )
    return compose(desk, "debit_notice", reader, values, purpose=COMING, about_type="debit_notice", about_id=notice.id)


def _before(db: Session, notice: DebitNotice) -> DebitNotice | None:
    """What was announced for this time of charging and is not so any more, if anything was."""
    mine = (DebitNotice.recurring_gift_id == notice.recurring_gift_id, DebitNotice.number == notice.number - 1)
    found = db.scalars(select(DebitNotice).where(*mine)).one_or_none()
    is_ahead = found is not None and found.debit_on >= date_of(notice.created_at, the_organisation(db).time_zone)
    return found if is_ahead else None


def debit_values(db: Session, mandate: Mandate, on: date | None) -> dict[str, Any]:
    """What a letter says of a debit: under which mandate, by whom, from which account, and when."""
    organisation = the_organisation(db)
    return {
        "mandate": mandate,
        "creditor": mandate.creditor_identifier or organisation.creditor_identifier,
        "debit_on": on,
    }


def begun_debit(db: Session, desk: Desk, gift: Gift) -> Letter | None:
    """Word that a gift is on its way, and for a debit all that is announced of one. None where it was announced before.

    The first debit of a mandate, and a single one, follow at once upon the donor's leave: this is their announcement.
    """
    if _was_announced(db, gift):
        return None
    return on_its_way(db, desk, gift, _debit_of(db, gift) | {"is_first": _is_first(db, gift)})


def _is_first(db: Session, gift: Gift) -> bool:
    """Whether a gift is the first of its recurring one."""
    before = select(Gift.id).where(Gift.recurring_gift_id == gift.recurring_gift_id, Gift.id < gift.id)
    return gift.recurring_gift_id is not None and db.scalar(before.limit(1)) is None


def _debit_of(db: Session, gift: Gift) -> dict[str, Any]:
    for link in gift.payments:
        payment = link.payment
        if payment.method is Method.SEPA_DEBIT and payment.mandate_reference:
            query = select(Mandate).where(Mandate.reference == payment.mandate_reference)
            mandate = db.scalars(query).one_or_none()
            if mandate is not None:
                on = date_of(payment.created_at, the_organisation(db).time_zone)
                return debit_values(db, mandate, on)
    return {}


def _was_announced(db: Session, gift: Gift) -> bool:
    """Whether the donor was told beforehand of the charge behind a gift: this amount, about this day."""
    if gift.recurring_gift_id is None:
        return False
    told = newest_notice(db, gift.recurring_gift_id)
    on = date_of(gift.created_at, the_organisation(db).time_zone)
    return told is not None and told.amount == gift.amount and abs((on - told.debit_on).days) <= NEAR
