"""What is done every day about recurring gifts: lapsed ones are closed by rule, and donors warned of cards' ends."""

from dataclasses import asdict, dataclass
from datetime import time, timedelta
from typing import Any

import structlog

from app.giving import changing, mending_letters
from app.giving.mending_jobs import desk_of
from app.giving.models import EndReason, RecurringGift
from app.giving.queries.failed_charges import to_close, to_warn_of
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work
from app.kernel.mail import post
from app.kernel.organisation import the_organisation
from app.kernel.rounds import Findings, Round
from app.payments.gateway import Gateway

log = structlog.get_logger()


@dataclass
class Report:
    """How many lapsed gifts were closed, donors warned of a card that runs out, and attempts that failed."""

    closed: int = 0
    warned: int = 0
    failed: int = 0


def see_to_lapsed_and_cards(work: Work) -> Findings:
    """The daily round; well when nothing failed."""
    report = Report()
    with work.database.reading() as db:
        organisation = the_organisation(db)
        day = today(organisation.time_zone)
        rule, zone = organisation.lapse_days, organisation.time_zone
        closing = to_close(db, day - timedelta(days=rule), zone) if rule else []
        expiring = to_warn_of(db, day)
    for recurring_id in closing if work.ports.get(Gateway).is_open else []:
        try:
            changing.end(work, recurring_id, EndReason.PAYMENT_FAILED, "", actor=SYSTEM)
            report.closed += 1
        except (Outside, Refused) as failure:
            report.failed += 1
            log.warning("not_closed", error=type(failure).__name__)
    for recurring_id in expiring:
        report.warned += _warn(work, recurring_id)
    return Findings(not report.failed, asdict(report))


def _warn(work: Work, recurring_id: int) -> bool:
    """Warn one donor of one card's end, once: that it was done is written with the letter."""
    with work.database.reading() as db:
        recurring = db.get_one(RecurringGift, recurring_id)
        expires_on = recurring.card_expires_on
        letter = mending_letters.card_expires(db, desk_of(work), recurring)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        held = db.get_one(RecurringGift, recurring_id, with_for_update=True)
        if held.card_expires_on != expires_on or held.expiry_told_for == expires_on:
            return False
        held.expiry_told_for = expires_on
        if letter is not None:
            post(db, letter)
    return letter is not None


def lapsing_in_words(facts: dict[str, Any]) -> str:
    """What the round did."""
    told = []
    if closed := int(facts.get("closed", 0)):
        told.append(ngettext("%(num)s lapsed gift was closed.", "%(num)s lapsed gifts were closed.", closed))
    if warned := int(facts.get("warned", 0)):
        told.append(ngettext("%(num)s donor was told of a card.", "%(num)s donors were told of their cards.", warned))
    if failed := int(facts.get("failed", 0)):
        told.append(ngettext("%(num)s attempt failed.", "%(num)s attempts failed.", failed))
    return " ".join(told) or _("Nothing was to be done.")


ROUND = Round(
    "giving.lapsing", _l("Close lapsed recurring gifts and warn of cards that run out"), timedelta(days=1),
    see_to_lapsed_and_cards, at=time(4, 40), wording=lapsing_in_words,
)  # fmt: skip
