"""Events of the gateway as rows: stored once, worked, failed, replayed, and forgotten in part after a while."""

from datetime import datetime

from sqlalchemy import String, cast, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit, jobs
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.jobs import Job
from app.payments.effects import Outcome
from app.payments.gateway import EventEnvelope
from app.payments.models import EventStatus, GatewayEvent


def store_event(db: Session, envelope: EventEnvelope) -> GatewayEvent | None:
    """Keep an event; None when it is known already, also if it comes twice at the same instant."""
    if db.scalar(select(GatewayEvent.id).where(GatewayEvent.reference == envelope.reference)) is not None:
        return None
    event = GatewayEvent(
        reference=envelope.reference,
        kind=envelope.kind,
        object_reference=envelope.object_reference,
        is_test=envelope.is_test,
        api_version=envelope.api_version,
        happened_at=envelope.happened_at,
        payload=envelope.payload,
    )
    try:
        with db.begin_nested():
            db.add(event)
    except IntegrityError:
        return None
    return event


def note_worked(event: GatewayEvent, outcome: Outcome) -> None:
    """Write down what came of it."""
    if outcome.is_idle:
        event.ignore(outcome.code, now())
    else:
        event.worked(outcome.code, now(), checkout_id=outcome.checkout_id, payment_id=outcome.payment_id)


def note_failed(db: Session, event_id: int, error: str) -> None:
    """Write down that an attempt went wrong; `error` names kind and place, never personal data."""
    event = db.get(GatewayEvent, event_id, with_for_update=True)
    if event is not None and event.status in {EventStatus.WAITING, EventStatus.FAILED}:
        event.fail(error)


def replay_event(db: Session, event: GatewayEvent, *, actor: Actor) -> None:
    """Let an event be worked once more; whoever asks is written down."""
    event.wait()
    audit.note(db, actor, "gateway_event.replayed", event, kind=event.kind)


def retry_job(db: Session, job: Job, *, actor: Actor) -> None:
    """Give parked work another series of attempts; whoever asks is written down."""
    jobs.retry(db, job)
    audit.note(db, actor, "job.retried", job, kind=job.kind)


def forget_payloads(db: Session, before: datetime, limit: int = 1000) -> int:
    """Blank the payloads (they hold names and addresses) of events received before; how many, at most `limit`."""
    old = (
        GatewayEvent.created_at < before,
        GatewayEvent.status.in_([EventStatus.WORKED, EventStatus.IGNORED]),
        cast(GatewayEvent.payload, String) != "{}",
    )
    ids = list(db.scalars(select(GatewayEvent.id).where(*old).order_by(GatewayEvent.id).limit(limit)))
    if ids:
        db.execute(update(GatewayEvent).where(GatewayEvent.id.in_(ids)).values(payload={}))
    return len(ids)
