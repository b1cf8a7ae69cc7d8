"""Changes of recurring gifts: asked for, carried out at the gateway by `app.giving.changing`, and noticed from there.

The gateway's word is applied by `note_subscription`, whichever way it comes: as the answer to our own request, or as
a message, perhaps before that answer. What it says that nobody asked us for was changed at the gateway itself.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving import jobs
from app.giving.charge_days import day_within, is_same_charge, last_moment_to_pause, moved_charge
from app.giving.models import (
    ChangeKind,
    ChangeStatus,
    EndReason,
    GivingForm,
    RecurringChange,
    RecurringGift,
    RecurringStatus,
)
from app.giving.models.recurring_change import is_tidying
from app.giving.services import failed_charges, methods, terms
from app.giving.wording import asker_said, change_in_words
from app.kernel import audit
from app.kernel.actors import GATEWAY, Actor
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from app.kernel.i18n import format_day, format_money
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import enqueue
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.events import SubscriptionChanged
from app.payments.gateway import TERM_OVER, MethodState, SubscriptionState
from app.payments.models import SubscriptionStatus

GATEWAY_REASONS = {"payment_failed": EndReason.PAYMENT_FAILED, "cancellation_requested": EndReason.AT_GATEWAY}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A change somebody wants. Only what belongs to its kind is given."""

    kind: ChangeKind
    amount: Money | None = None
    until: date | None = None
    day: int | None = None
    charges: int | None = None
    ends_on: date | None = None
    reason: EndReason | None = None
    note: str = ""
    method: MethodState | None = None


def seen_of(recurring: RecurringGift) -> str:
    """What a form shows of a recurring gift, to be sent along with it: if it differs later, somebody was quicker."""
    parts = (recurring.amount_minor, recurring.status, recurring.paused_until, recurring.charge_day, recurring.next_on,
             recurring.charges_agreed, recurring.ends_on)  # fmt: skip
    return "|".join("" if part is None else str(part) for part in parts)


def begun_change(db: Session, recurring_id: int) -> RecurringChange | None:
    """The change that is under way."""
    mine = (RecurringChange.recurring_gift_id == recurring_id, RecurringChange.status == ChangeStatus.BEGUN)
    return db.scalars(select(RecurringChange).where(*mine)).one_or_none()


def begin_change(
    db: Session, recurring: RecurringGift, wanted: Wanted, *, actor: Actor, seen: str | None = None
) -> RecurringChange:
    """Write down a change; the gateway is asked once this is committed. The gift is held: two at once take turns.

    Raises:
        Refused: it makes no sense, another change is under way, or what the form showed (`seen`) is no longer so.

    """
    db.refresh(recurring, with_for_update=True)
    under_way = begun_change(db, recurring.id)
    if under_way is not None:
        text = _l("%(who)s is changing this at the moment: %(what)s Look again in a minute.",
                  who=asker_said(under_way), what=change_in_words(under_way))  # fmt: skip
        raise Refused(text)
    if seen is not None and seen != seen_of(recurring):
        raise Refused(_l("Somebody changed this meanwhile: %(now)s If you still want your change, send it again.",
                         now=_as_it_is(db, recurring)))  # fmt: skip
    on = today(the_organisation(db).time_zone)
    if not is_tidying(wanted.kind, actor.kind) or recurring.is_over:
        _check(db, recurring, wanted, on)
    change = _written(recurring, wanted, actor)
    if wanted.day is not None and recurring.next_on is not None:
        change.charged_on = moved_charge(recurring.next_on, wanted.day, on)
    terms.move_end_along(db, recurring, change)
    db.add(change)
    audit.note(db, actor, "recurring_gift.change_begun", recurring, kind=change.kind)
    return change


