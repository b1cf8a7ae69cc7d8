"""Events of the gateway as rows: stored once, worked, failed, replayed, and forgotten in part after a while."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.kernel import audit, jobs
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.db import insert_each_unless_there
from app.kernel.jobs import Job
from app.payments.effects import Outcome
from app.payments.gateway import EventEnvelope
from app.payments.models import EventStatus, GatewayEvent


def store_events(db: Session, envelopes: Sequence[EventEnvelope]) -> list[int]:
    """Keep events; the keys of those that were not known already, also when one comes twice at the same instant."""
    at = now()
    rows = [
        {
            "reference": each.reference, "kind": each.kind, "object_reference": each.object_reference,
            "is_test": each.is_test, "api_version": each.api_version, "happened_at": each.happened_at,
            "payload": each.payload, "status": EventStatus.WAITING, "effect": "", "attempts": 0, "created_at": at,
        }
        for each in envelopes
    ]  # fmt: skip
    return insert_each_unless_there(db, GatewayEvent, rows, key="reference")


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
