"""The filter builder: a question as people put it together line by line, and its name when they save it.

The lines stand in the form by their place: `q-0-field`, `q-0-is`, `q-0-v`; a group has `q-1-match` and its own lines
`q-1-0-field`. Submit buttons called `do` add and drop lines (`add:q-1`, `group:q`, `drop:q-0`), so no script is needed.
A line that is not finished is kept as it was typed; it is an error only when the search is saved.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired, Optional

from app.contacts.services.segments import LONGEST_NAME, SegmentDetails
from app.kernel.conditions import (
    DAYS_TYPED,
    DEEPEST,
    LARGEST,
    MOST,
    MOST_DAYS,
    MOST_VALUES,
    NOTHING_TYPED,
    Condition,
    Group,
    Kind,
    Match,
    Op,
    Period,
    Value,
)
from app.kernel.criteria import Criteria, Criterion
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money, exponent
from app.kernel.text import one_line
from app.web.fields import LongTextField, TextField, plain_number
from app.web.forms import Form

ROOT = "q"
_NAME = re.compile(r"(q(?:-\d{1,2}){0,5})-(field|is|v|w|period|days|since|until|match)")
MOST_DRAWN = MOST * 2
"""Lines and groups that are drawn again, however many are sent: each has every field and country to choose from."""
PERIOD_PARTS = ("period", "days", "since", "until")


@dataclass(frozen=True)
class Line:
    """One condition as it is typed: `values` are texts, `period` one of the codes of `wording.segments.PERIODS`."""

    field: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    period: str = ""
    days: str = ""
    since: str = ""
    until: str = ""
    error: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether no field has been chosen yet."""
        return not self.field


@dataclass(frozen=True)
class Draft:
    """A group of lines and groups as it is typed."""

    match: Match = Match.ALL
    parts: "tuple[Line | Draft, ...]" = (Line(),)

    def lines(self) -> Iterator[Line]:
        """Every line in it, in order."""
        for part in self.parts:
            if isinstance(part, Draft):
                yield from part.lines()
            else:
                yield part


def draft_of(question: Group, write: Callable[[Condition], Line]) -> Draft:
    """A stored question as lines to edit."""
    parts = [draft_of(part, write) if isinstance(part, Group) else write(part) for part in question.parts]
    return Draft(question.match, tuple(parts) or (Line(),))


def draft_sent(form: Any) -> Draft:
    """The lines that a browser sent (a MultiDict), whatever it sent."""
    told: dict[str, dict[str, list[str]]] = {}
    for name in list(form)[: MOST * 8]:
        found = _NAME.fullmatch(name)
        if found and (found[1] in told or len(told) < MOST_DRAWN):
            told.setdefault(found[1], {})[found[2]] = [one_line(v)[:200] for v in form.getlist(name)[:MOST_VALUES]]
    return _draft_at(ROOT, told, depth=0)


def _draft_at(path: str, told: Mapping[str, Mapping[str, list[str]]], *, depth: int) -> Draft:
    below = sorted({int(name.removeprefix(f"{path}-").split("-")[0]) for name in told if name.startswith(f"{path}-")})
    sent = told.get(path, {}).get("match", [""])[0]
    parts: list[Line | Draft] = []
    for place in below:
        here = f"{path}-{place}"
        is_group = "match" in told.get(here, {}) or here not in told
        if not is_group:
            parts.append(_line(told[here]))
        elif depth < DEEPEST:
            parts.append(_draft_at(here, told, depth=depth + 1))
    return Draft(Match(sent) if sent in list(Match) else Match.ALL, tuple(parts) or (Line(),))


def _line(sent: Mapping[str, list[str]]) -> Line:
    one = {name: (sent.get(name) or [""])[0] for name in ("field", "is", *PERIOD_PARTS)}
    values = [value for value in (*sent.get("v", []), *sent.get("w", [])) if value]
    return Line(one["field"], one["is"], tuple(values), one["period"], one["days"], one["since"], one["until"])


