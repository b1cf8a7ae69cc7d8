"""What came in by day, never stale: days that changed since they were kept are read from their gifts.

The changed days are asked for first, and each question then takes them from the gifts and all others from what is kept,
in one statement. Should the worker bring some of them up to date meanwhile, they are still read from the gifts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, case, func, select, union_all
from sqlalchemy.orm import Session

from app.funds.models import Fund
from app.giving.models import (
    Allocation,
    ChangedDay,
    Gift,
    GiftStatus,
    GivingDay,
    GivingDayFund,
    ReceiptChoice,
    ReceiptGift,
    ReceiptStatus,
)
from app.kernel.money import Money

KEY = ("received_on", "fiscal_year", "currency")
FIGURES = ("entries", "received", "waiting", "amount_minor")
DAYS = (*KEY, *FIGURES)
"""The columns of `GivingDay`."""
FUNDS = (*KEY, "fund_id", "amount_minor")
"""The columns of `GivingDayFund`."""


def changed_days(db: Session, limit: int | None = None) -> list[date]:
    """The days to be read from their gifts, the oldest first."""
    day = ChangedDay.received_on
    return list(db.scalars(select(day).distinct().order_by(day).limit(limit)))


def is_waiting() -> ColumnElement[bool]:
    """Received gifts whose donor wants a receipt and has none in force: something is missing."""
    in_force = select(ReceiptGift.id).where(ReceiptGift.gift_id == Gift.id, ReceiptGift.status == ReceiptStatus.ISSUED)
    return (
        (Gift.status == GiftStatus.RECEIVED)
        & (Gift.receipt_choice == ReceiptChoice.EACH)
        & (Gift.amount_minor > Gift.returned_minor)
        & ~Gift.is_disputed
        & ~in_force.exists()
    )


def kept_minor() -> ColumnElement[int]:
    """What counts of a gift, in minor units."""
    return case((Gift.status == GiftStatus.RECEIVED, Gift.amount_minor - Gift.returned_minor), else_=0)


def days_from_gifts(which: ColumnElement[bool], figures: Sequence[str] = FIGURES) -> Select[*tuple[Any, ...]]:
    """The true figures of days, from the gifts themselves: the columns of `KEY`, then these."""
    is_received = Gift.status == GiftStatus.RECEIVED
    sums: dict[str, ColumnElement[Any]] = {
        "entries": func.count(),
        "received": func.sum(case((is_received, 1), else_=0)),
        "waiting": func.sum(case((is_waiting(), 1), else_=0)),
        "amount_minor": func.sum(kept_minor()),
    }
    key = (Gift.received_on, Gift.fiscal_year, Gift.currency)
    return select(*key, *(sums[name] for name in figures)).where(which).group_by(*key)


def funds_from_gifts(db: Session, which: ColumnElement[bool]) -> dict[tuple[date, int, str, int], int]:
    """The true sums by day, fiscal year, currency and fund, from the gifts themselves."""
    rows = db.execute(_shares(which))
    sums = {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}
    for row, minor in _gone_back(db, which):
        sums[row.received_on, row.fiscal_year, row.currency, row.fund_id] -= minor
    return sums


def sums_by_currency(
    db: Session, currency: str, since: date | None, until: date | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """(currency, day, entries, kept) of the gifts between two days, both included; kept in minor units.

    `day` is None for what came in this currency: others have a row for each day, by whose rate they count.
    """
    days = _days(changed_days(db), "entries", "amount_minor")
    foreign_day = case((days.c.currency != currency, days.c.received_on)).label("day")
    query = select(days.c.currency, foreign_day, days.c.entries, days.c.amount_minor)
    if since is not None:
        query = query.where(days.c.received_on >= since)
    if until is not None:
        query = query.where(days.c.received_on <= until)
    each = query.subquery()
    sums = (func.sum(each.c.entries).label("entries"), func.sum(each.c.amount_minor).label("kept"))
    return db.execute(select(each.c.currency, each.c.day, *sums).group_by(each.c.currency, each.c.day)).all()


def days_of_years(db: Session, years: Sequence[int], changed: Sequence[date]) -> Sequence[Row[*tuple[Any, ...]]]:
    """(fiscal_year, received_on, currency, received, amount_minor) of each day of these fiscal years and currency.

    `changed` are the `changed_days`.
    """
    days = _days(changed, "received", "amount_minor")
    columns = (days.c.fiscal_year, days.c.received_on, days.c.currency, days.c.received, days.c.amount_minor)
    return db.execute(select(*columns).where(days.c.fiscal_year.in_(years))).all()


def waiting_days(db: Session) -> dict[date, int]:
    """On which days gifts came that wait for a receipt, and how many."""
    days = _days(changed_days(db), "waiting")
    query = select(days.c.received_on, func.sum(days.c.waiting)).where(days.c.waiting > 0)
    return {day: int(count) for day, count in db.execute(query.group_by(days.c.received_on))}


@dataclass(frozen=True)
class FundSums:
    """What funds were given: in one currency by (fund, fiscal year), in others by day as well.

    Minor units. `others` has, by (day, fiscal year, currency), each fund's part of it.
    """

    own: dict[tuple[int, int], int]
    others: dict[tuple[date, int, str], dict[int, int]]
    names: dict[int, str]


def given_to_funds(db: Session, currency: str, changed: Sequence[date]) -> FundSums:
    """What each fund was given. What went back of a gift is taken from its funds in proportion.

    `changed` are the `changed_days`.
    """
    which = Gift.received_on.in_(changed)
    kept = select(*_columns(GivingDayFund, FUNDS)).where(GivingDayFund.received_on.not_in(changed))
    each = union_all(kept, _shares(which)).subquery()
    foreign_day = case((each.c.currency != currency, each.c.received_on)).label("day")
    keyed = select(each.c.fund_id, each.c.fiscal_year, each.c.currency, foreign_day, each.c.amount_minor).subquery()
    key = (Fund.id, Fund.name, keyed.c.fiscal_year, keyed.c.currency, keyed.c.day)
    query = select(*key, func.sum(keyed.c.amount_minor)).join(Fund, Fund.id == keyed.c.fund_id).group_by(*key)
    found = FundSums({}, {}, {})
    for fund_id, name, year, code, day, minor in db.execute(query):
        found.names[fund_id] = name
        if day is None:
            found.own[fund_id, year] = int(minor)
        else:
            found.others.setdefault((day, year, code), {})[fund_id] = int(minor)
    for row, minor in _gone_back(db, which):
        if row.currency == currency:
            if (row.fund_id, row.fiscal_year) in found.own:
                found.own[row.fund_id, row.fiscal_year] -= minor
        else:
            shares = found.others.get((row.received_on, row.fiscal_year, row.currency), {})
            if row.fund_id in shares:
                shares[row.fund_id] -= minor
    return found


def _columns(model: Any, names: Sequence[str]) -> list[Any]:
    return [getattr(model, name) for name in names]


def _days(changed: Sequence[date], *figures: str) -> Subquery:
    kept = select(*_columns(GivingDay, (*KEY, *figures))).where(GivingDay.received_on.not_in(changed))
    return union_all(kept, days_from_gifts(Gift.received_on.in_(changed), figures)).subquery()


def _shares(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What received gifts were for, before anything went back; the columns of `FUNDS`."""
    key = (Gift.received_on, Gift.fiscal_year, Gift.currency, Allocation.fund_id)
    query = select(*key, func.sum(Allocation.amount_minor)).join(Allocation, Allocation.gift_id == Gift.id)
    return query.where(Gift.status == GiftStatus.RECEIVED, which).group_by(*key)


def _gone_back(db: Session, which: ColumnElement[bool]) -> Iterator[tuple[Row[*tuple[Any, ...]], int]]:
    """Each share of a received gift of which something went back, with the minor units that went."""
    query: Select[*tuple[Any, ...]] = (
        select(
            Gift.id, Gift.received_on, Gift.fiscal_year, Gift.currency, Gift.returned_minor,
            Allocation.fund_id, Allocation.amount_minor,
        )
        .join(Allocation, Allocation.gift_id == Gift.id)
        .where(Gift.status == GiftStatus.RECEIVED, Gift.returned_minor > 0, which)
        .order_by(Gift.id, Allocation.id)
    )  # fmt: skip
    for _gift, found in groupby(db.execute(query), key=lambda row: row.id):
        rows = list(found)
        parts = Money(rows[0].returned_minor, rows[0].currency).split([row.amount_minor for row in rows])
        yield from ((row, part.minor) for row, part in zip(rows, parts, strict=True))