def _as_it_is(db: Session, recurring: RecurringGift) -> str:
    """The newest change in words, else the amount and the next charge."""
    mine = RecurringChange.recurring_gift_id == recurring.id
    newest = select(RecurringChange).where(mine, RecurringChange.status == ChangeStatus.DONE)
    last = db.scalars(newest.order_by(RecurringChange.id.desc()).limit(1)).one_or_none()
    if last is not None:
        return change_in_words(last)
    day = format_day(recurring.next_on) if recurring.next_on else "—"
    return str(_l("%(amount)s, next charge %(day)s.", amount=format_money(recurring.amount), day=day))


def _check(db: Session, recurring: RecurringGift, wanted: Wanted, on: date) -> None:
    """Refuse what makes no sense for a gift as it is today."""
    if recurring.is_over:
        raise Refused(_l("This recurring gift has ended; it cannot be changed any more."))
    if recurring.status is RecurringStatus.INCOMPLETE and wanted.kind is not ChangeKind.END:
        raise Refused(_l("Its first charge has not come through yet. Wait for that, or end it."))
    if recurring.is_lapsed and wanted.kind is not ChangeKind.END:
        raise Refused(_l("Its charges did not come through and are not tried any more. Mend that first, or end it."))
    if wanted.kind is ChangeKind.AMOUNT:
        _check_amount(db, recurring, wanted.amount)
    elif wanted.kind is ChangeKind.PAUSE:
        _check_pause(recurring, wanted.until, on)
    elif wanted.kind is ChangeKind.RESUME and not recurring.is_paused:
        raise Refused(_l("It is not paused."))
    elif wanted.kind is ChangeKind.DAY:
        _check_day(recurring, wanted.day)
    elif wanted.kind is ChangeKind.TERM:
        counted = terms.accounted(recurring, terms.charges_made(db, recurring))
        terms.check_term(recurring, terms.Agreed(wanted.charges, wanted.ends_on), counted, on)
    elif wanted.kind is ChangeKind.END and wanted.reason is None:
        raise Refused(_l("Say why it ends."), field="reason")


def _check_amount(db: Session, recurring: RecurringGift, amount: Money | None) -> None:
    if amount is None or amount.minor <= 0 or amount.currency != recurring.currency:
        raise Refused(_l("Write an amount above zero."), field="amount")
    if amount == recurring.amount:
        raise Refused(_l("It is %(amount)s already.", amount=format_money(amount)), field="amount")
    form = db.get(GivingForm, recurring.form_id) if recurring.form_id else None
    terms = form.terms_in(amount.currency) if form else None
    if terms is None:
        return
    if amount < terms.smallest:
        raise Refused(_l("At least %(amount)s, please.", amount=format_money(terms.smallest)), field="amount")
    if amount > terms.largest:
        raise Refused(
            _l("At most %(amount)s can be given this way.", amount=format_money(terms.largest)), field="amount"
        )


def _check_pause(recurring: RecurringGift, until: date | None, on: date) -> None:
    if recurring.status is RecurringStatus.PAST_DUE:
        raise Refused(_l("A charge is overdue and is being tried again. Mend that first, or end the gift."))
    if until is not None and until <= on:
        raise Refused(_l("Choose a day after today."), field="until")
    if until is not None and until > last_moment_to_pause(on):
        raise Refused(_l("Choose a day within two years, or leave it open."), field="until")
    if recurring.is_paused and until == recurring.paused_until:
        raise Refused(_l("It is paused like this already."), field="until")


def _check_day(recurring: RecurringGift, day: int | None) -> None:
    if recurring.status is RecurringStatus.PAST_DUE:
        raise Refused(_l("A charge is overdue and is being tried again. Mend that first, or end the gift."))
    if day is None or not 1 <= day <= 31:
        raise Refused(_l("Choose a day from 1 to 31."), field="day")
    if recurring.next_on is None:
        raise Refused(_l("No further charge is planned, so there is none to move."))
    is_so = recurring.next_on == day_within(recurring.next_on.year, recurring.next_on.month, day)
    if day == recurring.charge_day and is_so:
        raise Refused(_l("It is charged on that day already."), field="day")


