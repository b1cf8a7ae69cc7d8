"""What failed of recurring gifts, and whose cards run out."""

from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.giving.models import (
    ChargeTry,
    FailedCharge,
    FailedChargeStatus,
    Gift,
    GiftStatus,
    RecurringGift,
    RecurringStatus,
)
from app.kernel.clock import date_of, start_of_day
from app.kernel.pages import Page, Sort, paginate

MOST = 12
SOON = timedelta(days=31)
"""How long before its end a card is called about to expire: donors are warned a month before."""
RUNNING = (RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE, RecurringStatus.PAUSED)
OUTLIVED = or_(RecurringGift.last_on.is_(None), RecurringGift.last_on > RecurringGift.card_expires_on)
"""Its card will be charged after its end: a gift that ends before asks nothing of its donor."""
FIRST_TO_EXPIRE = (Sort(RecurringGift.card_expires_on), Sort(RecurringGift.id))


def failed_charges_of(db: Session, recurring_id: int) -> list[FailedCharge]:
    """Its bills that were refused, newest first, with their tries."""
    query = select(FailedCharge).where(FailedCharge.recurring_gift_id == recurring_id)
    query = query.options(selectinload(FailedCharge.attempts)).order_by(FailedCharge.id.desc()).limit(MOST)
    return list(db.scalars(query))


def cards_that_expire(db: Session, on: date, cursor: str | None) -> Page:
    """A page of recurring gifts whose card runs out within a month, or has, the first to do so first, with donors."""
    query = select(RecurringGift).options(joinedload(RecurringGift.contact).lazyload("*"))
    query = query.where(RecurringGift.status.in_(RUNNING), RecurringGift.card_expires_on <= on + SOON, OUTLIVED)
    return paginate(db, query, FIRST_TO_EXPIRE, cursor=cursor)


def to_warn_of(db: Session, on: date, limit: int = 500) -> list[int]:
    """Keys of recurring gifts whose card runs out within a month, of which their donor was not told yet."""
    query = select(RecurringGift.id).where(
        RecurringGift.status.in_(RUNNING),
        RecurringGift.next_on.is_not(None),
        RecurringGift.card_expires_on.between(on, on + SOON),
        OUTLIVED,
        RecurringGift.expiry_told_for.is_distinct_from(RecurringGift.card_expires_on),
    )
    return list(db.scalars(query.order_by(RecurringGift.id).limit(limit)))


def to_close(db: Session, before: date, zone: str, limit: int = 500) -> list[int]:
    """Keys of recurring gifts that lapsed on this day or earlier, or are behind with a charge nobody tries since then.

    Some gateways leave a subscription past due after the last try instead of giving it up; it would stay so for ever.
    """
    lapsed = (RecurringGift.status == RecurringStatus.LAPSED, RecurringGift.lapsed_on <= before)
    given_up = RecurringGift.id.in_(_left_behind(db, start_of_day(before + timedelta(days=1), zone), zone))
    query = select(RecurringGift.id).where(or_(and_(*lapsed), given_up))
    return list(db.scalars(query.order_by(RecurringGift.id).limit(limit)))


def _left_behind(db: Session, before: datetime, zone: str) -> list[int]:
    """Those past due whose bills were all tried for the last time before this instant, and nothing has come since.

    A bill of before the last gift is an old story: the gift went on after it.
    """
    bill = aliased(FailedCharge)
    tried_since = exists().where(ChargeTry.failed_charge_id == bill.id, ChargeTry.tried_at >= before)
    still_tried = exists().where(
        bill.recurring_gift_id == RecurringGift.id,
        bill.status == FailedChargeStatus.OPEN,
        or_(bill.next_try_on.is_not(None), bill.failed_at >= before, tried_since),
    )
    query = (
        select(RecurringGift.id, func.max(FailedCharge.failed_at))
        .join(FailedCharge, FailedCharge.recurring_gift_id == RecurringGift.id)
        .where(
            RecurringGift.status == RecurringStatus.PAST_DUE,
            FailedCharge.status == FailedChargeStatus.OPEN,
            ~still_tried,
        )
        .group_by(RecurringGift.id)
    )
    failed = {row[0]: date_of(row[1], zone) for row in db.execute(query)}
    came = (Gift.recurring_gift_id.in_(failed), Gift.status.in_((GiftStatus.RECEIVED, GiftStatus.PENDING)))
    newest = select(Gift.recurring_gift_id, func.max(Gift.received_on)).where(*came).group_by(Gift.recurring_gift_id)
    last = {row[0]: row[1] for row in db.execute(newest)}
    return [key for key, day in failed.items() if key not in last or last[key] < day]
