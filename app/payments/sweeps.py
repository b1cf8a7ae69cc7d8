"""The safety net: messages that never reached us, what waits for an answer, and what may have changed unheard.

Runs daily (the round `payments.sweep`, or `flask payments sweep`) and goes through the same functions as the messages.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from app.kernel.actors import GATEWAY
from app.kernel.clock import now, today
from app.kernel.errors import Outside, Refused
from app.kernel.jobs import Work, enqueue
from app.payments import queries
from app.payments.effects import IDLE, Outcome
from app.payments.flows import carry_out_event, carry_out_refund, settle_checkout, work_event
from app.payments.following import follow, follow_refunds_of, writing
from app.payments.gateway import EventEnvelope, Gateway, Topic
from app.payments.models import PayoutStatus
from app.payments.services import gateway_events
from app.payments.services.checkouts import expire_abandoned
from app.payments.services.payouts import match_again

DAYS = 4
MOST_DAYS = 30
"""How far back the gateway remembers its events. Its payouts can be listed however old they are."""
LATE = timedelta(hours=1)
"""Messages younger than this may still be on their way; older ones were missed."""
DRIFTS_FOR = timedelta(days=90)
"""How long after a payment refunds are looked for of which nobody told us."""
TRAVELS_FOR = timedelta(days=14)
"""A transfer takes at most so long to our bank."""
TOLD_WITHIN = timedelta(days=1)
"""So long after a transfer has arrived its message may still be on its way."""
ABANDONED_AFTER = timedelta(days=2)
SOON = timedelta(minutes=5)
"""When the job of a missed event looks whether the sweep has worked it."""
log = structlog.get_logger()


@dataclass
class SweepReport:
    """How much was looked at, how many looks failed, and what had never reached us.

    What failed comes again tomorrow: the next round goes back to the last in which nothing did.

    `missed` counts every event that was not known yet, `late` those among them that should have been here long ago,
    and `drifted` the things that had changed without any event of it.
    """

    looked_at: int = 0
    missed: int = 0
    late: int = 0
    drifted: int = 0
    failed: int = 0

    def attempt(self, look: Callable[[], object]) -> object:
        """What one look gives; a failure of the outside is counted and leaves the rest alone."""
        self.looked_at += 1
        try:
            return look()
        except (Outside, Refused) as failure:
            self.failed += 1
            log.warning("sweep_failed", error=type(failure).__name__)
            return None

    def attempt_drift(self, look: Callable[[], Outcome]) -> None:
        """One look at something that should not have changed."""
        outcome = self.attempt(look)
        self.drifted += isinstance(outcome, Outcome) and bool(set(outcome.effects) - IDLE)


def sweep(work: Work, *, days: int = DAYS) -> SweepReport:
    """Look everything up that may have been missed in the last `days`, and everything unfinished.

    Of older messages than the gateway remembers its payouts tell: whatever money they are made of is looked up.

    Raises:
        GatewayUnavailable: the gateway does not answer at all.

    """
    gateway = work.ports.get(Gateway)
    report = SweepReport()
    if not gateway.is_open:
        return report
    for envelope in gateway.events_since(now() - timedelta(days=min(days, MOST_DAYS))):
        _catch_up(work, envelope, report)
    _begin_again(work)
    _unfinished(work, report)
    _missed_payouts(work, now() - timedelta(days=days), report)
    _drifting(work, report)
    with writing(work) as db:
        expire_abandoned(db, now() - ABANDONED_AFTER, actor=GATEWAY)
    log.info("sweep", **asdict(report))
    return report


def _catch_up(work: Work, envelope: EventEnvelope, report: SweepReport) -> None:
    """Store and work an event that had been missed. From now on it is known, so a job of its own sees to it as well."""
    with writing(work) as db:
        new = gateway_events.store_events(db, [envelope])
        for event_id in new:
            enqueue(db, carry_out_event, due_at=now() + SOON, event_id=event_id)
    for event_id in new:
        report.missed += 1
        report.late += envelope.happened_at < now() - LATE
        report.attempt(partial(work_event, work, event_id))


def _begin_again(work: Work) -> None:
    """Work that an outage of the gateway had parked: it answers now, and nobody has to press a button for it."""
    with writing(work) as db:
        for parked in queries.parked_by_outage(db):
            gateway_events.retry_job(db, parked, actor=GATEWAY)


def _missed_payouts(work: Work, since: datetime, report: SweepReport) -> None:
    """Transfers that have arrived or failed since, and of which nobody told us (or not that).

    Of one made by hand the gateway tells nothing, so that this is how we hear of it.
    """
    arrived_by = today() - TOLD_WITHIN
    found = [
        each
        for each in work.ports.get(Gateway).payouts_since(since - TRAVELS_FOR)
        if each.status is not PayoutStatus.IN_TRANSIT and each.arrives_on is not None and each.arrives_on < arrived_by
    ]
    with work.database.reading() as db:
        known = queries.payout_statuses(db, [each.reference for each in found])
    for each in reversed(found):
        if known.get(each.reference) is not each.status:
            attempt = report.attempt if each.is_by_hand else report.attempt_drift
            attempt(partial(follow, work, Topic.PAYOUT, each.reference))


def _unfinished(work: Work, report: SweepReport) -> None:
    with work.database.reading() as db:
        checkouts, refunds = queries.open_checkouts(db), queries.unfinished_refunds(db)
        charges, payouts = queries.unfinished_payments(db), queries.travelling_payouts(db)
        disputes = queries.open_disputes(db)
    for key in checkouts:
        report.attempt(partial(settle_checkout, work, key, actor=GATEWAY))
    for charge in charges:
        report.attempt(partial(follow, work, Topic.PAYMENT, charge))
    for refund_id, reference in refunds:
        if reference is None:
            report.attempt(partial(carry_out_refund, work, refund_id, actor=GATEWAY))
        else:
            report.attempt(partial(follow, work, Topic.REFUND, reference))
    for dispute in disputes:
        report.attempt(partial(follow, work, Topic.DISPUTE, dispute))
    for payout in payouts:
        report.attempt(partial(follow, work, Topic.PAYOUT, payout))
    with writing(work) as db:
        match_again(db, queries.unexplained_lines(db))


def _drifting(work: Work, report: SweepReport) -> None:
    """What may have changed at the gateway without our hearing of it, each thing once a week."""
    day = now().weekday()
    with work.database.reading() as db:
        subscriptions = queries.live_subscriptions(db, day)
        payments = queries.settled_since(db, now() - DRIFTS_FOR, day)
    for subscription in subscriptions:
        report.attempt_drift(partial(follow, work, Topic.SUBSCRIPTION, subscription))
    for payment in payments:
        report.attempt_drift(partial(follow_refunds_of, work, payment))
