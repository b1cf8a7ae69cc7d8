"""Work on payments that is carried out by a worker. Each job is safe to run twice."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.actors import SYSTEM, Actor
from app.kernel.clock import now
from app.kernel.jobs import Work, job
from app.payments import flows, queries, sweeps
from app.payments.following import writing
from app.payments.gateway import EventEnvelope
from app.payments.models import GatewayEvent
from app.payments.services import gateway_events

A_DAY = timedelta(days=1)


@job("payments.work_event", lease=timedelta(minutes=20))
def work_event(work: Work, *, event_id: int) -> None:
    """Do what follows from an event of the gateway."""
    flows.work_event(work, event_id)


@job("payments.carry_out_refund")
def carry_out_refund(work: Work, *, refund_id: int) -> None:
    """Ask the gateway for a refund that was written down."""
    flows.carry_out_refund(work, refund_id, actor=SYSTEM)


@job("payments.sweep", lease=timedelta(hours=3))
def sweep(work: Work) -> None:
    """Look for what was missed, and plan the next sweep."""
    with writing(work, SYSTEM) as db:
        plan_sweep(db)
    sweeps.sweep(work)


def plan_sweep(db: Session) -> None:
    """Have a sweep made within a day; once planned, asking again changes nothing."""
    due_at = now() + A_DAY
    jobs.enqueue(db, sweep, due_at=due_at, unique_key=f"payments.sweep:{due_at.date()}")


def receive_event(db: Session, envelope: EventEnvelope) -> GatewayEvent | None:
    """Keep an event and have it worked, in one transaction. None when it is known already."""
    event = gateway_events.store_event(db, envelope)
    if event is not None:
        jobs.enqueue(db, work_event, event_id=event.id)
        plan_sweep(db)
    return event


def replay_event(db: Session, event: GatewayEvent, *, actor: Actor) -> None:
    """Have an event worked once more, by its parked job if it has one, else by a new one."""
    gateway_events.replay_event(db, event, actor=actor)
    parked = queries.parked_work_of(db, event.id)
    if parked is not None:
        gateway_events.retry_job(db, parked, actor=actor)
    else:
        jobs.enqueue(db, work_event, event_id=event.id)
