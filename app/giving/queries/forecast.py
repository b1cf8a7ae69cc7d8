"""What recurring gifts will bring, month by month, and how many there are: counted in groups, never one by one.

A charge falls into a month, whatever its day: the 31st of a short month is its last day. So gifts of the same rhythm
whose next charge is in the same month, and whose last one is too, bring their money in the same months, and the
database adds them up. Only those that wait for a day (paused, or with a charge that is overdue here) are told apart by
their days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, case, extract, func, not_, or_, select
from sqlalchemy.orm import Session

from app.giving.charge_days import MONTHS, first_charge_from, monthly_averages
from app.giving.models import RecurringGift, RecurringStatus
from app.kernel.money import Money
from app.payments.models import Method

AHEAD = 12
"""Whole months that are looked ahead, from the next one on: each rhythm comes in all of its turns once."""


@dataclass(frozen=True)
class Expected:
    """What charges in one month come to, all through one method (None: not known yet)."""

    currency: str
    method: Method | None
    month: date
    charges: int
    amount: Money


@dataclass(frozen=True)
class Standing:
    """So many recurring gifts of one currency in one state, and what they are worth a month on average and a year.

    Of paused ones `comes_back` tells those that go on by themselves on a day.
    """

    status: RecurringStatus
    comes_back: bool
    currency: str
    gifts: int
    monthly: Money
    yearly: Money


def month_number(day: date) -> int:
    """Months counted through the years, so that they can be added."""
    return day.year * 12 + day.month - 1


def month_of(number: int) -> date:
    """The first day of a month by its number."""
    return date(number // 12, number % 12 + 1, 1)


def expected_charges(db: Session, today: date) -> list[Expected]:
    """The charges from `today` to the end of the twelve months after this one, by currency, method and month.

    Counted are active gifts, and paused ones with a day from that day on; each up to its last charge if it has one.
    Not counted are overdue and lapsed ones, and those paused until somebody says so: nobody knows.
    """
    this = month_number(today)
    sums: dict[tuple[str, Method | None, int], tuple[int, int]] = {}
    for group in db.execute(_groups(today)):
        for month in _months(group, today, this + AHEAD):
            key = (group.currency, group.method_kind, month)
            charges, minor = sums.get(key, (0, 0))
            sums[key] = (charges + group.gifts, minor + int(group.minor))
    order = sorted(sums, key=lambda key: (key[0], key[2], key[1] or ""))
    return [
        Expected(currency, method, month_of(month), charges, Money(minor, currency))
        for currency, method, month in order
        for charges, minor in (sums[currency, method, month],)
    ]


def numbered_month(column: Any) -> Any:
    """The number of the month of a column of dates."""
    return extract("year", column) * 12 + extract("month", column) - 1


def _groups(today: date) -> Select[*tuple[Any, ...]]:
    """Gifts that are charged in the same months."""
    gift = RecurringGift
    is_paused = gift.status == RecurringStatus.PAUSED
    is_exact = or_(is_paused, gift.next_on < today)
    day = func.coalesce(gift.charge_day, gift.anchor_day, extract("day", gift.next_on))
    counts = or_(gift.status == RecurringStatus.ACTIVE, and_(is_paused, gift.paused_until.is_not(None)))
    each = select(
        gift.currency, gift.interval, gift.method_kind, gift.amount_minor,
        case((not_(is_exact), numbered_month(gift.next_on))).label("month"),
        case((is_exact, gift.next_on)).label("next_on"),
        case((is_exact, day)).label("day"),
        case((is_paused, gift.paused_until)).label("until"),
        numbered_month(gift.last_on).label("last_month"),
    ).where(counts, gift.next_on.is_not(None)).subquery()  # fmt: skip
    alike = [column for column in each.c if column.name != "amount_minor"]
    return select(*alike, func.count().label("gifts"), func.sum(each.c.amount_minor).label("minor")).group_by(*alike)


def _months(group: Row[*tuple[Any, ...]], today: date, furthest: int) -> Sequence[int]:
    """The months in which the gifts of a group are charged, none before `today` or after `furthest`."""
    if group.month is not None:
        first = int(group.month)
    else:
        earliest = max(today, group.until or today)
        first = month_number(first_charge_from(earliest, group.next_on, group.interval, int(group.day)))
    last = furthest if group.last_month is None else min(furthest, int(group.last_month))
    return range(first, last + 1, MONTHS[group.interval])


def standings(db: Session) -> list[Standing]:
    """How many recurring gifts there are that have not ended, by state and currency."""
    gift = RecurringGift
    comes_back = case((gift.paused_until.is_(None), 0), (gift.status == RecurringStatus.PAUSED, 1), else_=0)
    each = (
        select(gift.status, gift.currency, gift.interval, gift.amount_minor, comes_back.label("comes_back"))
        .where(gift.status != RecurringStatus.ENDED)
        .subquery()
    )
    alike = (each.c.status, each.c.comes_back, each.c.currency, each.c.interval)
    query = select(*alike, func.count().label("gifts"), func.sum(each.c.amount_minor).label("minor")).group_by(*alike)
    return list(_standings(db.execute(query).all()))


def _standings(rows: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[Standing]:
    """One of each state and currency, whatever the rhythm. Monthly values are rounded once, as they are elsewhere."""
    order = list(RecurringStatus)
    keys = {(order.index(row.status), bool(row.comes_back), row.currency) for row in rows}
    for place, comes_back, currency in sorted(keys):
        status = order[place]
        mine = [
            row for row in rows if (row.status, bool(row.comes_back), row.currency) == (status, comes_back, currency)
        ]
        yield Standing(
            status, comes_back, currency, sum(row.gifts for row in mine),
            monthly_averages((Money(int(row.minor), currency), row.interval) for row in mine)[0],
            Money(sum(int(row.minor) * 12 // MONTHS[row.interval] for row in mine), currency),
        )  # fmt: skip
