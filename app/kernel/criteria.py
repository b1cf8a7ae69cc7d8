"""What records may be searched by, and the one place where a question is compiled to SQL.

Features register criteria: a key, words, what it holds, and how a condition on it is asked of the database (most by
`app.kernel.comparing`). The lower feature that runs a search so knows nothing of the higher ones whose figures it
filters by. Nothing is put together of strings: every value is a parameter, every name a column of ours.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, not_, or_, true
from sqlalchemy.orm import Session

from app.kernel.actors import Capability
from app.kernel.clock import today
from app.kernel.conditions import DAYS_TYPED, NOTHING_TYPED, OPERATORS, Condition, Group, Kind, Match, Op
from app.kernel.errors import Refused
from app.kernel.hearing import Heard, heard
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import Organisation, the_organisation

Choices = Callable[[Session], Sequence[tuple[str, str]]]
NEVER_EMPTY = frozenset({Op.FILLED, Op.EMPTY})
"""Lacked by what always has a value."""
MONTHS = 12


@dataclass(frozen=True)
class Asking:
    """For whom a question is compiled: the column that names a record, the day, and the organisation's own facts.

    `heard` are the rows by which people are heard of.
    """

    key: SQLColumnExpression[int]
    day: date
    organisation: Organisation
    is_postgresql: bool
    heard: Sequence[Heard] = field(kw_only=True)

    def has_been_heard_of(self, since: date) -> ColumnElement[bool]:
        """Whether the record is one of somebody who came to us on this day or later, by whatever any feature knows."""
        return or_(false(), *(self.among(each.since(since, self.organisation.time_zone)) for each in self.heard))

    def among(self, keys: Select[Any]) -> ColumnElement[bool]:
        """Whether the record is one of those whose keys a query gives.

        PostgreSQL joins to an EXISTS whatever its size and also where it is denied; SQLite makes a list for IN once,
        and begins with it where it is short.
        """
        if not self.is_postgresql:
            return self.key.in_(keys)
        found = keys.subquery()
        return exists().where(found.c[0] == self.key)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """Something to search by. `compile` answers a condition; one that has a period is given it in the condition.

    `choices` offers (value, words) pairs. `lacks` are ways of comparing that make no sense for it. Numbers are kept
    without their point (`decimals`), amounts in minor units of `currency` ("" for the organisation's).
    """

    key: str
    label: Text
    group: Text
    kind: Kind
    compile: Callable[[Asking, Condition], ColumnElement[bool]]
    choices: Choices | None = None
    has_period: bool = False
    decimals: int = 0
    currency: str = ""
    lacks: frozenset[Op] = frozenset()
    capability: Capability | None = None
    hint: Text = ""
    """What whoever chooses it has to know: one sentence beneath the line."""

    @property
    def operators(self) -> tuple[Op, ...]:
        """The ways in which it can be compared."""
        return tuple(op for op in OPERATORS[self.kind] if op not in self.lacks)


Source = Callable[[Session], Iterable[Criterion]]
"""Criteria of a feature; asked of the database where people define them themselves."""


class CriteriaSources:
    """Where criteria come from, in the order of the features. A port: jobs find it in `work.ports`."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def load(self, db: Session) -> "Criteria":
        """Every criterion that there is now."""
        return Criteria([each for source in self._sources for each in source(db)])


class Criteria:
    """The criteria of one moment, by key."""

    def __init__(self, found: Sequence[Criterion]) -> None:
        self.all = found

    @cached_property
    def _by_key(self) -> dict[str, Criterion]:
        return {each.key: each for each in self.all}

    def get(self, key: str) -> Criterion | None:
        """The criterion of this key; None when it is no more, or never was."""
        return self._by_key.get(key)

    def allowed(self, may: Callable[[Capability], bool]) -> "Criteria":
        """Those that somebody may search by."""
        return Criteria([each for each in self.all if each.capability is None or may(each.capability)])

    def compile(self, question: Group, asking: Asking) -> ColumnElement[bool]:
        """The question as a condition of SQL.

        Raises:
            Refused: a field is no more, cannot be compared so, or what is asked for is no value of it.

        """
        parts = [
            self.compile(part, asking) if isinstance(part, Group) else self._condition(part, asking)
            for part in question.parts
        ]
        match question.match:
            case Match.ALL:
                return and_(true(), *parts)
            case Match.ANY:
                return or_(false(), *parts) if parts else true()
            case Match.NONE:
                return not_(or_(false(), *parts)) if parts else true()

    def check(self, condition: Condition) -> Criterion:
        """The criterion that a condition is about.

        Raises:
            Refused: as with `compile`.

        """
        found = self.get(condition.field)
        if found is None:
            raise Refused(
                _l("This search asks for a field that is no more, or that you may not search by. Take that line out.")
            )
        if condition.op not in found.operators or not _fits(found, condition):
            raise Refused(_l("“%(field)s” cannot be searched in this way. Fill in that line again.", field=found.label))
        return found

    def _condition(self, condition: Condition, asking: Asking) -> ColumnElement[bool]:
        return self.check(condition).compile(asking, condition)


def asking(db: Session, key: SQLColumnExpression[int]) -> Asking:
    """A question of now, about the records whose keys stand in this column."""
    organisation = the_organisation(db)
    is_postgresql = db.get_bind().dialect.name == "postgresql"
    return Asking(key, today(organisation.time_zone), organisation, is_postgresql, heard=heard(db))


def _fits(criterion: Criterion, condition: Condition) -> bool:
    """Whether the values are of the kind that the field and the way of comparing want."""
    op, values = condition.op, condition.values
    if (condition.period is not None and not criterion.has_period) or (op in NOTHING_TYPED) != (not values):
        return False
    if op in {Op.ANY_OF, Op.NONE_OF}:
        return all(isinstance(value, str) for value in values)
    if len(values) > 1 + (op is Op.BETWEEN):
        return False
    if op in DAYS_TYPED or criterion.kind in {Kind.NUMBER, Kind.MONEY, Kind.CONTACT}:
        is_month = op is not Op.ANNIVERSARY or all(isinstance(v, int) and 1 <= v <= MONTHS for v in values)
        return is_month and all(isinstance(value, int) for value in values)
    if criterion.kind is Kind.DAY:
        return all(_is_day(value) for value in values)
    return all(isinstance(value, str) for value in values)


def _is_day(value: Any) -> bool:
    if isinstance(value, date):
        return True
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
