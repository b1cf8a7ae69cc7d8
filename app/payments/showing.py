"""What payments show on other features' pages: work that needs a person, and what each piece of it is about."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.i18n import format_money
from app.kernel.i18n import gettext as _
from app.payments.gateway import Gateway
from app.payments.models import GatewayEvent, Refund
from app.payments.queries import first_parked
from app.payments.words import topic_words
from app.web.application import this_application
from app.web.feature import Concern
from app.web.job_words import shown_jobs

IN_CARD = 4


def parked_card(db: Session, _subject: object) -> dict[str, Any]:
    """The oldest pieces of work that wait for a person, and how many there are; nothing when none does."""
    found, in_all = first_parked(db, IN_CARD)
    return {"parked": shown_jobs(db, found), "parked_in_all": in_all} if found else {}


def events_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The messages that jobs work, by what they are about."""
    query = select(GatewayEvent.id, GatewayEvent.kind).where(GatewayEvent.id.in_(keys))
    topic_of = this_application().ports.get(Gateway).topic_of
    return {
        row.id: Concern(topic_words(topic_of(row.kind)), url_for("gateway_events.show", event_id=row.id))
        for row in db.execute(query)
    }


def refunds_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The refunds that jobs ask for."""
    found = db.scalars(select(Refund).where(Refund.id.in_(keys)))
    return {each.id: Concern(_("Refund of %(amount)s", amount=format_money(each.amount))) for each in found}
