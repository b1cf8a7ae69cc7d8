"""What the pages of segments show: the filter builder with its lines, what a search finds, and how it is worded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flask import request
from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.contacts.forms.segments import ROOT, Draft, Line, Reader, draft_of, groups_of
from app.contacts.models import Contact, Segment
from app.contacts.queries import segments as queries
from app.contacts.queries.readers_criteria import criteria_of
from app.contacts.wording.segments import MATCHES, OPS, PERIODS, choice_words, in_words, months
from app.kernel.conditions import DAYS_TYPED, NOTHING_TYPED, Condition, Group, Kind, Match, Op, Period
from app.kernel.criteria import Criteria, CriteriaSources, Criterion
from app.kernel.errors import Refused
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.pages import Sort, paginate
from app.web.application import this_application
from app.web.auth import current_actor
from app.web.paging import Pager, pager
from app.web.reading import reading_organisation

Narrow = Callable[[Select[Contact]], Select[Contact]]
LAST_YEAR, THIS_YEAR = Period(fiscal_year=-1), Period(fiscal_year=0)
GAVE, GAVE_NOT = (Op.AT_LEAST, (1,)), (Op.EQUALS, (0,))
READY: Mapping[str, tuple[Text, tuple[Condition, ...]]] = {
    "lybunt": (
        _l("Gave last fiscal year, not yet this year"),
        (Condition("giving.count", *GAVE, LAST_YEAR), Condition("giving.count", *GAVE_NOT, THIS_YEAR)),
    ),
    "sybunt": (
        _l("Gave before last fiscal year, and not since"),
        (
            Condition("giving.count", *GAVE), Condition("giving.count", *GAVE_NOT, LAST_YEAR),
            Condition("giving.count", *GAVE_NOT, THIS_YEAR),
        ),
    ),
    "new": (_l("Gave for the first time in the last year"), (Condition("giving.first", Op.WITHIN_DAYS, (365,)),)),
    "loyal": (_l("Gave three fiscal years in a row or longer"), (Condition("giving.streak", Op.AT_LEAST, (3,)),)),
    "monthly": (_l("Has a recurring gift"), (Condition("giving.recurring", Op.ANY_OF, ("active", "past_due")),)),
}  # fmt: skip
"""Searches to begin with (features of every fundraising system: LYBUNT, SYBUNT, first gift, streak)."""


def readers_criteria(db: Session) -> Criteria:
    """What the reader may search by."""
    return criteria_of(db, this_application().ports.get(CriteriaSources), current_actor())


def ready_made(criteria: Criteria) -> list[tuple[str, Text]]:
    """The searches to begin with that the reader may run."""
    return [(key, words) for key, (words, parts) in READY.items() if all(criteria.get(part.field) for part in parts)]


@dataclass
class Found:
    """What a search finds now: how many, the first of them, or why it cannot be run."""

    count: int = 0
    page: Pager | None = None
    refusal: str = ""


@dataclass
class Builder:
    """The filter builder as a page draws it."""

    db: Session
    criteria: Criteria
    draft: Draft
    question: Group
    unfinished: int
    is_strict: bool = False
    """Whether lines that are not filled in are pointed out: once somebody has tried to save."""

    @classmethod
    def of_draft(cls, db: Session, criteria: Criteria, draft: Draft) -> "Builder":
        """With the lines as they are typed."""
        reader = Reader(criteria, reading_organisation().currency)
        question, seen = reader.read(draft)
        return cls(db, criteria, seen, question, reader.unfinished)

    @classmethod
    def of_question(cls, db: Session, criteria: Criteria, question: Group) -> "Builder":
        """With the lines of a stored question."""
        reader = Reader(criteria, reading_organisation().currency)
        return cls.of_draft(db, criteria, draft_of(question, reader.write))

    @property
    def root(self) -> str:
        """What the lines' names begin with."""
        return ROOT

    @cached_property
    def groups(self) -> list[tuple[str, list[Criterion]]]:
        """What can be searched by, under headings."""
        return groups_of(self.criteria.all)

    @property
    def matches(self) -> list[tuple[Match, Text]]:
        """How lines can be joined."""
        return list(MATCHES.items())

    def row(self, line: Line) -> "Row":
        """A line with what can be chosen on it."""
        return Row(line, self.criteria.get(line.field), self)

    def choices(self, criterion: Criterion) -> Sequence[tuple[str, str]]:
        """The choices of a field, asked for once."""
        known: dict[str, list[tuple[str, str]]] = self.__dict__.setdefault("_choices", {})
        if criterion.key not in known:
            known[criterion.key] = choice_words(criterion.choices(self.db)) if criterion.choices else []
        return known[criterion.key]

    def found(self) -> Found:
        """How many answer the finished lines."""
        return _looked_up(self.db, lambda: queries.those_who(self.db, self.question, self.criteria))


