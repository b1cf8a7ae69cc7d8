"""Changes of recurring gifts: asked for, carried out at the gateway by `app.giving.changing`, and noticed from there.

The gateway's word is applied by `note_subscription`, whichever way it comes: as the answer to our own request, or as
a message, perhaps before that answer. What it says that nobody asked us for was changed at the gateway itself.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving import jobs
from app.giving.charge_days import day_within, last_moment_to_pause, moved_charge
from app.giving.models import (
    ChangeKind,
    ChangeStatus,
    EndReason,
    GivingForm,
    RecurringChange,
    RecurringGift,
    RecurringStatus,
)
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
from app.payments.models import SubscriptionStatus

GATEWAY_REASONS = {"payment_failed": EndReason.PAYMENT_FAILED, "cancellation_requested": EndReason.AT_GATEWAY}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A change somebody wants. Only what belongs to its kind is given."""

    kind: ChangeKind
    amount: Money | None = None
    until: date | None = None
    day: int | None = None
    reason: EndReason | None = None
    note: str = ""


def seen_of(recurring: RecurringGift) -> str:
    """What a form shows of a recurring gift, to be sent along with it: if it differs later, somebody was quicker."""
    parts = (recurring.amount_minor, recurring.status, recurring.paused_until, recurring.charge_day, recurring.next_on)
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
    _check(db, recurring, wanted, on)
    change = _written(recurring, wanted, actor)
    if wanted.day is not None and recurring.next_on is not None:
        change.charged_on = moved_charge(recurring.next_on, wanted.day, on)
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
    if wanted.kind is ChangeKind.AMOUNT:
        _check_amount(db, recurring, wanted.amount)
    elif wanted.kind is ChangeKind.PAUSE:
        _check_pause(recurring, wanted.until, on)
    elif wanted.kind is ChangeKind.RESUME and not recurring.is_paused:
        raise Refused(_l("It is not paused."))
    elif wanted.kind is ChangeKind.DAY:
        _check_day(recurring, wanted.day)
    elif wanted.kind is ChangeKind.END and wanted.reason is None:
        raise Refused(_l("Say why it ends."), field="reason")