def rearranged(draft: Draft, wish: str) -> Draft:
    """The draft with a line or group added or dropped; as it is when nothing of that is asked for."""
    deed, _colon, path = wish.partition(":")
    if deed not in {"add", "group", "drop"} or not re.fullmatch(r"q(-\d{1,2}){0,5}", path):
        return draft
    is_full = sum(1 for _each in draft.lines()) >= MOST
    return draft if deed != "drop" and is_full else _changed(draft, [int(p) for p in path.split("-")[1:]], deed)


def _changed(draft: Draft, path: Sequence[int], deed: str) -> Draft:
    parts = list(draft.parts)
    if deed != "drop" and not path:
        return replace(draft, parts=(*parts, Line() if deed == "add" else Draft(Match.ANY)))
    if not path or path[0] >= len(parts):
        return draft
    here = parts[path[0]]
    if deed == "drop" and len(path) == 1:
        del parts[path[0]]
    elif isinstance(here, Draft):
        parts[path[0]] = _changed(here, path[1:], deed)
    return replace(draft, parts=tuple(parts) or (Line(),))


@dataclass
class Reader:
    """Turns lines into a question, by what each field holds. Amounts are in the organisation's currency."""

    criteria: Criteria
    currency: str
    unfinished: int = field(default=0, init=False)

    def read(self, draft: Draft) -> tuple[Group, Draft]:
        """The question of the finished lines, and the draft with what is wrong beside the others."""
        parts: list[Condition | Group] = []
        told: list[Line | Draft] = []
        for part in draft.parts:
            if isinstance(part, Draft):
                group, seen = self.read(part)
                parts += [group] if group.parts else []
                told.append(seen)
                continue
            condition, line = self._line(part)
            parts += [condition] if condition is not None else []
            self.unfinished += condition is None and not part.is_blank
            told.append(line)
        return Group(draft.match, tuple(parts)), Draft(draft.match, tuple(told))

    def write(self, condition: Condition) -> Line:
        """A condition as it is typed."""
        found = self.criteria.get(condition.field)
        period, period_parts = condition.period, {"period": "", "days": "", "since": "", "until": ""}
        if period is not None:
            code = "days" if period.days is not None else "between"
            period_parts = {
                "period": code if period.fiscal_year is None else f"year:{period.fiscal_year}",
                "days": str(period.days or ""), "since": str(period.since or ""), "until": str(period.until or ""),
            }  # fmt: skip
        values = [self._written(found, condition.op, value) for value in condition.values]
        return Line(condition.field, condition.op.value, tuple(values), **period_parts)

    def _written(self, found: Criterion | None, op: Op, value: Value) -> str:
        if found is None or op in DAYS_TYPED or found.kind not in {Kind.MONEY, Kind.NUMBER}:
            return str(value)
        if found.kind is Kind.MONEY:
            decimal = Money(int(str(value)), found.currency or self.currency).to_decimal()
        else:
            decimal = Decimal(int(str(value))).scaleb(-found.decimals)
        return f"{decimal:f}" if decimal % 1 else f"{decimal:.0f}"

    def _line(self, line: Line) -> tuple[Condition | None, Line]:
        if line.is_blank:
            return None, line
        found = self.criteria.get(line.field)
        if found is None:
            return None, replace(line, error=_("This field is no more. Take the line out."))
        op = Op(line.op) if line.op in [each.value for each in found.operators] else found.operators[0]
        line = replace(line, op=op.value)
        try:
            condition = Condition(line.field, op, self._values(found, op, line.values), self._period(found, line))
        except ValueError as bad:
            return None, replace(line, error=str(bad))
        return condition, line

    def _values(self, found: Criterion, op: Op, typed: Sequence[str]) -> tuple[Value, ...]:
        if op in NOTHING_TYPED:
            return ()
        wanted = typed if op in {Op.ANY_OF, Op.NONE_OF} else typed[: 1 + (op is Op.BETWEEN)]
        if len(wanted) < 1 + (op is Op.BETWEEN):
            raise ValueError(_("Fill in this line."))
        read = [self._value(found, op, each) for each in wanted]
        return tuple(sorted(read, key=_in_order) if op is Op.BETWEEN else read)

    def _value(self, found: Criterion, op: Op, typed: str) -> Value:
        if op in DAYS_TYPED:
            return _whole(typed, largest=12 if op is Op.ANNIVERSARY else MOST_DAYS)
        match found.kind:
            case Kind.MONEY:
                return _minor(typed, found.currency or self.currency)
            case Kind.NUMBER:
                return _scaled(typed, found.decimals)
            case Kind.CONTACT:
                return _whole(typed.lstrip("#"), largest=LARGEST)
            case Kind.DAY:
                return _day(typed).isoformat()
            case _:
                return typed

    def _period(self, found: Criterion, line: Line) -> Period | None:
        if not found.has_period or not line.period:
            return None
        if line.period == "days":
            return Period(days=_whole(line.days, largest=MOST_DAYS))
        if line.period == "between":
            since, until = (_day(each) if each else None for each in (line.since, line.until))
            if since is None and until is None:
                raise ValueError(_("Say from which day or until which day."))
            return Period(since=since, until=until)
        year = re.fullmatch(r"year:(-?\d{1,2})", line.period)
        if year is None or not -50 <= int(year[1]) <= 1:
            raise ValueError(_("Choose a period."))
        return Period(fiscal_year=int(year[1]))