def _written(recurring: RecurringGift, wanted: Wanted, actor: Actor) -> RecurringChange:
    """The row of a change of this gift as it is now."""
    amount = wanted.amount if wanted.kind is ChangeKind.AMOUNT and wanted.amount else recurring.amount
    after = 0 if wanted.kind is ChangeKind.END else recurring.yearly_at(amount).minor
    to = wanted.method
    return RecurringChange(
        recurring_gift_id=recurring.id, kind=wanted.kind, interval=recurring.interval, currency=recurring.currency,
        old_amount_minor=recurring.amount_minor, new_amount_minor=amount.minor,
        old_yearly_minor=0 if recurring.is_over else recurring.yearly.minor, new_yearly_minor=after,
        asked_by=actor.name, asked_as=actor.kind, paused_until=wanted.until, day=wanted.day, reason=wanted.reason,
        note=wanted.note, method_kind=to.kind if to else None, method_brand=to.brand if to else "",
        method_last_four=to.last_four if to else "", charges_agreed=wanted.charges, ends_on=wanted.ends_on,
    )  # fmt: skip


def refuse_change(db: Session, change: RecurringChange, code: str, *, actor: Actor) -> None:
    """The gateway will not have it: nothing has changed, and that is written down."""
    change.refuse(code)
    audit.note(db, actor, "recurring_gift.change_refused", change.recurring, kind=change.kind, code=code)


def note_subscription(db: Session, event: SubscriptionChanged, *, actor: Actor) -> None:
    """The gateway's word on a subscription becomes the state of the recurring gift, if we know it."""
    mine = RecurringGift.subscription_reference == event.state.reference
    query = select(RecurringGift).where(mine).with_for_update().execution_options(populate_existing=True)
    db.flush()
    recurring = db.scalars(query).one_or_none()
    if recurring is not None and not recurring.is_over:
        _apply(db, recurring, event.state, actor)


def _apply(db: Session, recurring: RecurringGift, state: SubscriptionState, actor: Actor) -> None:
    waiting = begun_change(db, recurring.id)
    done = waiting if waiting is not None and _is_made(waiting, state) else None
    told = [done] if done else []
    told += [
        _written(recurring, wanted, GATEWAY)
        for wanted in _differences(db, recurring, state, done)
        if done is None or done.kind is not wanted.kind
    ]
    was_complete = recurring.status is not RecurringStatus.INCOMPLETE
    _take_over(db, recurring, state, actor, done)
    for change in told:
        if change.kind is ChangeKind.DAY:
            change.charged_on = state.next_on
        elif change.kind is ChangeKind.TERM:
            recurring.charges_agreed, recurring.ends_on = change.charges_agreed, change.ends_on
        change.finish(now())
        db.add(change)
        audit.note(db, actor, "recurring_gift.changed", recurring, kind=change.kind, by=change.asked_by)
        if was_complete and not change.is_tidying:
            db.flush()  # the job needs its key
            enqueue(db, jobs.tell_of_change, unique_key=f"giving.changed:{change.id}", change_id=change.id)


def _is_made(change: RecurringChange, state: SubscriptionState) -> bool:
    """Whether the gateway's word shows this change as made."""
    is_paused = state.status is SubscriptionStatus.PAUSED
    return {
        ChangeKind.AMOUNT: state.amount == change.new_amount,
        ChangeKind.PAUSE: is_paused and state.paused_until == change.paused_until,
        ChangeKind.RESUME: not is_paused,
        ChangeKind.DAY: state.next_on == change.charged_on,
        ChangeKind.TERM: is_same_charge(state.last_on, change.last_on),
        ChangeKind.END: state.status is SubscriptionStatus.ENDED,
        ChangeKind.METHOD: False,
    }[change.kind]


