"""Keeping the gateway's end of recurring gifts at what was agreed on: set when one begins, put right when it drifts.

A payment page cannot fix an end, so it is set as soon as the subscription is known. Later a charge that never came
through, or one that the gateway left out, would make one charge too few of a number that was agreed on.
"""

from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.giving import changing
from app.giving.charge_days import is_same_charge, nth_charge
from app.giving.models import Gift, GiftStatus, RecurringChange, RecurringGift, RecurringStatus
from app.giving.services.recurring import recurring_gift_behind
from app.giving.services.terms import agreed_of, charges_made, day_of, last_charge_agreed, planned
from app.kernel.actors import SYSTEM, Actor
from app.kernel.clock import today
from app.kernel.jobs import Work, enqueue, job
from app.kernel.organisation import the_organisation
from app.payments.events import SubscriptionChanged

BEING_MADE = timedelta(days=3)
"""How long a charge that was due may be on its way to us; until then nobody knows whether it counts."""
RUNNING = (RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE, RecurringStatus.PAUSED)


def keep_soon(db: Session, event: SubscriptionChanged, *, actor: Actor) -> None:  # noqa: ARG001 - as reactions are
    """See to the end that was agreed on as soon as the gateway has made the subscription."""
    recurring = recurring_gift_behind(db, event.state.reference)
    if recurring is None or recurring.last_on is not None or agreed_of(recurring).is_open:
        return
    if is_off(recurring, charges_made(db, recurring)):
        enqueue(db, keep_term, unique_key=f"giving.term:{recurring.id}", recurring_id=recurring.id)


@job("giving.keep_term")
def keep_term(work: Work, *, recurring_id: int) -> None:
    """Fix the end at the gateway as it was agreed on, unless it is so."""
    with work.database.reading() as db:
        recurring = db.get_one(RecurringGift, recurring_id)
        is_so = not is_off(recurring, charges_made(db, recurring))
    if not is_so:
        put_right(work, recurring_id)


def put_right(work: Work, recurring_id: int) -> RecurringChange:
    """Ask the gateway for the end that was agreed on; nobody is told, since nothing is new."""
    with work.database.reading() as db:
        agreed = agreed_of(db.get_one(RecurringGift, recurring_id))
    return changing.set_term(work, recurring_id, agreed, actor=SYSTEM)


def off_terms(work: Work, most: int) -> list[int]:
    """The recurring gifts whose end at the gateway is not what was agreed on."""
    made = (
        select(Gift.recurring_gift_id, func.count().label("made"))
        .where(Gift.recurring_gift_id.is_not(None), Gift.status != GiftStatus.FAILED)
        .group_by(Gift.recurring_gift_id)
        .subquery()
    )
    agreed = or_(RecurringGift.charges_agreed.is_not(None), RecurringGift.ends_on.is_not(None))
    query = select(RecurringGift, func.coalesce(made.c.made, 0)).outerjoin(
        made, made.c.recurring_gift_id == RecurringGift.id
    )
    with work.database.reading() as db:
        on = today(the_organisation(db).time_zone)
        rows = db.execute(query.where(agreed, RecurringGift.status.in_(RUNNING)).order_by(RecurringGift.id)).all()
        return [each.id for each, count in rows if not _is_being_charged(each, on) and is_off(each, count)][:most]


def is_off(recurring: RecurringGift, made: int) -> bool:
    """Whether the gateway's end is another than what was agreed on, where so many charges were made."""
    if agreed_of(recurring).is_open or recurring.status not in RUNNING or planned(recurring) is None:
        return False
    return not is_same_charge(last_charge_agreed(recurring, made), recurring.last_on)


def _is_being_charged(recurring: RecurringGift, on: date) -> bool:
    """Whether a charge was due lately, so that its gift may be missing still."""
    next_on = planned(recurring)
    if next_on is None or recurring.last_on is None:
        return False
    before = nth_charge(0, next_on, recurring.interval, day_of(recurring))
    return before <= on <= before + BEING_MADE
