"""When two years are over: the payment service's ledger and our books agree to the cent, and nothing is left over."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.giving.books import check
from app.giving.models import (
    ChangeStatus,
    Gift,
    GiftPayment,
    GiftStatus,
    Receipt,
    ReceiptChoice,
    ReceiptStatus,
    RecurringChange,
)
from app.giving.services.receipt_drafts import letterhead, missing_for
from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Message, MessageStatus
from app.kernel.rounds import RoundRun
from app.payments.models import Checkout, CheckoutStatus, Payment, Refund, RefundStatus
from tests.faults.aftermath import PROOFS, left_over
from tests.ledgers import compared, compared_line_by_line, compared_subscriptions


def findings(db: Session, ledger: dict[str, Any], subscriptions: list[dict[str, Any]], came: Counter[str]) -> list[str]:
    """Everything that is not as it should be, one line each."""
    return [
        *check(db),
        *compared(db, ledger),
        *compared_line_by_line(db, ledger),
        *compared_subscriptions(db, subscriptions),
        *left_over(db),
        *_unfinished(db),
        *_booked_once(db),
        *_receipts(db),
        *_letters(db, came),
        *_rounds(db),
    ]


def _unfinished(db: Session) -> Iterator[str]:
    """What was begun and is in nobody's hands any more."""
    due = (Job.status == JobStatus.WAITING, Job.due_at <= now())
    for kind, ids, error in db.execute(select(Job.kind, Job.ids, Job.last_error).where(*due)):
        yield f"Job {kind} {ids} is due and not done: {error}"
    for change in db.scalars(select(RecurringChange).where(RecurringChange.status == ChangeStatus.BEGUN)):
        yield f"Change {change.id} ({change.kind}) of recurring gift {change.recurring_gift_id} was never made."
    for refund_id in db.scalars(select(Refund.id).where(Refund.status == RefundStatus.REQUESTED)):
        yield f"Refund {refund_id} was asked for and never made."
    for checkout_id in db.scalars(select(Checkout.id).where(Checkout.status == CheckoutStatus.OPEN)):
        yield f"Attempt {checkout_id} to pay is still open."


def _booked_once(db: Session) -> Iterator[str]:
    """Each payment is one gift of its amount."""
    payments = select(func.count(GiftPayment.id)).group_by(GiftPayment.gift_id).having(func.count() > 1)
    if db.scalars(payments).all():
        yield "Gifts have several payments, which no charge of a gateway makes."
    unbooked = select(Payment.id).outerjoin(GiftPayment, GiftPayment.payment_id == Payment.id)
    for payment_id in db.scalars(unbooked.where(GiftPayment.id.is_(None))):
        yield f"Payment {payment_id} is no gift."


def _receipts(db: Session) -> Iterator[str]:
    """Whoever wants a receipt with each gift has one in force for what was kept, if the law's words are all there.

    Each cent of each receipt that stands is thereby compared with its gift; numbers are counted by `books check`.
    """
    head = letterhead(db)
    in_force = dict(
        db.execute(select(Receipt.gift_id, Receipt.amount_minor).where(Receipt.status == ReceiptStatus.ISSUED)).all()
    )
    for gift in db.scalars(select(Gift).where(Gift.status == GiftStatus.RECEIVED)):
        if gift.is_disputed:
            continue
        wants = gift.receipt_choice is ReceiptChoice.EACH and gift.kept.minor > 0
        is_due = wants and not missing_for(gift, head)
        expected = gift.kept.minor if is_due else None
        if in_force.get(gift.id) != expected:
            yield f"Gift {gift.id} has a receipt of {in_force.get(gift.id)} and should have one of {expected}."


def _letters(db: Session, came: Counter[str]) -> Iterator[str]:
    """Each letter was written once for its cause, and left unless it was stopped; nothing left that nobody wrote."""
    written = {each.token.lower(): each for each in db.scalars(select(Message))}
    for token, letter in written.items():
        if letter.status is MessageStatus.SENT and not came[token]:
            yield f"The letter {token} is called sent, and never came."
        if letter.status is MessageStatus.WAITING and letter.stopped_at is None:
            yield f"The letter {token} still waits."
    yield from (f"A mail came that nobody wrote: {token}." for token in came if token not in written)
    causes = select(Message.purpose, Message.about_type, Message.about_id, func.count(Message.id))
    of_gifts = Message.about_type.in_(("gift", "recurring_change", "receipt"))
    grouped = causes.where(of_gifts).group_by(Message.purpose, Message.about_type, Message.about_id)
    for purpose, about, key, many in db.execute(grouped.having(func.count(Message.id) > 1)):
        yield f"{purpose} was written {many} times about {about} {key}."


def _rounds(db: Session) -> Iterator[str]:
    """No proof of the product's own has ever failed, and the last of each duty is done and found all well."""
    ended = (RoundRun.ended_at.is_not(None), RoundRun.error.is_(None))
    for name, at, facts in db.execute(
        select(RoundRun.name, RoundRun.began_at, RoundRun.facts).where(*ended, ~RoundRun.is_well)
    ):
        if name in PROOFS:
            yield f"{name} found {facts} on {at:%d %B %Y}."
    newest = select(func.max(RoundRun.id)).group_by(RoundRun.name)
    for run in db.scalars(select(RoundRun).where(RoundRun.id.in_(newest))):
        if run.name in DUTIES and not run.is_well:
            yield f"{run.name} is not well at the end: {run.facts or run.error}."


DUTIES = frozenset({*PROOFS, "payments.sweep", "giving.changes"})
