"""Recurring gifts as a list, and what they bring."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.funds.models import Fund
from app.giving.charge_days import monthly_averages
from app.giving.models import Gift, GiftStatus, RecurringChange, RecurringGift, RecurringStatus
from app.giving.queries.gifts import with_all
from app.kernel.mail import Message
from app.kernel.money import Money
from app.kernel.pages import Page, Sort, paginate

NEWEST_FIRST = (Sort(RecurringGift.id, descending=True),)


MOST_CHANGES = 50
GIFTS_NEWEST_FIRST = (Sort(Gift.id, descending=True),)


def funds_of(db: Session, recurring: RecurringGift) -> list[Fund]:
    """What its charges are for, in the order of its shares."""
    keys = [part.fund_id for part in recurring.allocations]
    found = {fund.id: fund for fund in db.scalars(select(Fund).where(Fund.id.in_(keys)))}
    return [found[key] for key in keys if key in found]


def gifts_of_recurring(db: Session, recurring_id: int, cursor: str | None) -> Page:
    """A page of the gifts that its charges became, newest first."""
    query = select(Gift).where(Gift.recurring_gift_id == recurring_id).options(*with_all())
    return paginate(db, query, GIFTS_NEWEST_FIRST, cursor=cursor)


def newest_gift_of(db: Session, recurring_id: int) -> Gift | None:
    """The gift that its newest charge became."""
    query = select(Gift).where(Gift.recurring_gift_id == recurring_id).options(lazyload("*"))
    return db.scalars(query.order_by(Gift.id.desc()).limit(1)).one_or_none()


def received_of_recurring(db: Session, recurring: RecurringGift) -> tuple[int, Money]:
    """How many of its gifts have come and did not go back whole, and what was kept of them."""
    kept = func.coalesce(func.sum(Gift.amount_minor - Gift.returned_minor), 0)
    is_kept = Gift.returned_minor < Gift.amount_minor
    mine = (Gift.recurring_gift_id == recurring.id, Gift.status == GiftStatus.RECEIVED, is_kept)
    count, minor = db.execute(select(func.count(), kept).where(*mine)).one()
    return int(count), Money(int(minor), recurring.currency)


def charges_made_of(db: Session, recurring: Sequence[RecurringGift]) -> dict[int, int]:
    """How many charges of each became gifts or are on their way, for those of which a number is agreed on."""
    keys = [each.id for each in recurring if each.charges_agreed is not None]
    if not keys:
        return {}
    mine = (Gift.recurring_gift_id.in_(keys), Gift.status != GiftStatus.FAILED)
    query = select(Gift.recurring_gift_id, func.count()).where(*mine).group_by(Gift.recurring_gift_id)
    return dict.fromkeys(keys, 0) | {key: count for key, count in db.execute(query) if key is not None}


def changes_of(db: Session, recurring_id: int) -> list[RecurringChange]:
    """What was changed of it, newest first, at most fifty."""
    query = select(RecurringChange).where(RecurringChange.recurring_gift_id == recurring_id)
    return list(db.scalars(query.order_by(RecurringChange.id.desc()).limit(MOST_CHANGES)))


def mails_about_changes(db: Session, change_ids: Sequence[int]) -> dict[int, Message]:
    """The mail that tells the donor of each of these changes, unless there is none or it may not leave."""
    about = (
        Message.about_type == "recurring_change",
        Message.about_id.in_(change_ids),
        Message.stopped_at.is_(None),
    )
    return {message.about_id: message for message in db.scalars(select(Message).where(*about)) if message.about_id}


def recurring_page(db: Session, status: RecurringStatus | None, cursor: str | None) -> Page:
    """A page of recurring gifts, newest first, with donors."""
    query = select(RecurringGift).options(joinedload(RecurringGift.contact).lazyload("*"))
    if status is not None:
        query = query.where(RecurringGift.status == status)
    return paginate(db, query, NEWEST_FIRST, cursor=cursor)


def promised(db: Session) -> list[Money]:
    """What active recurring gifts bring in a month on average, by currency."""
    query: Select[*tuple[Any, ...]] = select(
        RecurringGift.currency, RecurringGift.interval, func.sum(RecurringGift.amount_minor)
    ).where(RecurringGift.status == RecurringStatus.ACTIVE)
    rows = db.execute(query.group_by(RecurringGift.currency, RecurringGift.interval))
    return monthly_averages((Money(int(minor), currency), interval) for currency, interval, minor in rows)