@dataclass
class Row:
    """A line as it is drawn: which controls it has follows from the field and the way of comparing."""

    line: Line
    criterion: Criterion | None
    builder: Builder

    @property
    def op(self) -> Op | None:
        """The way of comparing."""
        if self.criterion is None:
            return None
        return Op(self.line.op) if self.line.op in list(self.criterion.operators) else self.criterion.operators[0]

    @property
    def operators(self) -> list[tuple[Op, Text]]:
        """The ways of comparing that the field has."""
        return [(op, OPS[op]) for op in self.criterion.operators] if self.criterion is not None else []

    @property
    def control(self) -> str:
        """What is filled in: "" for nothing, else choices, months, days, date, money, number or text."""
        if self.criterion is None or self.op in NOTHING_TYPED:
            return ""
        if self.op in DAYS_TYPED:
            return "months" if self.op is Op.ANNIVERSARY else "days"
        kinds = {Kind.CHOICE: "choices", Kind.DAY: "date", Kind.MONEY: "money", Kind.NUMBER: "number"}
        return kinds.get(self.criterion.kind, "text")

    @property
    def currency(self) -> str:
        """The currency of an amount."""
        own = self.criterion.currency if self.criterion is not None else ""
        return own or reading_organisation().currency

    @property
    def is_span(self) -> bool:
        """Whether two values are filled in."""
        return self.op is Op.BETWEEN

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """What can be chosen."""
        return self.builder.choices(self.criterion) if self.criterion is not None else []

    @property
    def months(self) -> list[tuple[int, str]]:
        """The months of the year."""
        return months()

    @property
    def periods(self) -> list[tuple[str, Text]]:
        """The periods that can be chosen; none where the field has none."""
        has_period = self.criterion is not None and self.criterion.has_period
        return list(PERIODS.items()) if has_period else []

    def value(self, place: int) -> str:
        """What is typed in the first or second control."""
        return self.line.values[place] if place < len(self.line.values) else ""


def who_is_in(db: Session, segment: Segment, criteria: Criteria, narrow: Narrow = lambda query: query) -> Found:
    """The contacts of a segment, narrowed: how many, and the page of them that the address asks for."""
    return _looked_up(db, lambda: narrow(queries.contacts_in(db, segment, criteria)), with_page=True)


def words_of(db: Session, segment: Segment, criteria: Criteria) -> list[tuple[int, str]]:
    """A segment's question in words; nothing for a list."""
    if not segment.is_live:
        return []
    try:
        question = queries.question_of(segment)
    except Refused as refusal:
        return [(0, str(refusal.message))]
    return in_words(db, question, criteria, currency=reading_organisation().currency)


def _looked_up(db: Session, search: Callable[[], Select[Contact]], *, with_page: bool = False) -> Found:
    try:
        query = search()
    except Refused as refusal:
        return Found(refusal=str(refusal.message))
    if not with_page:
        return Found(queries.count_of(db, query))
    order, (those, count) = [Sort(Contact.sort_key), Sort(Contact.id)], queries.looked_up_once(db, query)
    page = paginate(db, those, order, cursor=request.args.get("after"), total=count)
    return Found(page.total or 0, pager(page))
