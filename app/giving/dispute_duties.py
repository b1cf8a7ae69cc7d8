"""What is done about disputes: staff are told when one opens, when its time runs out, and when the money is gone."""

from datetime import time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.giving import jobs
from app.giving.queries.disputes import unanswered_until
from app.kernel.actors import SYSTEM, Actor
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work, enqueue
from app.kernel.rounds import Findings, Round
from app.payments.events import DisputeLost, DisputeOpened

BEFORE = timedelta(days=3)


def tell_later(db: Session, event: DisputeOpened, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """A dispute has opened: have those told who may do something about it."""
    key = event.dispute_id
    enqueue(db, jobs.tell_of_dispute, unique_key=f"giving.dispute:{key}", dispute_id=key)


def tell_of_loss(db: Session, event: DisputeLost, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """Money is gone: have those told who are to take note of it."""
    key = event.dispute_id
    enqueue(db, jobs.tell_of_loss, unique_key=f"giving.dispute:{key}:lost", dispute_id=key)


def remind_of_disputes(work: Work) -> Findings:
    """Remind of each dispute once, three days before its time is over, unless it was answered."""
    with work.database.reading() as db:
        found = unanswered_until(db, now() + BEFORE)
    reminded = 0
    for key in found:
        with work.database.writing() as db:
            act_as(db, SYSTEM)
            same = f"giving.dispute:{key}:soon"
            reminded += enqueue(db, jobs.remind_of_dispute, unique_key=same, dispute_id=key) is not None
    return Findings(is_well=True, facts={"reminded": reminded})


def reminders_in_words(facts: dict[str, Any]) -> str:
    """What the round did."""
    count = int(facts.get("reminded", 0))
    if not count:
        return _("No dispute is about to run out.")
    return ngettext("The team was reminded of %(num)s dispute.", "The team was reminded of %(num)s disputes.", count)


ROUND = Round(
    "giving.disputes", _l("Remind of disputes that are to be answered"), timedelta(days=1), remind_of_disputes,
    at=time(6, 45), wording=reminders_in_words,
)  # fmt: skip
