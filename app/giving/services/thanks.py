"""What donors are told, and when: jobs are written in the transaction of their cause, one for each letter."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving import jobs
from app.giving.events import GiftBegun, GiftFailed, GiftReceived, ReceiptCorrected
from app.giving.letters import Desk, receipt_letter
from app.giving.models import Gift, Receipt, Tribute
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import enqueue, enqueue_each
from app.payments.events import RefundFailed, RefundSucceeded


def thank_donor(db: Session, event: GiftReceived, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """A gift was received: thank its donor, once, and tell whoever they named in a tribute."""
    key = event.gift_id
    if event.is_thanked:
        enqueue(db, jobs.acknowledge_gift, unique_key=f"giving.acknowledge:{key}", gift_id=key)
    if db.scalar(select(Tribute.id).where(Tribute.gift_id == key)) is not None:
        enqueue(db, jobs.notify_of_tribute, unique_key=f"giving.tribute:{key}", gift_id=key)


def announce(db: Session, event: GiftBegun, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """A gift is on its way: say so, since direct debits take days."""
    enqueue(db, jobs.announce_gift, unique_key=f"giving.on_its_way:{event.gift_id}", gift_id=event.gift_id)


def tell_failure(db: Session, event: GiftFailed, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """A payment failed for good: tell the donor, who may think it was made; of recurring ones its bill tells."""
    if db.scalar(select(Gift.recurring_gift_id).where(Gift.id == event.gift_id)) is not None:
        return
    enqueue(db, jobs.tell_failure, unique_key=f"giving.failed:{event.gift_id}", gift_id=event.gift_id)


def tell_of_correction(db: Session, event: ReceiptCorrected, *, actor: Actor) -> None:  # noqa: ARG001 - as above
    """A receipt the donor holds is void: send the new one, or say that the old one no longer counts.

    Where a refund is the cause, the mail about that says it: nobody gets two about the same.
    """
    old = db.get_one(Receipt, event.receipt_id)
    told_with = event.new_receipt_id or event.receipt_id
    if old.sent_at is not None and not event.by_refund:
        enqueue(db, jobs.send_receipt, unique_key=f"giving.receipt:{told_with}:correction", receipt_id=told_with)


def tell_of_refund(db: Session, event: RefundSucceeded, *, actor: Actor) -> None:  # noqa: ARG001 - as above
    """Money has gone back to a donor: say so, once."""
    enqueue(db, jobs.tell_of_refund, unique_key=f"giving.refunded:{event.refund_id}", refund_id=event.refund_id)


def tell_of_failed_refund(db: Session, event: RefundFailed, *, actor: Actor) -> None:  # noqa: ARG001 - as above
    """A refund did not arrive: say so to whoever was told that it would."""
    key = f"giving.refund_failed:{event.refund_id}"
    enqueue(db, jobs.tell_of_failed_refund, unique_key=key, refund_id=event.refund_id)


def send_each_later(db: Session, issued: Sequence[Receipt]) -> None:
    """Send receipts that donors were told would follow."""
    keys = [f"giving.receipt:{receipt.id}" for receipt in issued]
    enqueue_each(db, jobs.send_receipt, [{"receipt_id": receipt.id} for receipt in issued], unique_keys=keys)


def send_receipt(db: Session, receipt: Receipt, desk: Desk, *, actor: Actor) -> str:
    """Send a receipt to its donor now: the original the first time, a copy from then on. The address it goes to.

    Raises:
        Refused: no e-mail address is known, or the donor has died.

    """
    letter = receipt_letter(db, desk, receipt)
    if letter is None:
        raise Refused(_l("There is no e-mail address to send this receipt to. Print it instead."))
    jobs.post_letter(db, letter)
    audit.note(db, actor, "receipt.sent", receipt, code=receipt.code)
    return letter.to_address


def hand_over(db: Session, receipt: Receipt, *, actor: Actor) -> None:
    """Note that a receipt was given on paper: what is printed from now on is marked as a copy."""
    receipt.mark_sent(now())
    audit.note(db, actor, "receipt.handed_over", receipt, code=receipt.code)
