"""What donors are told when a charge was refused or a card runs out: with a link by which it is mended."""

from enum import StrEnum

from sqlalchemy.orm import Session

from app.giving.letters import Desk, compose, opening, reader_of
from app.giving.models import FailedCharge, RecurringGift
from app.kernel.mail import Letter
from app.payments.models import Checkout, SubscriptionStatus

LINK = "mend_link"
PLACE = "[mend-link]"
"""Where the link stands in the text that is kept; the address itself is filled in when the mail leaves."""


class MailKind(StrEnum):
    """Why a donor is sent the link."""

    FAILED = "failed"
    LAST_TRY = "last_try"
    EXPIRES = "expires"
    ASKED = "asked"


def charge_failed(db: Session, desk: Desk, charge: FailedCharge, kind: MailKind) -> Letter | None:
    """Word of a bill that was refused; None where it was paid or given up meanwhile, or nobody is to be told."""
    if not charge.is_open:
        return None
    return _letter(
        db, desk, charge.recurring, kind, charge=charge, purpose=f"charge.{kind.value}", about_type="failed_charge",
        about_id=charge.id,
    )  # fmt: skip


def card_expires(db: Session, desk: Desk, recurring: RecurringGift) -> Letter | None:
    """Word that the card behind a recurring gift runs out."""
    return _letter(
        db, desk, recurring, MailKind.EXPIRES, purpose="recurring.card_expires", about_type="recurring_gift",
        about_id=recurring.id,
    )  # fmt: skip


def link_asked(db: Session, desk: Desk, recurring: RecurringGift, charge: FailedCharge | None) -> Letter | None:
    """The link on its own, which staff send; with word of what failed, if something did."""
    return _letter(
        db, desk, recurring, MailKind.ASKED, charge=charge, purpose="recurring.link", about_type="recurring_gift",
        about_id=recurring.id,
    )  # fmt: skip


def can_be_mended(db: Session, recurring: RecurringGift) -> bool:
    """Whether another payment method would change anything: not once it has ended, here or at the gateway."""
    if recurring.is_over or recurring.checkout_id is None:
        return False
    checkout = db.get_one(Checkout, recurring.checkout_id)
    return checkout.customer_reference is not None and checkout.subscription_status is not SubscriptionStatus.ENDED


def _letter(
    db: Session, desk: Desk, recurring: RecurringGift, kind: MailKind, *, charge: FailedCharge | None = None,
    **facts: object,
) -> Letter | None:  # fmt: skip
    contact = recurring.contact
    if contact.is_deceased or not can_be_mended(db, recurring):
        return None
    reader = reader_of(db, contact, recurring.submission_id)
    if reader is None:
        return None
    checkout = db.get(Checkout, recurring.checkout_id) if recurring.checkout_id else None
    values = opening(db, desk, contact, reader) | {
        "is_test_mode": checkout is not None and checkout.is_test,
        "kind": kind.value,
        "amount": charge.amount if charge else recurring.amount,
        "interval": recurring.interval.value,
        "has_failed": charge is not None,
        "needs_donor": charge is not None and charge.needs_donor,
        "next_try_on": charge.next_try_on if charge else None,
        "method": f"{recurring.method_brand.title()} ···· {recurring.method_last_four}".strip()
        if recurring.method_last_four
        else "",
        "expires_on": recurring.card_expires_on,
        "link": PLACE,
    }
    return compose(desk, "mend", reader, values, attachments=((LINK, recurring.id),), **facts)
