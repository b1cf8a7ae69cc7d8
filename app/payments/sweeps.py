"""The safety net: what the gateway told us while we were not there, and everything of ours that waits for an answer.

Runs daily (`payments.sweep`, or `flask payments sweep`) and goes through the same functions as the messages do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from app.kernel.actors import GATEWAY
from app.kernel.clock import now
from app.kernel.errors import Outside, Refused
from app.kernel.jobs import Work
from app.payments import queries
from app.payments.flows import carry_out_refund, settle_checkout, work_event
from app.payments.following import follow, writing
from app.payments.gateway import EventEnvelope, Gateway, Topic
from app.payments.services import gateway_events
from app.payments.services.checkouts import expire_abandoned

DAYS = 4
PAYLOADS_KEPT = timedelta(days=180)
ABANDONED_AFTER = timedelta(days=2)
log = structlog.get_logger()


@dataclass
class SweepReport:
    """How much was looked at, how many events had been missed, how many looks failed (they come again tomorrow)."""

    looked_at: int = 0
    missed: int = 0
    failed: int = 0

    def attempt(self, look: Callable[[], object]) -> None:
        """One look; a failure of the outside is counted and leaves the rest alone."""
        self.looked_at += 1
        try:
            look()
        except (Outside, Refused) as failure:
            self.failed += 1
            log.warning("sweep_failed", error=type(failure).__name__)


def sweep(work: Work, *, days: int = DAYS) -> SweepReport:
    """Look everything up that may have been missed in the last `days`, and everything unfinished.

    Raises:
        GatewayUnavailable: the gateway does not answer at all.

    """
    gateway = work.ports.get(Gateway)
    report = SweepReport()
    if not gateway.is_open:
        return report
    for envelope in gateway.events_since(now() - timedelta(days=days)):
        _catch_up(work, envelope, report)
    _unfinished(work, report)
    with writing(work) as db:
        expire_abandoned(db, now() - ABANDONED_AFTER, actor=GATEWAY)
        gateway_events.forget_payloads(db, now() - PAYLOADS_KEPT)
    log.info("sweep", looked_at=report.looked_at, missed=report.missed, failed=report.failed)
    return report


def _catch_up(work: Work, envelope: EventEnvelope, report: SweepReport) -> None:
    with writing(work) as db:
        event = gateway_events.store_event(db, envelope)
    if event is not None:
        report.missed += 1
        report.attempt(partial(work_event, work, event.id))


def _unfinished(work: Work, report: SweepReport) -> None:
    with work.database.reading() as db:
        checkouts, refunds = queries.open_checkouts(db), queries.unfinished_refunds(db)
        charges, payouts = queries.unfinished_payments(db), queries.travelling_payouts(db)
    for key in checkouts:
        report.attempt(partial(settle_checkout, work, key, actor=GATEWAY))
    for charge in charges:
        report.attempt(partial(follow, work, Topic.PAYMENT, charge))
    for refund_id, reference in refunds:
        if reference is None:
            report.attempt(partial(carry_out_refund, work, refund_id, actor=GATEWAY))
        else:
            report.attempt(partial(follow, work, Topic.REFUND, reference))
    for payout in payouts:
        report.attempt(partial(follow, work, Topic.PAYOUT, payout))
