"""What is done about direct debits every day: mandates that are not known are learnt, and coming debits announced."""

from dataclasses import asdict, dataclass
from datetime import time, timedelta
from typing import Any

import structlog

from app.giving.queries.debit_notices import days_to_tell_of, debits_without_mandate, each_coming_debit
from app.giving.services.debit_notices import plan_notice
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work
from app.kernel.rounds import Findings, Round
from app.payments.gateway import Gateway
from app.payments.mandates import learn_mandate

log = structlog.get_logger()


@dataclass
class Report:
    """How many mandates were learnt, debits announced, and questions that failed."""

    learnt: int = 0
    announced: int = 0
    failed: int = 0


def announce_debits(work: Work) -> Findings:
    """The daily round; well when nothing failed."""
    report = Report()
    if work.ports.get(Gateway).is_open:
        _learn(work, report)
    with work.database.reading() as db:
        days = days_to_tell_of(db)
        near = list(each_coming_debit(db, days)) if days else []
    for key in near:
        with work.database.writing() as db:
            act_as(db, SYSTEM)
            report.announced += plan_notice(db, key, actor=SYSTEM) is not None
    return Findings(not report.failed, asdict(report))


def _learn(work: Work, report: Report) -> None:
    with work.database.reading() as db:
        unknown = debits_without_mandate(db)
    for payment_id in unknown:
        try:
            report.learnt += learn_mandate(work, payment_id) is not None
        except (Outside, Refused) as failure:
            report.failed += 1
            log.warning("mandate_not_learnt", error=type(failure).__name__)


def debits_in_words(facts: dict[str, Any]) -> str:
    """What the round did."""
    told = []
    if done := int(facts.get("announced", 0)):
        told.append(ngettext("%(num)s direct debit was announced.", "%(num)s direct debits were announced.", done))
    if learnt := int(facts.get("learnt", 0)):
        told.append(ngettext("%(num)s mandate was read.", "%(num)s mandates were read.", learnt))
    if failed := int(facts.get("failed", 0)):
        told.append(ngettext("%(num)s attempt failed.", "%(num)s attempts failed.", failed))
    return " ".join(told) or _("No direct debit is to be announced.")


ROUND = Round(
    "giving.debits", _l("Tell donors of coming direct debits"), timedelta(days=1), announce_debits, at=time(6, 30),
    wording=debits_in_words,
)  # fmt: skip
