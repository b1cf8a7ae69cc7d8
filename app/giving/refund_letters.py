"""What donors are told of money that goes back to them: once it has left us, and if it comes back to us after all."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.letters import Desk, compose, gift_values, reader_of
from app.giving.models import MONEY_RETURNED, Gift, GiftPayment, Receipt, ReceiptStatus
from app.giving.queries.receipts import receipts_of
from app.kernel.clock import date_of
from app.kernel.mail import Letter, Message, MessageStatus
from app.kernel.organisation import the_organisation
from app.payments.models import Refund, RefundStatus

REFUNDED, REFUND_FAILED = "refund.made", "refund.failed"


@dataclass(frozen=True)
class Corrected:
    """What became of a receipt that the donor holds: another in its place, or none."""

    held: Receipt
    new: Receipt | None

    @property
    def is_to_deliver(self) -> bool:
        """Whether the new one has not reached them yet."""
        return self.new is not None and self.new.sent_at is None


def refunded(db: Session, desk: Desk, refund: Refund) -> Letter | None:
    """Word that money was given back, with the receipt for the rest unless the donor has it. None if it is not so."""
    gift = gift_behind(db, refund)
    reader = reader_of(db, gift.contact, gift.submission_id) if gift else None
    if gift is None or reader is None or refund.status is not RefundStatus.SUCCEEDED:
        return None
    corrected = _corrected(db, gift)
    new = corrected.new if corrected else None
    values = gift_values(db, desk, gift, reader) | {
        "refunded": refund.amount,
        "corrected": corrected,
        "receipt_url": desk.links.receipt(new.token) if new else "",
    }
    attachments = (("receipt", new.id),) if new and corrected and corrected.is_to_deliver else ()
    return compose(
        desk, "refunded", reader, values, purpose=REFUNDED, about_type="refund", about_id=refund.id,
        attachments=attachments,
    )  # fmt: skip


def refund_failed(db: Session, desk: Desk, refund: Refund) -> Letter | None:
    """Word that a refund did not arrive. None for whoever was never told of it."""
    gift = gift_behind(db, refund)
    told = db.scalars(select(Message).where(*_word_of(refund))).first()
    reader = reader_of(db, gift.contact, gift.submission_id) if gift else None
    if gift is None or reader is None or refund.counts or told is None or told.sent_at is None:
        return None
    values: dict[str, Any] = gift_values(db, desk, gift, reader) | {
        "refunded": refund.amount,
        "told_on": date_of(told.sent_at, the_organisation(db).time_zone),
    }
    return compose(
        desk, "refund_failed", reader, values, purpose=REFUND_FAILED, about_type="refund", about_id=refund.id
    )


def may_tell(db: Session, refund: Refund, message: Message) -> bool:
    """Whether a letter about a refund is still true, and its donor lives."""
    gift = gift_behind(db, refund)
    is_true = message.purpose != REFUNDED or refund.status is RefundStatus.SUCCEEDED
    return is_true and gift is not None and not gift.contact.is_deceased


def gift_behind(db: Session, refund: Refund) -> Gift | None:
    """The gift that a refund gives back, if its money was booked as one."""
    query = select(Gift).join(GiftPayment, GiftPayment.gift_id == Gift.id)
    return db.scalars(query.where(GiftPayment.payment_id == refund.payment_id)).one_or_none()


def _word_of(refund: Refund) -> tuple[Any, ...]:
    return (
        Message.purpose == REFUNDED, Message.about_type == "refund", Message.about_id == refund.id,
        Message.status == MessageStatus.SENT,
    )  # fmt: skip


def _corrected(db: Session, gift: Gift) -> Corrected | None:
    """What became of the newest receipt of theirs that was delivered and then void because money went back."""
    mine = receipts_of(db, gift.id)
    held = [each for each in mine if each.sent_at and each.void_reason == MONEY_RETURNED]
    if not held:
        return None
    in_force = next((each for each in mine if each.status is ReceiptStatus.ISSUED), None)
    return Corrected(held[-1], in_force or _in_place_of(db, held[-1]))


def _in_place_of(db: Session, receipt: Receipt) -> Receipt | None:
    """The receipt in force at the end of those that replaced it: of a year's, this gift may not be on it any more."""
    latest: Receipt | None = receipt
    while latest is not None and latest.status is ReceiptStatus.REPLACED:
        latest = db.scalars(select(Receipt).where(Receipt.replaces_id == latest.id)).one_or_none()
    return latest if latest is not None and latest.status is ReceiptStatus.ISSUED else None
