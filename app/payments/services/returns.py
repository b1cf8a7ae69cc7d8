"""Applying what the gateway says of money that goes back: refunds, disputes, debits that the bank undoes.

`refunded_minor` and `disputed_minor` of a payment are always counted anew from the rows, under the payment's lock.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.events import publish
from app.payments.effects import Effect, Outcome
from app.payments.events import DisputeLost, DisputeOpened, PaymentReturned, RefundFailed, RefundSucceeded
from app.payments.gateway import DisputeState, RefundState
from app.payments.models import Dispute, DisputeStatus, Payment, PaymentStatus, Refund, RefundStatus
from app.payments.queries import UNDONE as UNDONE_NAME
from app.payments.queries import disputes_of, payment_by_reference, refunds_of
from app.payments.reversals import kind_of

LEFT_US = frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED})
UNDONE = "payment_undone"


def locked_payment(db: Session, *, charge: str | None, reference: str | None) -> Payment | None:
    """The payment that is meant, locked until the transaction ends."""
    found = payment_by_reference(db, charge=charge, reference=reference)
    if found is not None:
        db.refresh(found, with_for_update=True)
    return found


def apply_refund(db: Session, payment: Payment, state: RefundState, *, actor: Actor) -> Outcome:
    """A refund of ours, or one that somebody made at the gateway's dashboard. `payment` is locked."""
    refund = _refund_of(db, payment, state)
    is_news = refund.note_outcome(state.status, state.reference, state.failure_code)
    db.flush()  # counted below
    outcome = Outcome(checkout_id=payment.checkout_id, payment_id=payment.id)
    if is_news:
        outcome += Outcome((Effect.REFUND_NOTED if refund.counts else Effect.REFUND_FAILED,))
    has_succeeded = is_news and refund.status is RefundStatus.SUCCEEDED
    outcome += count_returned(db, payment, by_refund=has_succeeded, actor=actor)
    if has_succeeded:
        publish(db, RefundSucceeded(refund.id), actor=actor)
    elif is_news and not refund.counts:
        publish(db, RefundFailed(refund.id), actor=actor)
    return outcome


def _refund_of(db: Session, payment: Payment, state: RefundState) -> Refund:
    for column, name in ((Refund.reference, state.reference), (Refund.token, state.token)):
        found = db.scalars(select(Refund).where(column == name)).one_or_none() if name else None
        if found is not None and found.payment_id == payment.id:
            return found
    made = Refund(payment_id=payment.id, amount_minor=state.amount.minor, currency=state.amount.currency)
    db.add(made)
    return made


def refuse_refund(db: Session, refund: Refund, code: str, *, actor: Actor) -> Outcome:
    """The gateway will not return this money."""
    refund.note_outcome(RefundStatus.FAILED, None, code)
    db.flush()  # counted below
    return Outcome((Effect.REFUND_FAILED,)) + count_returned(db, refund.payment, actor=actor)


def apply_dispute(db: Session, payment: Payment, state: DisputeState, *, actor: Actor) -> Outcome:
    """A dispute or an inquiry, from its beginning to its end. `payment` is locked."""
    dispute = db.scalars(select(Dispute).where(Dispute.reference == state.reference)).one_or_none()
    is_new, was_lost = dispute is None, dispute is not None and dispute.status is DisputeStatus.LOST
    if dispute is None:
        dispute = _begun(payment, state)
        db.add(dispute)
    dispute.answer_by = state.answer_by
    dispute.is_answered = dispute.is_answered or state.is_answered
    dispute.note_state(state.status, funds_withdrawn=state.funds_withdrawn, fee_minor=state.fee_minor, at=now())
    db.flush()  # counted below
    if is_new and dispute.needs_answer:
        publish(db, DisputeOpened(dispute.id), actor=actor)
    if dispute.status is DisputeStatus.LOST and not was_lost:
        publish(db, DisputeLost(dispute.id), actor=actor)
    is_inquiry = dispute.status in {DisputeStatus.INQUIRY, DisputeStatus.CLOSED}
    effect = Effect.INQUIRY_NOTED if is_inquiry else Effect.DISPUTE_NOTED
    outcome = Outcome((effect,), payment.checkout_id, payment.id)
    return outcome + count_returned(db, payment, actor=actor)


def _begun(payment: Payment, state: DisputeState) -> Dispute:
    opened_at = state.opened_at or now()
    return Dispute(
        payment_id=payment.id, reference=state.reference, amount_minor=state.amount.minor,
        currency=state.amount.currency, reason=state.reason, status=state.status, opened_at=opened_at,
        kind=kind_of(payment, state.reason, opened_at),
    )  # fmt: skip


def take_back(db: Session, payment: Payment, code: str | None, *, actor: Actor) -> Outcome:
    """The bank undid a payment that had settled: a dispute that is lost from the start, under the charge's own name."""
    name = f"{payment.charge_reference}{UNDONE_NAME}"
    if db.scalar(select(Dispute.id).where(Dispute.reference == name)) is not None:
        return Outcome()
    undone = Dispute(
        payment_id=payment.id,
        reference=name,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reason=code or UNDONE,
        status=DisputeStatus.LOST,
        funds_withdrawn=True,
        closed_at=now(),
        opened_at=now(),
        kind=kind_of(payment, code or UNDONE, now()),
    )
    db.add(undone)
    db.flush()  # counted below
    publish(db, DisputeLost(undone.id), actor=actor)
    return Outcome((Effect.PAYMENT_TAKEN_BACK,)) + count_returned(db, payment, actor=actor)


def count_returned(db: Session, payment: Payment, *, by_refund: bool = False, actor: Actor) -> Outcome:
    """Count anew what has gone back. A dispute counts once it is lost; together no more than came."""
    if payment.status is not PaymentStatus.SETTLED:
        return Outcome()
    refunded = sum(r.amount_minor for r in refunds_of(db, payment.id) if r.status in LEFT_US)
    disputes = disputes_of(db, payment.id)
    disputed = sum(d.amount_minor for d in disputes if d.status is DisputeStatus.LOST)
    refunded = min(refunded, payment.amount_minor)
    disputed = min(disputed, payment.amount_minor - refunded)
    is_open = any(not dispute.is_over for dispute in disputes)
    if not payment.note_returned(refunded, disputed, is_disputed=is_open):
        return Outcome()
    publish(db, PaymentReturned(payment.id, by_refund), actor=actor)
    return Outcome((Effect.RETURNED_CHANGED,), payment.checkout_id, payment.id)
