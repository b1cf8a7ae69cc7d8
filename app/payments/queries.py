"""What may be asked of payments."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session, defer

from app.kernel.jobs import AFTER, Job, JobStatus
from app.kernel.pages import Page, Sort, paginate
from app.payments.gateway import GatewayUnavailable
from app.payments.models import (
    Checkout,
    CheckoutStatus,
    Dispute,
    DisputeStatus,
    EventStatus,
    GatewayEvent,
    Mandate,
    Payment,
    PaymentStatus,
    Payout,
    PayoutLine,
    PayoutStatus,
    Refund,
    RefundStatus,
    SubscriptionStatus,
)

NO_ANSWER = GatewayUnavailable.__name__
"""How the notes of jobs begin that failed because the gateway did not answer: app.kernel.jobs writes kind and place."""
UNDONE = "-undone"
"""How the names end that we give to what the bank undid; the gateway knows nothing of them."""


def payment_by_reference(db: Session, *, charge: str | None, reference: str | None) -> Payment | None:
    """The payment that the gateway means by its names of the charge and, failing that, of the payment."""
    for column, name in ((Payment.charge_reference, charge), (Payment.reference, reference)):
        found = db.scalars(select(Payment).where(column == name)).one_or_none() if name else None
        if found is not None:
            return found
    return None


def payments_of_checkout(db: Session, checkout_id: int) -> list[Payment]:
    """Every payment that came of an attempt, oldest first: several for a recurring one."""
    return list(db.scalars(select(Payment).where(Payment.checkout_id == checkout_id).order_by(Payment.id)))


def refunds_of(db: Session, payment_id: int) -> list[Refund]:
    """Every refund of a payment, oldest first."""
    return list(db.scalars(select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id)))


def disputes_of(db: Session, payment_id: int) -> list[Dispute]:
    """Every dispute of a payment, oldest first."""
    return list(db.scalars(select(Dispute).where(Dispute.payment_id == payment_id).order_by(Dispute.id)))


def mandates_of(db: Session, checkout_ids: Sequence[int]) -> list[Mandate]:
    """The mandates given with these attempts to pay, newest first."""
    query = select(Mandate).where(Mandate.checkout_id.in_(checkout_ids)).order_by(Mandate.id.desc())
    return list(db.scalars(query))


def mandates_called(db: Session, references: Sequence[str]) -> dict[str, Mandate]:
    """The mandates with these names of the gateway, by name."""
    found = db.scalars(select(Mandate).where(Mandate.reference.in_(references))) if references else ()
    return {each.reference: each for each in found}


def payout_of(db: Session, payment: Payment) -> Payout | None:
    """The transfer to our bank that contained this payment, once it is known."""
    if payment.payout_reference is None:
        return None
    return db.scalars(select(Payout).where(Payout.reference == payment.payout_reference)).one_or_none()


def events_of(db: Session, payment_ids: Sequence[int], checkout_ids: Sequence[int]) -> list[GatewayEvent]:
    """What the gateway told us of these payments and attempts, oldest first, at most 200."""
    about = or_(GatewayEvent.payment_id.in_(payment_ids), GatewayEvent.checkout_id.in_(checkout_ids))
    query = select(GatewayEvent).where(about).order_by(GatewayEvent.happened_at, GatewayEvent.id).limit(200)
    return list(db.scalars(query))


def gateway_events(
    db: Session, *, kind: str = "", status: EventStatus | None = None, cursor: str | None = None
) -> Page:
    """Events of one kind and status, or all, newest first."""
    query = select(GatewayEvent)
    if kind:
        query = query.where(GatewayEvent.kind == kind)
    if status is not None:
        query = query.where(GatewayEvent.status == status)
    order = [Sort(GatewayEvent.created_at, descending=True), Sort(GatewayEvent.id, descending=True)]
    return paginate(db, query.options(defer(GatewayEvent.payload)), order, cursor=cursor)


def parked_jobs(db: Session, *, cursor: str | None = None) -> Page:
    """Work that was tried often and waits for a person, oldest first."""
    return paginate(db, select(Job).where(Job.status == JobStatus.PARKED), [Sort(Job.id)], cursor=cursor)


def first_parked(db: Session, limit: int) -> tuple[list[Job], int]:
    """The oldest work that waits for a person, and how much there is in all: one question."""
    query = select(Job, func.count().over()).where(Job.status == JobStatus.PARKED).order_by(Job.id).limit(limit)
    rows = db.execute(query).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def oldest_parked(db: Session, limit: int = 500) -> Sequence[Job]:
    """Work that waits for a person, oldest first, held until the end of this transaction."""
    query = select(Job).where(Job.status == JobStatus.PARKED).order_by(Job.id).limit(limit)
    return db.scalars(query.with_for_update(skip_locked=True)).all()


def parked_work_of(db: Session, event_id: int) -> Job | None:
    """The parked job of an event, if its job is parked."""
    query = select(Job).where(Job.status == JobStatus.PARKED, Job.kind == "payments.work_event")
    return next((job for job in db.scalars(query) if job.ids.get("event_id") == event_id), None)


def failed_events(db: Session) -> int:
    """How many events went wrong and wait for a person."""
    query = select(func.count()).select_from(GatewayEvent).where(GatewayEvent.status == EventStatus.FAILED)
    return db.scalar(query) or 0


def event_kinds(db: Session) -> list[str]:
    """The kinds of events that have ever come, for filters."""
    return list(db.scalars(select(GatewayEvent.kind).distinct().order_by(GatewayEvent.kind)))


def open_checkouts(db: Session, limit: int = 500) -> list[int]:
    """Keys of attempts whose end we have not heard of, oldest first."""
    query = select(Checkout.id).where(Checkout.status == CheckoutStatus.OPEN).order_by(Checkout.id).limit(limit)
    return list(db.scalars(query))


def unfinished_payments(db: Session, limit: int = 500) -> list[str]:
    """Charges that are on their way, or settled with a fee not known yet, oldest first."""
    is_unfinished = or_(
        Payment.status == PaymentStatus.PROCESSING,
        (Payment.status == PaymentStatus.SETTLED) & Payment.balance_reference.is_(None),
    )
    query = select(Payment.charge_reference).where(is_unfinished, Payment.charge_reference.is_not(None))
    return [reference for reference in db.scalars(query.order_by(Payment.id).limit(limit)) if reference]


def unfinished_refunds(db: Session, limit: int = 500) -> list[tuple[int, str | None]]:
    """(key, the gateway's reference) of refunds asked for or on their way, oldest first."""
    waits = Refund.status.in_([RefundStatus.REQUESTED, RefundStatus.PENDING])
    rows = db.execute(select(Refund.id, Refund.reference).where(waits).order_by(Refund.id).limit(limit))
    return [(row[0], row[1]) for row in rows]


def open_disputes(db: Session, limit: int = 500) -> list[str]:
    """References of disputes that are not decided, oldest first."""
    over = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED)
    query = select(Dispute.reference).where(Dispute.status.not_in(over)).order_by(Dispute.id).limit(limit)
    return [reference for reference in db.scalars(query) if reference and not reference.endswith(UNDONE)]