def _differences(
    db: Session, recurring: RecurringGift, state: SubscriptionState, done: RecurringChange | None
) -> list[Wanted]:
    """What the gateway says of it that is not as we have it, as changes; what follows from our own is none."""
    if _status_of(recurring, state) is RecurringStatus.LAPSED:
        return []
    if state.status is SubscriptionStatus.ENDED:
        return [Wanted(kind=ChangeKind.END, reason=_end_reason(db, recurring, state.reason))]
    found = []
    amount = state.amount
    if amount is not None and amount.minor > 0 and amount.currency == recurring.currency and amount != recurring.amount:
        found.append(Wanted(kind=ChangeKind.AMOUNT, amount=amount))
    if state.status is SubscriptionStatus.PAUSED:
        if not recurring.is_paused or state.paused_until != recurring.paused_until:
            found.append(Wanted(kind=ChangeKind.PAUSE, until=state.paused_until))
    elif recurring.is_paused:
        found.append(Wanted(kind=ChangeKind.RESUME))
    if state.method is not None and methods.is_another(recurring, state.method):
        found.append(Wanted(kind=ChangeKind.METHOD, method=state.method))
    if state.day is not None and recurring.anchor_day not in {None, state.day}:
        found.append(Wanted(kind=ChangeKind.DAY, day=state.day))
    if not is_same_charge(state.last_on, recurring.last_on) and not (done is not None and done.moves_end):
        found.append(Wanted(kind=ChangeKind.TERM, ends_on=state.last_on))
    return found


def _end_reason(db: Session, recurring: RecurringGift, code: str) -> EndReason:
    """Why it ended, of an end that nobody asked us for now. With its last charge overdue it did not end as agreed."""
    if code != TERM_OVER:
        return GATEWAY_REASONS.get(code, EndReason.UNKNOWN)
    if recurring.status in {RecurringStatus.PAST_DUE, RecurringStatus.LAPSED}:
        return EndReason.PAYMENT_FAILED
    return EndReason.AS_AGREED if terms.is_agreed_here(db, recurring) else EndReason.AT_GATEWAY


def _status_of(recurring: RecurringGift, state: SubscriptionState) -> RecurringStatus:
    """What the gateway's word means for it. One that was given up is lapsed until it is charged or tried again.

    A subscription that the gateway ended because nothing was paid is lapsed too: we close it ourselves, by our rule.
    """
    is_given_up = state.status is SubscriptionStatus.ENDED and state.reason == EndReason.PAYMENT_FAILED
    if state.status is SubscriptionStatus.UNPAID or (
        is_given_up and recurring.status is not RecurringStatus.INCOMPLETE
    ):
        return RecurringStatus.LAPSED
    if recurring.is_lapsed and state.status is SubscriptionStatus.PAST_DUE and state.retry_on is None:
        return RecurringStatus.LAPSED
    return RecurringStatus(state.status.value)


def _take_over(
    db: Session, recurring: RecurringGift, state: SubscriptionState, actor: Actor, done: RecurringChange | None
) -> None:
    """The recurring gift as the gateway says it is; of the day and of the reason for an end what was agreed on."""
    if state.amount is not None and state.amount.minor > 0 and state.amount.currency == recurring.currency:
        recurring.charge(state.amount)
    if done is not None and done.day is not None:
        recurring.charge_day = done.day
    elif state.day is not None and state.day != recurring.anchor_day:
        recurring.charge_day = state.day
    recurring.anchor_day = state.day or recurring.anchor_day
    recurring.paused_until, recurring.retry_on = state.paused_until, state.retry_on
    methods.take_over_method(db, recurring, state.method)
    recurring.last_on = state.last_on
    reason = done.reason.value if done is not None and done.reason else state.reason
    if reason == TERM_OVER:
        reason = _end_reason(db, recurring, reason).value
    status = RecurringStatus.ENDED if done is not None and done.reason else _status_of(recurring, state)
    on = today(the_organisation(db).time_zone)
    if recurring.note_state(status, on, next_on=state.next_on, reason=reason):
        audit.note(db, actor, f"recurring_gift.{status.value}", recurring, reason=reason)
    if recurring.status in failed_charges.OVER:
        failed_charges.give_up_open_charges(db, recurring, actor=actor)
