"""Events of the gateway as rows: stored once, worked, failed, replayed, and forgotten in part after a while."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from app.kernel import audit, jobs
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.inserting import insert_each_unless_there
from app.kernel.jobs import Job
from app.payments.effects import Effect, Outcome
from app.payments.gateway import EventEnvelope, Topic
from app.payments.models import EventStatus, GatewayEvent

TOLD = frozenset({Topic.CHECKOUT, Topic.PAYMENT, Topic.SUBSCRIPTION})
"""What events about the thing itself are about: those of a bill say more than how the charge is."""
BAD_SIGNATURE = "webhook.bad_signature"
"""What is counted when a message comes under a signature that is not the gateway's."""


def job_key(event_id: int) -> str:
    """The unique key of the job that works an event when it has come."""
    return f"payments.event:{event_id}"


def store_events(db: Session, envelopes: Sequence[EventEnvelope]) -> list[int]:
    """Keep events; the keys of those that were not known already, also when one comes twice at the same instant.

    All who do so take them in the same order: two processes that hold what the other waits for would never end.
    """
    at = now()
    rows = [
        {
            "reference": each.reference, "kind": each.kind, "object_reference": each.object_reference,
            "is_test": each.is_test, "api_version": each.api_version, "happened_at": each.happened_at,
            "payload": each.payload, "status": EventStatus.WAITING, "effect": "", "attempts": 0, "created_at": at,
        }
        for each in sorted(envelopes, key=lambda each: each.reference)
    ]  # fmt: skip
    return insert_each_unless_there(db, GatewayEvent, rows, key="reference")


_SEEN = select(
    GatewayEvent.status, GatewayEvent.kind, GatewayEvent.object_reference,
    select(func.max(GatewayEvent.id)).scalar_subquery(),
).where(GatewayEvent.id == bindparam("event_id"))  # fmt: skip
_NOTING_WORKED = (
    update(GatewayEvent)
    .where(GatewayEvent.id == bindparam("event_id"))
    .values(
        status=bindparam("became"), effect=bindparam("told"), worked_at=bindparam("at"), last_error=None,
        attempts=GatewayEvent.attempts + 1, checkout_id=func.coalesce(bindparam("checkout"), GatewayEvent.checkout_id),
        payment_id=func.coalesce(bindparam("payment"), GatewayEvent.payment_id),
    )
)  # fmt: skip

_TOLD_TOO = (  # whoever holds one of the others is noting it at this moment
    select(GatewayEvent.id)
    .where(
        GatewayEvent.object_reference.in_(bindparam("told", expanding=True)),
        GatewayEvent.status == EventStatus.WAITING,
        GatewayEvent.id <= bindparam("newest"),
        GatewayEvent.kind.in_(bindparam("kinds", expanding=True)),
    )
    .with_for_update(skip_locked=True)
)
_NOTING_TOLD = (
    update(GatewayEvent)
    .where(GatewayEvent.id.in_(_TOLD_TOO))
    .values(
        status=EventStatus.WORKED, effect=Effect.NOTHING_NEW.value, worked_at=bindparam("at"), last_error=None,
        checkout_id=bindparam("checkout"), payment_id=bindparam("payment"), attempts=GatewayEvent.attempts + 1,
    )
    .returning(GatewayEvent.id)
)  # fmt: skip


def seen_event(db: Session, event_id: int) -> tuple[EventStatus, str, str, int]:
    """(status, kind, what it is about, the key of the newest event): all that is needed for working an event.

    What is asked of the gateway from now on is later than all events up to the newest.
    """
    status, kind, reference, last = db.execute(_SEEN, {"event_id": event_id}).one()
    return status, kind, reference, last


def still_waiting(db: Session, event_ids: Sequence[int]) -> list[int]:
    """Those of these events that are not worked yet, in the order in which they came."""
    waiting = (GatewayEvent.id.in_(event_ids), GatewayEvent.status == EventStatus.WAITING)
    return list(db.scalars(select(GatewayEvent.id).where(*waiting).order_by(GatewayEvent.id)))


def note_worked(db: Session, event_id: int, outcome: Outcome) -> None:
    """Write down what came of it."""
    became = EventStatus.IGNORED if outcome.is_idle else EventStatus.WORKED
    values = {
        "event_id": event_id, "became": became, "told": outcome.code, "at": now(),
        "checkout": outcome.checkout_id, "payment": outcome.payment_id,
    }  # fmt: skip
    db.connection().execute(_NOTING_WORKED, values)


def note_told_with(db: Session, newest: int, outcome: Outcome, kinds: Sequence[str]) -> None:
    """Close waiting events about things that were fetched and applied with another one, after these had come.

    What was fetched later than an event came is at least as new as what the event tells. `newest` is the last event
    that was here before anything was fetched, `kinds` are those of events about the things of `TOLD`.
    """
    if not outcome.told:
        return
    values = {
        "told": sorted(outcome.told), "newest": newest, "kinds": kinds, "at": now(),
        "checkout": outcome.checkout_id, "payment": outcome.payment_id,
    }  # fmt: skip
    closed = db.connection().execute(_NOTING_TOLD, values).scalars().all()
    if closed:
        jobs.call_off(db, [job_key(event_id) for event_id in closed])


def note_failed(db: Session, event_id: int, error: str) -> None:
    """Write down that an attempt went wrong; `error` names kind and place, never personal data."""
    event = db.get(GatewayEvent, event_id, with_for_update=True)
    if event is not None and event.status in {EventStatus.WAITING, EventStatus.FAILED}:
        event.attempts += 1
        event.fail(error)


def replay_event(db: Session, event: GatewayEvent, *, actor: Actor) -> None:
    """Let an event be worked once more; whoever asks is written down."""
    event.wait()
    audit.note(db, actor, "gateway_event.replayed", event, kind=event.kind)


def retry_job(db: Session, job: Job, *, actor: Actor) -> None:
    """Give parked work another series of attempts; whoever asks is written down."""
    jobs.retry(db, job)
    audit.note(db, actor, "job.retried", job, kind=job.kind)