def _minor(typed: str, currency: str) -> int:
    try:
        return Money.parse(plain_number(typed, exponent(currency)), currency).minor
    except ValueError as bad:
        raise ValueError(_("Write an amount, such as 25 or 12.50.")) from bad


def _in_order(value: Value) -> tuple[int, str]:
    """Numbers by what they are, days by how they are written."""
    return (value, "") if isinstance(value, int) else (0, str(value))


def _whole(typed: str, *, largest: int) -> int:
    if not typed.isdecimal() or len(typed) > 18 or not 1 <= int(typed) <= largest:
        raise ValueError(_("Write a whole number."))
    return int(typed)


def _scaled(typed: str, decimals: int) -> int:
    """A number as it is kept: without its point, so many decimals."""
    try:
        whole, _point, rest = plain_number(typed, decimals).partition(".")
    except ValueError as bad:
        raise ValueError(_("Write a number.")) from bad
    if len(rest.rstrip("0")) > decimals or not 1 <= len(whole.lstrip("-")) <= 12:
        raise ValueError(_("Write a number."))
    return int(whole + rest[:decimals].ljust(decimals, "0"))


def _day(typed: str) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError as bad:
        raise ValueError(_("Write a day.")) from bad
    if not 1800 <= day.year <= 2200:
        raise ValueError(_("Check the year of this date."))
    return day


def groups_of(criteria: Iterable[Criterion]) -> list[tuple[str, list[Criterion]]]:
    """The criteria under their headings, in the order of the features."""
    found: dict[str, list[Criterion]] = {}
    for each in criteria:
        found.setdefault(str(each.group), []).append(each)
    return list(found.items())


class SegmentForm(Form):
    """What a segment is called, and who else sees it. `version` is the one that was shown."""

    name = TextField(_l("Name"), [InputRequired()], longest=LONGEST_NAME)
    description = LongTextField(_l("What it is for"), [Optional()], longest=1000, render_kw={"rows": 2})
    is_shared = BooleanField(_l("Everybody who sees contacts may use it"))
    version = HiddenField()

    def details(self, question: Group) -> SegmentDetails:
        """What the service wants to know."""
        return SegmentDetails(
            name=self.name.data or "",
            description=self.description.data or "",
            is_shared=bool(self.is_shared.data),
            question=question,
        )
