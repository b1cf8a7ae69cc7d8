"""Everything that belongs to one gift, from the form it came by to the last mail about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session, aliased

from app.giving.models import Gift, GiftPayment, GivingForm, Receipt, RecurringGift, Submission, Tribute
from app.giving.queries.receipts import receipts_of
from app.kernel.mail import Message
from app.payments.models import Checkout, Dispute, GatewayEvent, Mandate, Payment, Payout, Refund
from app.payments.queries import disputes_of, events_of, mandates_called, payout_of, refunds_of


@dataclass(frozen=True)
class PaymentStory:
    """One payment with what went back of it, the transfer that brought it to our bank, and a debit's mandate."""

    payment: Payment
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    payout: Payout | None
    mandate: Mandate | None


@dataclass(frozen=True)
class GiftStory:
    """The whole chain of a gift. What it has not got is None or empty."""

    gift: Gift
    form: GivingForm | None
    submission: Submission | None
    checkout: Checkout | None
    recurring: RecurringGift | None
    payments: Sequence[PaymentStory]
    receipts: Sequence[Receipt]
    tribute: Tribute | None
    replaces: Gift | None
    replaced_by: Gift | None
    events: Sequence[GatewayEvent]
    messages: Sequence[Message]

    @property
    def receipt(self) -> Receipt | None:
        """The newest receipt, in force or not."""
        return self.receipts[-1] if self.receipts else None


def gift_story(db: Session, gift: Gift) -> GiftStory:
    """The chain of a gift, in a fixed number of queries for each payment."""
    payments = [link.payment for link in gift.payments]
    checkout = _checkout_of(db, payments)
    receipts = receipts_of(db, gift.id)
    # The attempt's own events are the first charge's story; a renewal has only its own.
    is_first = gift.submission_id is not None
    checkout_ids = [checkout.id] if checkout and is_first else []
    return GiftStory(
        gift=gift,
        form=db.get(GivingForm, gift.form_id) if gift.form_id else None,
        submission=db.get(Submission, gift.submission_id) if gift.submission_id else None,
        checkout=checkout if is_first else None,
        recurring=db.get(RecurringGift, gift.recurring_gift_id) if gift.recurring_gift_id else None,
        payments=[_payment_story(db, payment) for payment in payments],
        receipts=receipts,
        tribute=db.scalars(select(Tribute).where(Tribute.gift_id == gift.id)).one_or_none(),
        replaces=db.get(Gift, gift.replaces_id) if gift.replaces_id else None,
        replaced_by=db.scalars(select(Gift).where(Gift.replaces_id == gift.id)).one_or_none(),
        events=events_of(db, [payment.id for payment in payments], checkout_ids),
        messages=messages_about(db, [gift.id], [receipt.id for receipt in receipts]),
    )


def _checkout_of(db: Session, payments: Sequence[Payment]) -> Checkout | None:
    found = next((payment.checkout_id for payment in payments if payment.checkout_id), None)
    return db.get(Checkout, found) if found else None


def _payment_story(db: Session, payment: Payment) -> PaymentStory:
    name = payment.mandate_reference
    mandate = mandates_called(db, [name]).get(name) if name else None
    return PaymentStory(
        payment, refunds_of(db, payment.id), disputes_of(db, payment.id), payout_of(db, payment), mandate
    )


def messages_with(db: Session, receipt: Receipt) -> list[Message]:
    """The mails a receipt went with, and those about it, oldest first."""
    gifts = [receipt.gift_id] if receipt.gift_id else [line.gift_id for line in receipt.lines]
    found = messages_about(db, gifts, [receipt.id])
    return [
        message
        for message in found
        if message.about_type == "receipt" or any(key == receipt.id for _kind, key in message.attachments)
    ]


def messages_about(
    db: Session, gift_ids: Sequence[int], receipt_ids: Sequence[int] | Select[int]
) -> list[Message]:  # fmt: skip
    """The mails about these gifts, their refunds and these receipts, oldest first, at most a hundred.

    Three questions put together, not one with an "or": PostgreSQL would read every mail for that.
    """
    of_gifts = select(Refund.id).join(GiftPayment, GiftPayment.payment_id == Refund.payment_id)
    refunds = of_gifts.where(GiftPayment.gift_id.in_(gift_ids))
    either = union_all(
        select(Message).where(Message.about_type == "refund", Message.about_id.in_(refunds)),
        select(Message).where(Message.about_type == "gift", Message.about_id.in_(gift_ids)),
        select(Message).where(Message.about_type == "receipt", Message.about_id.in_(receipt_ids)),
    )
    found = aliased(Message, either.subquery())
    return list(db.scalars(select(found).order_by(found.id).limit(100)))
