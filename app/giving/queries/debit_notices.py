"""Which direct debits are near, under which mandate, and what donors were told of them."""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, lazyload

from app.giving.models import DebitNotice, RecurringGift, RecurringStatus
from app.kernel.clock import today
from app.kernel.organisation import the_organisation
from app.payments.models import Mandate, MandateStatus, Method, Payment
from app.payments.queries import mandates_of

GOES_ON = (RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE, RecurringStatus.PAUSED)
AT_ONCE = 500


def days_to_tell_of(db: Session) -> tuple[date, date] | None:
    """The first and the last day of debits that donors are to be told of now; None where we tell of none."""
    organisation = the_organisation(db)
    if not organisation.debit_notice_days:
        return None
    on = today(organisation.time_zone)
    return on, on + timedelta(days=organisation.debit_notice_days)


def coming_debits(db: Session, days: tuple[date, date], after: int) -> list[int]:
    """Keys, above `after`, of the next recurring gifts that may be debited in these days and whose donor was not told.

    Nobody is left out; of those on whom a pause lies, some may be debited later after all.
    """
    on, last = days
    newer = aliased(DebitNotice)
    newest = select(func.max(newer.number)).where(newer.recurring_gift_id == RecurringGift.id)
    told = select(DebitNotice.id).where(
        DebitNotice.recurring_gift_id == RecurringGift.id,
        DebitNotice.debit_on.in_([RecurringGift.next_on, RecurringGift.retry_on]),
        DebitNotice.amount_minor == RecurringGift.amount_minor,
        DebitNotice.number == newest.correlate(RecurringGift).scalar_subquery(),
    )
    holds = (Mandate.checkout_id == RecurringGift.checkout_id, Mandate.status == MandateStatus.ACTIVE)
    is_near = or_(
        RecurringGift.next_on.between(on, last),
        RecurringGift.retry_on.between(on, last),
        RecurringGift.paused_until <= last,
    )
    query = select(RecurringGift.id).where(
        RecurringGift.id > after, RecurringGift.status.in_(GOES_ON), is_near,
        select(Mandate.id).where(*holds).exists(),
        or_(RecurringGift.status == RecurringStatus.PAUSED, ~told.exists()),
    )  # fmt: skip
    return list(db.scalars(query.order_by(RecurringGift.id).limit(AT_ONCE)))


def each_coming_debit(db: Session, days: tuple[date, date]) -> Iterator[int]:
    """The keys of all of them, in pieces."""
    after = 0
    while found := coming_debits(db, days, after):
        yield from found
        after = found[-1]


def debits_without_mandate(db: Session) -> list[int]:
    """Keys of the newest direct debits of recurring gifts that go on and whose mandate is not known yet."""
    known = select(Mandate.id).where(Mandate.checkout_id == RecurringGift.checkout_id)
    newest = (
        select(func.max(Payment.id))
        .join(RecurringGift, RecurringGift.checkout_id == Payment.checkout_id)
        .where(Payment.method == Method.SEPA_DEBIT, RecurringGift.status.in_(GOES_ON), ~known.exists())
        .group_by(RecurringGift.id)
        .limit(AT_ONCE)
    )
    return list(db.scalars(newest))


def mandate_in_use(db: Session, recurring: RecurringGift) -> Mandate | None:
    """The newest mandate of a recurring gift, whether it still holds or not; None for one charged in another way."""
    if recurring.checkout_id is None or recurring.method_kind not in {None, Method.SEPA_DEBIT}:
        return None
    return next(iter(mandates_of(db, [recurring.checkout_id])), None)


def newest_notice(db: Session, recurring_id: int) -> DebitNotice | None:
    """What the donor was told last."""
    mine = select(DebitNotice).where(DebitNotice.recurring_gift_id == recurring_id).options(lazyload("*"))
    return db.scalars(mine.order_by(DebitNotice.number.desc()).limit(1)).one_or_none()