def live_subscriptions(db: Session, day: int, limit: int = 300) -> list[str]:
    """References of subscriptions that have not ended: those whose turn it is on this day of the week (0 to 6)."""
    query = select(Checkout.subscription_reference).where(
        Checkout.subscription_reference.is_not(None),
        Checkout.subscription_status.is_distinct_from(SubscriptionStatus.ENDED),
        Checkout.id % 7 == day,
    )
    return [reference for reference in db.scalars(query.order_by(Checkout.id.desc()).limit(limit)) if reference]


def settled_since(db: Session, since: datetime, day: int, limit: int = 300) -> list[str]:
    """The gateway's names of payments settled since: those whose turn it is on this day of the week (0 to 6)."""
    query = select(Payment.reference).where(
        Payment.status == PaymentStatus.SETTLED,
        Payment.settled_at >= since,
        Payment.reference.is_not(None),
        Payment.id % 7 == day,
    )
    return [reference for reference in db.scalars(query.order_by(Payment.id.desc()).limit(limit)) if reference]


def old_payloads(before: datetime) -> list[ColumnElement[bool]]:
    """Events that are done and were received before, whose texts (they hold names and addresses) are still there."""
    done = GatewayEvent.status.in_([EventStatus.WORKED, EventStatus.IGNORED])
    return [GatewayEvent.created_at < before, done, cast(GatewayEvent.payload, String) != "{}"]


def travelling_payouts(db: Session, limit: int = 500) -> list[str]:
    """References of transfers that have not arrived or whose lines are not all known, oldest first.

    One made by hand is never itemised, so nobody waits for its lines.
    """
    has_lines = select(PayoutLine.id).where(PayoutLine.payout_id == Payout.id).exists()
    unread = ~Payout.is_by_hand & (Payout.reconciled_at.is_(None) | ~has_lines)
    waits = or_(Payout.status == PayoutStatus.IN_TRANSIT, unread)
    return list(db.scalars(select(Payout.reference).where(waits).order_by(Payout.id).limit(limit)))


def payout_statuses(db: Session, references: Sequence[str]) -> dict[str, PayoutStatus]:
    """What is known here of the transfers with these names, by name."""
    query = select(Payout.reference, Payout.status).where(Payout.reference.in_(references))
    return {row.reference: row.status for row in db.execute(query)}


def parked_by_outage(db: Session, limit: int = 500) -> Sequence[Job]:
    """Work that was given up because the gateway did not answer, oldest first, held until the transaction's end.

    Also where the worker of the last attempt died. One that has begun again since and loses its worker once more has
    both in its error, and waits for a person: no job may kill workers day after day.
    """
    of_outage = Job.last_error.startswith(NO_ANSWER) | Job.last_error.startswith(f"{AFTER}{NO_ANSWER}")
    query = select(Job).where(Job.status == JobStatus.PARKED, of_outage).order_by(Job.id).limit(limit)
    return db.scalars(query.with_for_update(skip_locked=True)).all()


def unexplained_lines(db: Session, limit: int = 500) -> list[int]:
    """Keys of lines of payouts behind which nothing of ours was found and of which nobody said what they are."""
    return list(db.scalars(select(PayoutLine.id).where(~PayoutLine.is_explained).order_by(PayoutLine.id).limit(limit)))


def count_unexplained(db: Session) -> int:
    """How many such lines there are."""
    return db.scalar(select(func.count()).select_from(PayoutLine).where(~PayoutLine.is_explained)) or 0
