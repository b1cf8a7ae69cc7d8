"""Work on payments that is carried out by a worker. Each job is safe to run twice."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.actors import SYSTEM, Actor
from app.kernel.clock import now
from app.kernel.i18n import ngettext
from app.kernel.jobs import Closing, Work, job
from app.kernel.rounds import Findings, last_success
from app.payments import flows, queries, sweeps
from app.payments.flows import carry_out_event
from app.payments.gateway import EventEnvelope
from app.payments.models import GatewayEvent
from app.payments.services import gateway_events

FEW = 3
"""Events that come together and get their jobs at once; of more, a job of their own sees to it."""


@job("payments.carry_out_refund")
def carry_out_refund(work: Work, *, refund_id: int) -> None:
    """Ask the gateway for a refund that was written down."""
    flows.carry_out_refund(work, refund_id, actor=SYSTEM)


@job("payments.sweep")
def sweep_planned_before(_work: Work) -> None:
    """Nothing any more: sweeps that earlier versions planned as jobs are made by the round of the same name."""


def make_sweep(work: Work) -> Findings:
    """The daily round, back to the last one that succeeded; well when nothing was late, had drifted or failed."""
    with work.database.reading() as db:
        last = last_success(db, "payments.sweep")
    away = now() - last if last else timedelta()
    report = sweeps.sweep(work, days=sweeps.DAYS + away.days)
    return Findings(not (report.late or report.drifted or report.failed), asdict(report))


def sweep_in_words(facts: dict[str, Any]) -> str:
    """What the sweep found."""
    told = [ngettext("%(num)s thing was looked up.", "%(num)s things were looked up.", int(facts.get("looked_at", 0)))]
    if late := int(facts.get("late", 0)):
        told.append(ngettext("%(num)s message had never arrived.", "%(num)s messages had never arrived.", late))
    if drifted := int(facts.get("drifted", 0)):
        told.append(ngettext("%(num)s thing had changed unheard.", "%(num)s things had changed unheard.", drifted))
    if failed := int(facts.get("failed", 0)):
        told.append(ngettext("%(num)s look failed.", "%(num)s looks failed.", failed))
    return " ".join(told)


def receive_events(db: Session, envelopes: Sequence[EventEnvelope]) -> list[int]:
    """Keep events and have them worked, in one transaction; the keys of those that were not known already."""
    new = gateway_events.store_events(db, envelopes)
    if len(new) > FEW:
        jobs.enqueue_each(db, spread_events, [{"event_ids": new}])
    else:
        _have_worked(db, new)
    return new


@job("payments.spread_events")
def spread_events(_work: Work, *, event_ids: list[int]) -> Closing:
    """Write down a job for each event that waits of many that came together: taking them in had to be quick."""

    def close(db: Session) -> None:
        _have_worked(db, gateway_events.still_waiting(db, event_ids))

    return close


def _have_worked(db: Session, event_ids: Sequence[int]) -> None:
    keys = [gateway_events.job_key(event_id) for event_id in event_ids]
    jobs.enqueue_each(db, carry_out_event, [{"event_id": event_id} for event_id in event_ids], unique_keys=keys)


def replay_event(db: Session, event: GatewayEvent, *, actor: Actor) -> None:
    """Have an event worked once more, by its parked job if it has one, else by a new one."""
    gateway_events.replay_event(db, event, actor=actor)
    parked = queries.parked_work_of(db, event.id)
    if parked is not None:
        gateway_events.retry_job(db, parked, actor=actor)
    else:
        jobs.enqueue(db, carry_out_event, event_id=event.id)
