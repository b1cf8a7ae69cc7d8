"""A question about records as data: conditions joined by all, any and none, in one JSON form.

    {"match": "all", "of": [
        {"field": "giving.sum", "is": "at_least", "values": [10000], "period": {"fiscal_year": -1}},
        {"match": "none", "of": [{"field": "contact.country", "is": "any_of", "values": ["NP"]}]}]}

Values are texts, whole numbers (amounts in minor units) and days as ISO 8601. What a field means, and how it is asked
of the database, says `app.kernel.criteria`. Nothing here trusts what it reads: it may come from a browser.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

DEEPEST = 4
MOST = 50
"""Conditions and groups in one question."""
LONGEST = 200
MOST_VALUES = 200
LARGEST = 10**15
MOST_DAYS = 36_525
EARLIEST_OFFSET = -50


class Kind(StrEnum):
    """What a field holds, and so how it can be asked for."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    CHOICE = "choice"
    FLAG = "flag"
    CONTACT = "contact"


class Op(StrEnum):
    """How a field is compared with what was typed."""

    IS = "is"
    IS_NOT = "is_not"
    BEGINS = "begins"
    CONTAINS = "contains"
    FILLED = "filled"
    EMPTY = "empty"
    EQUALS = "equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    SINCE = "since"
    UNTIL = "until"
    WITHIN_DAYS = "within_days"
    BEFORE_DAYS = "before_days"
    ANNIVERSARY = "anniversary"
    ANY_OF = "any_of"
    NONE_OF = "none_of"
    YES = "yes"
    NO = "no"


OPERATORS: Mapping[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (Op.IS, Op.IS_NOT, Op.BEGINS, Op.CONTAINS, Op.FILLED, Op.EMPTY),
    Kind.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN, Op.EQUALS, Op.FILLED, Op.EMPTY),
    Kind.MONEY: (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN, Op.EQUALS, Op.FILLED, Op.EMPTY),
    Kind.DAY: (
        Op.SINCE, Op.UNTIL, Op.BETWEEN, Op.WITHIN_DAYS, Op.BEFORE_DAYS, Op.ANNIVERSARY, Op.FILLED, Op.EMPTY,
    ),
    Kind.CHOICE: (Op.ANY_OF, Op.NONE_OF, Op.FILLED, Op.EMPTY),
    Kind.FLAG: (Op.YES, Op.NO),
    Kind.CONTACT: (Op.IS, Op.IS_NOT, Op.FILLED, Op.EMPTY),
}  # fmt: skip
OPPOSITES: Mapping[Op, Op] = {Op.IS_NOT: Op.IS, Op.NONE_OF: Op.ANY_OF, Op.EMPTY: Op.FILLED, Op.NO: Op.YES}
"""The ways of comparing that say no, and what they deny: asked as "not one of them is …"."""
NOTHING_TYPED = frozenset({Op.FILLED, Op.EMPTY, Op.YES, Op.NO})
DAYS_TYPED = frozenset({Op.WITHIN_DAYS, Op.BEFORE_DAYS, Op.ANNIVERSARY})
"""Compared with a number of days (or of a month, 1 to 12, for an anniversary), whatever the field holds."""
Value = str | int | date


class Match(StrEnum):
    """How the parts of a group are joined."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True)
class Period:
    """The time in which something happened: a fiscal year counted from this one, the last days, or between two days."""

    fiscal_year: int | None = None
    days: int | None = None
    since: date | None = None
    until: date | None = None

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        told = {"fiscal_year": self.fiscal_year, "days": self.days, "since": self.since, "until": self.until}
        return {name: _plain(value) for name, value in told.items() if value is not None}

    def bounds(self, day: date) -> tuple[date | None, date | None]:
        """The first and the last day of it, seen from `day`; None where it is open. Not for fiscal years."""
        if self.days is not None:
            return day - timedelta(days=self.days - 1), day
        return self.since, self.until


@dataclass(frozen=True)
class Condition:
    """One field compared with what was typed; in a period, where the field has one."""

    field: str
    op: Op
    values: tuple[Value, ...] = ()
    period: Period | None = None

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        told: dict[str, Any] = {"field": self.field, "is": self.op.value}
        if self.values:
            told["values"] = [_plain(value) for value in self.values]
        return told | ({"period": self.period.as_data()} if self.period is not None else {})


@dataclass(frozen=True)
class Group:
    """Conditions and groups of which all, any or none must hold. An empty one asks for nothing: everybody is in."""

    match: Match = Match.ALL
    parts: "tuple[Condition | Group, ...]" = ()

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        return {"match": self.match.value, "of": [part.as_data() for part in self.parts]}

    def conditions(self) -> Iterator[Condition]:
        """Every condition in it, in order."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.conditions()
            else:
                yield part


def read_question(data: Any) -> Group:
    """The question that was stored or sent.

    Raises:
        Refused: it is not one, or larger than anybody needs.

    """
    try:
        group = _group(data, depth=0)
    except (KeyError, TypeError, ValueError, RecursionError) as bad:
        raise Refused(_l("This is not a search that can be understood.")) from bad
    if _size(group) > MOST:
        raise Refused(_l("This search has too many conditions: %(most)s are the most.", most=MOST))
    return group


def _group(data: Any, *, depth: int) -> Group:
    if depth > DEEPEST or set(data) != {"match", "of"} or len(data["of"]) > MOST or not isinstance(data["of"], list):
        raise ValueError(depth)
    parts = [_group(each, depth=depth + 1) if "match" in each else _condition(each) for each in data["of"]]
    return Group(Match(data["match"]), tuple(parts))


def _condition(data: Any) -> Condition:
    field, values = data["field"], data.get("values", [])
    if not isinstance(field, str) or len(field) > LONGEST or not isinstance(values, list) or len(values) > MOST_VALUES:
        raise ValueError(field)
    period = data.get("period")
    return Condition(field, Op(data["is"]), tuple(map(_value, values)), _period(period) if period else None)


def _value(value: Any) -> Value:
    if type(value) is int and abs(value) <= LARGEST:
        return value
    if type(value) is str and len(value) <= LONGEST and "\x00" not in value:
        return value
    raise ValueError(value)


def _period(data: Any) -> Period:
    since, until = (date.fromisoformat(data[name]) if data.get(name) else None for name in ("since", "until"))
    year, days = data.get("fiscal_year"), data.get("days")
    if year is not None and not EARLIEST_OFFSET <= int(year) <= 1:
        raise ValueError(year)
    if days is not None and not 1 <= int(days) <= MOST_DAYS:
        raise ValueError(days)
    return Period(year, days, since, until)


def _plain(value: Value) -> str | int:
    return value.isoformat() if isinstance(value, date) else value


def _size(part: "Condition | Group") -> int:
    return 1 + (sum(map(_size, part.parts)) if isinstance(part, Group) else 0)
