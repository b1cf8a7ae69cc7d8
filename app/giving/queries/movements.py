"""How recurring giving grew and shrank, month by month: begun, raised, lowered, paused and ended, in yearly value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.giving.charge_days import MONTHS
from app.giving.models import (
    ChangeKind,
    ChangeStatus,
    Gift,
    GiftStatus,
    RecurringChange,
    RecurringGift,
    RecurringStatus,
)
from app.giving.queries.forecast import month_number, month_of, numbered_month
from app.kernel.clock import start_of_day
from app.kernel.money import Money

BACK = 12
"""Months that are looked back, this one among them."""


class Movement(StrEnum):
    """What happened to recurring giving."""

    BEGUN = "begun"
    RAISED = "raised"
    LOWERED = "lowered"
    PAUSED = "paused"
    ENDED = "ended"


SIGNS = {Movement.BEGUN: 1, Movement.RAISED: 1, Movement.LOWERED: -1, Movement.PAUSED: 0, Movement.ENDED: -1}
"""Which way each moves what is given in a year. A pause is no loss yet."""


@dataclass(frozen=True)
class Moved:
    """So many movements of a kind in a month, and how much of yearly value was moved (never below nought)."""

    movement: Movement
    currency: str
    month: date
    gifts: int
    yearly: Money


def months_back(today: date) -> list[date]:
    """The first days of the months that are looked at, the oldest first; this month is the last."""
    this = month_number(today)
    return [month_of(number) for number in range(this - BACK + 1, this + 1)]


def movements(db: Session, today: date, zone: str) -> list[Moved]:
    """What was gained and lost in the last twelve months. Three questions, whatever there is.

    A gift begins with what was agreed on first, whatever it was raised to since, and ends with what it was then. One
    that ended before a first charge came through has neither begun nor ended.
    """
    since = months_back(today)[0]
    queries = (_begun(since), _changed(today, zone), _ended(since))
    return [
        Moved(Movement(kind), currency, month_of(int(month)), gifts, Money(int(minor), currency))
        for query in queries
        for kind, currency, month, gifts, minor in db.execute(query)
    ]


def _summed(movement: Any, month: Any, minor: Any, currency: Any, *where: Any) -> Select[*tuple[Any, ...]]:
    """Rows of `movement, currency, month, gifts, minor`."""
    columns = (movement.label("movement"), currency.label("currency"), month.label("month"), minor.label("yearly"))
    each = select(*columns).where(*where).subquery()
    alike = (each.c.movement, each.c.currency, each.c.month)
    return select(*alike, func.count().label("gifts"), func.sum(each.c.yearly).label("minor")).group_by(*alike)


def _named(movement: Movement) -> Any:
    return literal(movement.value)


def _yearly_now() -> Any:
    per_year = [(RecurringGift.interval == interval, 12 // months) for interval, months in MONTHS.items()]
    return RecurringGift.amount_minor * case(*per_year)


def _was_charged() -> Any:
    return exists().where(Gift.recurring_gift_id == RecurringGift.id, Gift.status != GiftStatus.FAILED)


def _begun(since: date) -> Select[*tuple[Any, ...]]:
    change = RecurringChange
    first_raise = (
        select(change.old_yearly_minor)
        .where(
            change.recurring_gift_id == RecurringGift.id,
            change.kind == ChangeKind.AMOUNT,
            change.status == ChangeStatus.DONE,
        )
        .order_by(change.id)
        .limit(1)
        .scalar_subquery()
    )
    minor = func.coalesce(first_raise, _yearly_now())
    has_begun = and_(
        RecurringGift.status != RecurringStatus.INCOMPLETE,
        or_(RecurringGift.status != RecurringStatus.ENDED, _was_charged()),
    )
    month = numbered_month(RecurringGift.started_on)
    where = (RecurringGift.started_on >= since, has_begun)
    return _summed(_named(Movement.BEGUN), month, minor, RecurringGift.currency, *where)


def _ended(since: date) -> Select[*tuple[Any, ...]]:
    where = (RecurringGift.status == RecurringStatus.ENDED, RecurringGift.ended_on >= since, _was_charged())
    month = numbered_month(RecurringGift.ended_on)
    return _summed(_named(Movement.ENDED), month, _yearly_now(), RecurringGift.currency, *where)


def _changed(today: date, zone: str) -> Select[*tuple[Any, ...]]:
    """Changes by the month in which they were made, in the organisation's time zone."""
    change, months = RecurringChange, months_back(today)
    difference = change.new_yearly_minor - change.old_yearly_minor
    is_pause = change.kind == ChangeKind.PAUSE
    movement = case(
        (is_pause, Movement.PAUSED.value), (difference > 0, Movement.RAISED.value), else_=Movement.LOWERED.value
    )
    minor = case((is_pause, change.old_yearly_minor), else_=func.abs(difference))
    where = (
        change.status == ChangeStatus.DONE,
        change.done_at >= start_of_day(months[0], zone),
        or_(is_pause, and_(change.kind == ChangeKind.AMOUNT, difference != 0)),
    )
    return _summed(movement, _month_of_instant(change.done_at, months, zone), minor, change.currency, *where)


def _month_of_instant(column: Any, months: Sequence[date], zone: str) -> Any:
    """The number of the month an instant fell into: databases do not agree on time zones, so each is compared."""
    begins = [(column < start_of_day(later, zone), month_number(month)) for month, later in pairwise(months)]
    return case(*begins, else_=month_number(months[-1]))
