"""Changing recurring gifts, for staff and for donors: a change is written down, the gateway asked, its answer applied.

Each call asks the gateway once, under a key of ours, with no transaction open. If the middle fails, the change stays
written down, and a job or the daily round finishes it under the same key: nothing is changed twice, nothing is lost.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.giving.models import ChangeKind, ChangeStatus, EndReason, RecurringChange, RecurringGift
from app.giving.services.changes import Wanted, begin_change, begun_change, note_subscription, refuse_change
from app.giving.services.terms import Agreed
from app.kernel.actors import SYSTEM, Actor
from app.kernel.clock import now, start_of_day
from app.kernel.errors import NotFound
from app.kernel.jobs import Work, enqueue, job
from app.kernel.money import Money
from app.payments.events import SubscriptionChanged
from app.payments.following import writing
from app.payments.gateway import (
    Gateway,
    GatewayRefused,
    SubscriptionMove,
    SubscriptionOrder,
    SubscriptionState,
    Term,
)
from app.payments.services.settling import apply_subscription, seek_checkout

SOON = timedelta(minutes=2)
"""When a job looks whether a change was carried out."""
IN_FLIGHT = timedelta(minutes=1)
"""A change that was begun less long ago than this is being made by somebody at this moment."""
ZONE = ZoneInfo("Europe/Paris")
"""Where the dates that the gateway's instants are read as belong (`app.kernel.clock.date_of`)."""


def change_amount(work: Work, recurring_id: int, amount: Money, *, actor: Actor) -> RecurringChange:
    """Ask for another amount from the next charge on. Nothing is charged or given back for the time before.

    Like each of these it raises:
        NotFound: there is no such recurring gift.
        Refused: it makes no sense, another change is under way, or the gateway said no; nothing has changed.
        GatewayUnavailable: no answer; the change is written down, and made by itself as soon as there is one.

    """
    return make_change(work, recurring_id, Wanted(kind=ChangeKind.AMOUNT, amount=amount), actor=actor)


def pause(work: Work, recurring_id: int, until: date | None, *, actor: Actor) -> RecurringChange:
    """Charge nothing before this day (None: until `resume`). Charges that fall into the pause are left out for good."""
    return make_change(work, recurring_id, Wanted(kind=ChangeKind.PAUSE, until=until), actor=actor)


def resume(work: Work, recurring_id: int, *, actor: Actor) -> RecurringChange:
    """End a pause now; the next charge is the next one that was due anyway."""
    return make_change(work, recurring_id, Wanted(kind=ChangeKind.RESUME), actor=actor)


def move_day(work: Work, recurring_id: int, day: int, *, actor: Actor) -> RecurringChange:
    """Charge on another day of the month, 1 to 31; shorter months are charged on their last day."""
    return make_change(work, recurring_id, Wanted(kind=ChangeKind.DAY, day=day), actor=actor)


def set_term(work: Work, recurring_id: int, agreed: Agreed, *, actor: Actor) -> RecurringChange:
    """Let it go on for so many charges in all, or up to a day, or until it is ended. Nothing is charged in part."""
    wanted = Wanted(kind=ChangeKind.TERM, charges=agreed.charges, ends_on=agreed.ends_on)
    return make_change(work, recurring_id, wanted, actor=actor)


def end(work: Work, recurring_id: int, reason: EndReason, note: str, *, actor: Actor) -> RecurringChange:
    """Charge nothing any more, ever. What is on its way already still comes."""
    return make_change(work, recurring_id, Wanted(kind=ChangeKind.END, reason=reason, note=note), actor=actor)


def make_change(
    work: Work, recurring_id: int, wanted: Wanted, *, actor: Actor, seen: str | None = None
) -> RecurringChange:
    """Any change. With `seen` (`services.changes.seen_of`) it is refused if the gift is no longer as it was shown.

    Raises:
        NotFound: there is no such recurring gift.
        Refused: it makes no sense, another change is under way, or the gateway said no; nothing has changed.
        GatewayUnavailable: no answer; the change is written down, and made by itself as soon as there is one.

    """
    _finish_earlier(work, recurring_id)
    with writing(work, actor) as db:
        recurring = db.get(RecurringGift, recurring_id)
        if recurring is None:
            raise NotFound
        change = begin_change(db, recurring, wanted, actor=actor, seen=seen)
        db.flush()  # its key is needed outside
        key = f"giving.change:{change.token}"
        enqueue(db, finish_change, due_at=now() + SOON, unique_key=key, change_id=change.id)
    made = carry_out_change(work, change.id, actor=actor)
    if made.status is ChangeStatus.REFUSED:
        raise GatewayRefused(made.refusal)
    return made


def _finish_earlier(work: Work, recurring_id: int) -> None:
    """Carry out a change that was begun and left lying, before the next one."""
    with work.database.reading() as db:
        earlier = begun_change(db, recurring_id)
    if earlier is not None and earlier.created_at < now() - IN_FLIGHT:
        carry_out_change(work, earlier.id, actor=SYSTEM)


@job("giving.change_recurring")
def finish_change(work: Work, *, change_id: int) -> None:
    """Carry out a change that was written down, unless that was done."""
    carry_out_change(work, change_id, actor=SYSTEM)


def carry_out_change(work: Work, change_id: int, *, actor: Actor) -> RecurringChange:
    """Ask the gateway for a change that was written down, and apply its answer. Safe to repeat.

    A refusal of the gateway is written down on the change, which is then over.

    Raises:
        GatewayUnavailable: no answer; the change stays begun.

    """
    with work.database.reading() as db:
        change = db.get_one(RecurringChange, change_id)
        reference = change.recurring.subscription_reference
    if change.status is not ChangeStatus.BEGUN:
        return change
    state, code = _asked(work.ports.get(Gateway), change, reference)
    with writing(work, actor) as db:
        made = db.get_one(RecurringChange, change_id)
        if state is not None:
            _apply(db, state, made, actor)
        if made.status is ChangeStatus.BEGUN:
            refuse_change(db, made, code or "not_made", actor=actor)
        return made


def _asked(gateway: Gateway, change: RecurringChange, reference: str) -> tuple[SubscriptionState | None, str]:
    """What the gateway answers; or the code of its refusal, or of ours where the day has gone by meanwhile."""
    order = SubscriptionOrder(
        token=change.token, reference=reference, move=SubscriptionMove(change.kind.value), at=_at(change),
        amount=change.new_amount if change.kind is ChangeKind.AMOUNT else None,
        term=Term(change.last_on) if change.moves_end else None,
    )  # fmt: skip
    if order.at is not None and order.at <= now():
        return None, "too_late"
    try:
        return gateway.change_subscription(order), ""
    except GatewayRefused as refusal:
        return None, refusal.code


def _at(change: RecurringChange) -> datetime | None:
    """When a pause is over: as its day begins. When a moved charge is made: at noon, that day for everybody."""
    if change.paused_until is not None:
        return start_of_day(change.paused_until)
    return datetime.combine(change.charged_on, time(12), ZONE) if change.charged_on is not None else None


def _apply(db: Session, state: SubscriptionState, made: RecurringChange, actor: Actor) -> None:
    """What the gateway answered, in the way its messages are applied; also where it is no news to the checkout."""
    checkout = seek_checkout(db, token=state.checkout_token, subscription=state.reference, locked=True)
    if checkout is not None:
        apply_subscription(db, checkout, state, actor=actor)
    db.flush()
    db.refresh(made)  # a message may have been quicker
    if made.status is not ChangeStatus.BEGUN:
        return
    note_subscription(db, SubscriptionChanged(state), actor=actor)