def _check_amount(db: Session, recurring: RecurringGift, amount: Money | None) -> None:
    if amount is None or amount.minor <= 0 or amount.currency != recurring.currency:
        raise Refused(_l("Write an amount above zero."), field="amount")
    if amount == recurring.amount:
        raise Refused(_l("It is %(amount)s already.", amount=format_money(amount)), field="amount")
    form = db.get(GivingForm, recurring.form_id) if recurring.form_id else None
    if form is None or form.currency != amount.currency:
        return
    if amount < form.smallest:
        raise Refused(_l("At least %(amount)s, please.", amount=format_money(form.smallest)), field="amount")
    if amount > form.largest:
        raise Refused(
            _l("At most %(amount)s can be given this way.", amount=format_money(form.largest)), field="amount"
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
    return RecurringChange(
        recurring_gift_id=recurring.id, kind=wanted.kind, interval=recurring.interval, currency=recurring.currency,
        old_amount_minor=recurring.amount_minor, new_amount_minor=amount.minor,
        old_yearly_minor=0 if recurring.is_over else recurring.yearly.minor, new_yearly_minor=after,
        asked_by=actor.name, asked_as=actor.kind, paused_until=wanted.until, day=wanted.day, reason=wanted.reason,
        note=wanted.note,
    )  # fmt: skip


def refuse_change(db: Session, change: RecurringChange, code: str, *, actor: Actor) -> None:
    """The gateway will not have it: nothing has changed, and that is written down."""
    change.refuse(code)
    audit.note(db, actor, "recurring_gift.change_refused", change.recurring, kind=change.kind, code=code)


def note_subscription(db: Session, event: SubscriptionChanged, *, actor: Actor) -> None:
    """The gateway's word on a subscription becomes the state of the recurring gift, if we know it."""
    mine = RecurringGift.subscription_reference == event.subscription_reference
    query = select(RecurringGift).where(mine).with_for_update().execution_options(populate_existing=True)
    db.flush()
    recurring = db.scalars(query).one_or_none()
    if recurring is not None and not recurring.is_over:
        _apply(db, recurring, event, actor)


def _apply(db: Session, recurring: RecurringGift, event: SubscriptionChanged, actor: Actor) -> None:
    waiting = begun_change(db, recurring.id)
    done = waiting if waiting is not None and _is_made(waiting, event) else None
    told = [done] if done else []
    told += [
        _written(recurring, wanted, GATEWAY)
        for wanted in _differences(recurring, event)
        if done is None or done.kind is not wanted.kind
    ]
    was_complete = recurring.status is not RecurringStatus.INCOMPLETE
    _take_over(db, recurring, event, actor, done)
    for change in told:
        if change.kind is ChangeKind.DAY:
            change.charged_on = event.next_on
        change.finish(now())
        db.add(change)
        audit.note(db, actor, "recurring_gift.changed", recurring, kind=change.kind, by=change.asked_by)
        if was_complete and not change.is_tidying:
            db.flush()  # the job needs its key
            enqueue(db, jobs.tell_of_change, unique_key=f"giving.changed:{change.id}", change_id=change.id)


def _is_made(change: RecurringChange, event: SubscriptionChanged) -> bool:
    """Whether the gateway's word shows this change as made."""
    is_paused = event.status is SubscriptionStatus.PAUSED
    return {
        ChangeKind.AMOUNT: event.amount == change.new_amount,
        ChangeKind.PAUSE: is_paused and event.paused_until == change.paused_until,
        ChangeKind.RESUME: not is_paused,
        ChangeKind.DAY: event.next_on == change.charged_on,
        ChangeKind.END: event.status is SubscriptionStatus.ENDED,
    }[change.kind]


def _differences(recurring: RecurringGift, event: SubscriptionChanged) -> list[Wanted]:
    """What the gateway says of it that is not as we have it, as changes."""
    if event.status is SubscriptionStatus.ENDED:
        return [Wanted(kind=ChangeKind.END, reason=GATEWAY_REASONS.get(event.reason, EndReason.UNKNOWN))]
    found = []
    amount = event.amount
    if amount is not None and amount.minor > 0 and amount.currency == recurring.currency and amount != recurring.amount:
        found.append(Wanted(kind=ChangeKind.AMOUNT, amount=amount))
    if event.status is SubscriptionStatus.PAUSED:
        if not recurring.is_paused or event.paused_until != recurring.paused_until:
            found.append(Wanted(kind=ChangeKind.PAUSE, until=event.paused_until))
    elif recurring.is_paused:
        found.append(Wanted(kind=ChangeKind.RESUME))
    if event.day is not None and recurring.anchor_day not in {None, event.day}:
        found.append(Wanted(kind=ChangeKind.DAY, day=event.day))
    return found


def _take_over(
    db: Session, recurring: RecurringGift, event: SubscriptionChanged, actor: Actor, done: RecurringChange | None
) -> None:
    """The recurring gift as the gateway says it is; of the day and of the reason for an end what was agreed on."""
    if event.amount is not None and event.amount.minor > 0 and event.amount.currency == recurring.currency:
        recurring.charge(event.amount)
    if done is not None and done.day is not None:
        recurring.charge_day = done.day
    elif event.day is not None and event.day != recurring.anchor_day:
        recurring.charge_day = event.day
    recurring.anchor_day = event.day or recurring.anchor_day
    recurring.paused_until, recurring.retry_on = event.paused_until, event.retry_on
    reason = done.reason.value if done is not None and done.reason else event.reason
    status = RecurringStatus(event.status.value)
    on = today(the_organisation(db).time_zone)
    if recurring.note_state(status, on, next_on=event.next_on, reason=reason):
        audit.note(db, actor, f"recurring_gift.{status.value}", recurring, reason=reason)
