"""What disputes show on the dashboard, and what is said of the work about them."""

from collections.abc import Sequence

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.access import REFUND_GIFTS
from app.giving.explaining_disputes import left_in_words
from app.giving.queries.disputes import waiting
from app.kernel.clock import date_of, today
from app.kernel.i18n import format_money, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.models import Dispute
from app.web.auth import current_actor
from app.web.feature import Concern, JobWords


def count_waiting(db: Session) -> int:
    """How many disputes and losses need a person; the time that is left for the first is kept for its words."""
    found = waiting(db)
    if found.answer_by is not None:
        zone = the_organisation(db).time_zone
        g.dispute_left = left_in_words((date_of(found.answer_by, zone) - today(zone)).days)
    return found.count


def disputes_wait(count: int) -> str:
    """How many there are, how much time is left, and whether it is the reader they wait for."""
    words = (
        ngettext("%(num)s dispute or returned debit needs you", "%(num)s disputes or returned debits need you", count)
        if current_actor().may(REFUND_GIFTS)
        else ngettext(
            "%(num)s dispute or returned debit waits for somebody who may refund gifts",
            "%(num)s disputes or returned debits wait for somebody who may refund gifts",
            count,
        )
    )
    left = g.get("dispute_left")
    return f"{words} · {left}" if left else words


def disputes_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The disputes that jobs are about."""
    query = select(Dispute.id, Dispute.amount_minor, Dispute.currency).where(Dispute.id.in_(keys))
    return {
        row.id: Concern(
            _("Dispute of %(amount)s", amount=format_money(Money(row.amount_minor, row.currency))),
            url_for("disputes.show", dispute_id=row.id),
        )
        for row in db.execute(query)
    }


JOBS = (
    JobWords("giving.tell_of_dispute", _l("Tell the team of a dispute"), "dispute_id", disputes_concerned),
    JobWords("giving.tell_of_loss", _l("Tell the team of a lost dispute"), "dispute_id", disputes_concerned),
    JobWords("giving.remind_of_dispute", _l("Remind the team of a dispute"), "dispute_id", disputes_concerned),
)
