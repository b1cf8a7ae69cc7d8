"""What is done about recurring gifts every day: changes left half-way are finished, and days kept as agreed."""

from dataclasses import asdict, dataclass
from datetime import time, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from app.giving import changing, keeping_terms
from app.giving.charge_days import EVERY_MONTH_HAS, has_slipped
from app.giving.models import ChangeStatus, RecurringChange, RecurringGift, RecurringStatus
from app.kernel.actors import SYSTEM
from app.kernel.clock import now
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work
from app.kernel.rounds import Findings, Round
from app.payments.gateway import Gateway

LYING = timedelta(minutes=10)
"""A change that was begun longer ago than this is not being made by anybody any more."""
MOST = 500
log = structlog.get_logger()


@dataclass
class Report:
    """How many changes were finished, days and ends moved back to what was agreed on, and attempts that failed."""

    finished: int = 0
    moved: int = 0
    ends: int = 0
    failed: int = 0


def keep_changes(work: Work) -> Findings:
    """The daily round; well when nothing failed."""
    report = Report()
    if work.ports.get(Gateway).is_open:
        for change_id in _left_lying(work):
            try:
                changing.carry_out_change(work, change_id, actor=SYSTEM)
                report.finished += 1
            except (Outside, Refused) as failure:
                _failed(report, failure)
        for recurring_id, day in _slipped(work):
            try:
                changing.move_day(work, recurring_id, day, actor=SYSTEM)
                report.moved += 1
            except (Outside, Refused) as failure:
                _failed(report, failure)
        for recurring_id in keeping_terms.off_terms(work, MOST):
            try:
                keeping_terms.put_right(work, recurring_id)
                report.ends += 1
            except (Outside, Refused) as failure:
                _failed(report, failure)
    return Findings(not report.failed, asdict(report))


def _failed(report: Report, failure: Exception) -> None:
    report.failed += 1
    log.warning("change_failed", error=type(failure).__name__)


def _left_lying(work: Work) -> list[int]:
    begun = (RecurringChange.status == ChangeStatus.BEGUN, RecurringChange.created_at < now() - LYING)
    with work.database.reading() as db:
        return list(db.scalars(select(RecurringChange.id).where(*begun).order_by(RecurringChange.id).limit(MOST)))


def _slipped(work: Work) -> list[tuple[int, int]]:
    """(key, agreed day) of recurring gifts that a short month has pulled to an earlier day."""
    columns = select(RecurringGift.id, RecurringGift.next_on, RecurringGift.charge_day)
    late = (
        RecurringGift.status == RecurringStatus.ACTIVE,
        RecurringGift.charge_day > EVERY_MONTH_HAS,
        RecurringGift.anchor_day < RecurringGift.charge_day,
    )
    with work.database.reading() as db:
        rows = db.execute(columns.where(*late)).all()
    return [(key, day) for key, next_on, day in rows if next_on and day and has_slipped(next_on, day)][:MOST]


def changes_in_words(facts: dict[str, Any]) -> str:
    """What the round did."""
    told = []
    if done := int(facts.get("finished", 0)):
        told.append(ngettext("%(num)s change was finished.", "%(num)s changes were finished.", done))
    if moved := int(facts.get("moved", 0)):
        told.append(ngettext("%(num)s day was put right.", "%(num)s days were put right.", moved))
    if ends := int(facts.get("ends", 0)):
        told.append(ngettext("%(num)s end was put right.", "%(num)s ends were put right.", ends))
    if failed := int(facts.get("failed", 0)):
        told.append(ngettext("%(num)s attempt failed.", "%(num)s attempts failed.", failed))
    return " ".join(told) or _("Every change is made.")


ROUND = Round(
    "giving.changes", _l("Finish changes of recurring gifts"), timedelta(days=1), keep_changes, at=time(4, 20),
    wording=changes_in_words,
)  # fmt: skip
