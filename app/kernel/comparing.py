"""How a condition becomes a comparison in SQL: what most criteria compile with."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Enum,
    Select,
    SQLColumnExpression,
    and_,
    extract,
    false,
    func,
    literal,
    not_,
    true,
)

from app.kernel.clock import start_of_day
from app.kernel.conditions import DAYS_TYPED, OPPOSITES, Condition, Kind, Op, Period
from app.kernel.criteria import Asking
from app.kernel.text import fold

Compile = Callable[[Asking, Condition], ColumnElement[bool]]
Folded = Callable[[str], str]
Column = SQLColumnExpression[Any]
LAST_SIGN = "\U0010ffff"
LONGEST_KEY = 18
"""Digits of a key that every database takes."""
LONGEST_AGO = 300_000
"""Days; before that there are no dates."""


def of_column(column: Column, kind: Kind, *, folded: Folded = fold) -> Compile:
    """A criterion over a column of the record itself; an empty one is NULL or "". `folded` is how texts are kept."""

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        positive = _positive(condition)
        found = compare(column, kind, positive, asking, folded=folded)
        return found if positive is condition else not_(func.coalesce(found, false()))

    return ask


def of_rows(keys: Select[Any], column: Column, kind: Kind, *, folded: Folded = fold) -> Compile:
    """A criterion over rows beside the record, of which it may have several or none: `keys` selects their owners.

    To say no ("is not", "none of", "is empty") is to say that not one of the rows is so.
    """

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        positive = _positive(condition)
        found = asking.among(keys.where(compare(column, kind, positive, asking, folded=folded)))
        return found if positive is condition else not_(found)

    return ask


def of_instant(column: Column) -> Compile:
    """A criterion over an instant of the record, compared by the organisation's days."""

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        if condition.op in {Op.FILLED, Op.EMPTY}:
            return column.is_not(None) if condition.op is Op.FILLED else column.is_(None)
        if condition.op is Op.ANNIVERSARY:
            return extract("month", column) == condition.values[0]
        first, last = bounds_of(condition, asking.day)
        return _between_days(column, first, last, asking)

    return ask


def flag(holds: Callable[[Asking], ColumnElement[bool]]) -> Compile:
    """A criterion that is true or not."""

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        found = holds(asking)
        return found if condition.op is Op.YES else not_(func.coalesce(found, false()))

    return ask


def compare(
    column: Column, kind: Kind, condition: Condition, asking: Asking, *, folded: Folded = fold
) -> ColumnElement[bool]:
    """A column compared as a condition says; ways that say no are turned round by whoever calls."""
    if condition.op is Op.FILLED:
        return column.is_not(None) & (column != "") if kind in {Kind.TEXT, Kind.CHOICE} else column.is_not(None)
    if condition.op is Op.YES:
        return column.is_(True)
    if condition.op is Op.ANY_OF:
        return is_one_of(column, condition)
    if kind is Kind.TEXT:
        return _text(column, condition.op, folded(str(condition.values[0])), asking)
    return compare_days(column, condition, asking.day) if kind is Kind.DAY else compare_numbers(column, condition)


def is_one_of(column: Column, condition: Condition) -> ColumnElement[bool]:
    """Whether a column holds one of what was chosen. Where it holds states, what is none of them is passed over."""
    kept_as = getattr(column, "type", None)
    known = kept_as.enums if isinstance(kept_as, Enum) else condition.values
    return column.in_([value for value in condition.values if value in known])


def keys_chosen(condition: Condition) -> list[int]:
    """The keys of the records that were chosen; what is no key is passed over."""
    return [key for value in condition.values if (key := key_of(str(value)))]


def key_of(text: str) -> int:
    """A key of a record written out; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY else 0


def compare_numbers(column: Column, condition: Condition) -> ColumnElement[bool]:
    """A number, an amount in minor units or a key, compared with what was typed."""
    # of 64 bits: a small column would have PostgreSQL refuse a large number instead of comparing it
    first, last = (literal(value, BigInteger) for value in (condition.values[0], condition.values[-1]))
    match condition.op:
        case Op.AT_LEAST:
            return column >= first
        case Op.AT_MOST:
            return column <= first
        case Op.BETWEEN:
            return column.between(first, last)
        case _:
            return column == first


def compare_days(column: Column, condition: Condition, day: date) -> ColumnElement[bool]:
    """A date compared with what was typed, seen from `day`."""
    if condition.op is Op.ANNIVERSARY:
        return extract("month", column) == condition.values[0]
    first, last = bounds_of(condition, day)
    return and_(
        column.is_not(None), *([] if first is None else [column >= first]), *([] if last is None else [column <= last])
    )


def bounds_of(condition: Condition, day: date) -> tuple[date | None, date | None]:
    """The first and last day that a condition on a date means; None where it is open."""
    if condition.op in DAYS_TYPED:
        ago = day - timedelta(days=min(int(str(condition.values[0])), LONGEST_AGO))
        return (ago, day) if condition.op is Op.WITHIN_DAYS else (None, ago - timedelta(days=1))
    days = [each if isinstance(each, date) else date.fromisoformat(str(each)) for each in condition.values]
    match condition.op:
        case Op.SINCE:
            return days[0], None
        case Op.UNTIL:
            return None, days[0]
        case _:
            return days[0], days[-1]


def bounds_of_period(period: Period, asking: Asking) -> tuple[date | None, date | None]:
    """The first and the last day of a period, seen from the day of asking; None where it is open."""
    if period.fiscal_year is not None:
        this = asking.organisation.fiscal_year_of(asking.day)
        return asking.organisation.bounds_of_fiscal_year(this + period.fiscal_year)
    return period.bounds(asking.day)


def in_period(column: Column, period: Period | None, asking: Asking) -> ColumnElement[bool]:
    """Whether a date lies in a period; always without one."""
    first, last = (None, None) if period is None else bounds_of_period(period, asking)
    return and_(true(), *([] if first is None else [column >= first]), *([] if last is None else [column <= last]))


def instant_in(column: Column, period: Period | None, asking: Asking) -> ColumnElement[bool]:
    """Whether an instant lies in a period of the organisation's days; always without one."""
    first, last = (None, None) if period is None else bounds_of_period(period, asking)
    return _between_days(column, first, last, asking)


def _between_days(column: Column, first: date | None, last: date | None, asking: Asking) -> ColumnElement[bool]:
    zone = asking.organisation.time_zone
    after = [] if first is None else [column >= start_of_day(first, zone)]
    before = [] if last is None else [column < start_of_day(last + timedelta(days=1), zone)]
    return and_(true(), *after, *before)


def _positive(condition: Condition) -> Condition:
    """The condition itself, or what it denies if it says no."""
    denied = OPPOSITES.get(condition.op)
    return condition if denied is None else Condition(condition.field, denied, condition.values, condition.period)


def _text(column: Column, op: Op, wanted: str, asking: Asking) -> ColumnElement[bool]:
    if op is Op.IS:
        return column == wanted
    if op is Op.CONTAINS:
        return column.contains(wanted, autoescape=True)
    if asking.is_postgresql:
        return column.startswith(wanted, autoescape=True)
    return and_(column >= wanted, column < wanted + LAST_SIGN)  # SQLite sorts by bytes, and an index answers
