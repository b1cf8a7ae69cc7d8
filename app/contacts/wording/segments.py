"""How searches of contacts are put into words: the ways of comparing, the periods, and whole questions."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import get_month_names
from sqlalchemy.orm import Session

from app.kernel.conditions import Condition, Group, Kind, Match, Op, Period, Value
from app.kernel.criteria import Criteria, Criterion
from app.kernel.i18n import Text, babel_locale, format_day, format_money, format_number, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money

MATCHES: Mapping[Match, Text] = {
    Match.ALL: _l("all of these"), Match.ANY: _l("any of these"), Match.NONE: _l("none of these"),
}  # fmt: skip
HEADINGS: Mapping[Match, Text] = {
    Match.ALL: _l("All of these:"), Match.ANY: _l("Any of these:"), Match.NONE: _l("None of these:"),
}  # fmt: skip
OF_ONE: Mapping[Op, Op] = {Op.ANY_OF: Op.IS, Op.NONE_OF: Op.IS_NOT}
"""What is said of a choice of only one."""
OPS: Mapping[Op, Text] = {
    Op.IS: _l("is"), Op.IS_NOT: _l("is not"), Op.BEGINS: _l("begins with"), Op.CONTAINS: _l("contains"),
    Op.FILLED: _l("is known"), Op.EMPTY: _l("is not known"), Op.EQUALS: _l("is exactly"),
    Op.AT_LEAST: _l("at least"), Op.AT_MOST: _l("at most"), Op.BETWEEN: _l("between"), Op.SINCE: _l("on or after"),
    Op.UNTIL: _l("on or before"), Op.WITHIN_DAYS: _l("in the last days:"), Op.BEFORE_DAYS: _l("longer ago than days:"),
    Op.ANNIVERSARY: _l("in the month of"), Op.ANY_OF: _l("is one of"), Op.NONE_OF: _l("is none of"), Op.YES: _l("yes"),
    Op.NO: _l("no"),
}  # fmt: skip
PERIODS: Mapping[str, Text] = {
    "": _l("ever"), "year:0": _l("this fiscal year"), "year:-1": _l("last fiscal year"),
    "year:-2": _l("the fiscal year before last"), "days": _l("in the last … days"), "between": _l("between two days"),
}  # fmt: skip


def months() -> list[tuple[int, str]]:
    """(1 to 12, name) of the months in the language in force."""
    names = get_month_names("wide", locale=babel_locale())
    return [(number, names[number]) for number in range(1, 13)]


def in_words(db: Session, question: Group, criteria: Criteria, *, currency: str) -> list[tuple[int, str]]:
    """The question as (depth, line) for people; fields that are no more say so."""
    return _lines(_Speaker(db, criteria, currency), question, depth=0)


class _Speaker:
    """Puts conditions into words; the choices of a field are asked for once."""

    def __init__(self, db: Session, criteria: Criteria, currency: str) -> None:
        self._db, self._criteria, self._currency = db, criteria, currency
        self._choices: dict[str, dict[str, str]] = {}

    def say(self, condition: Condition) -> str:
        """One condition."""
        found = self._criteria.get(condition.field)
        if found is None:
            return _("A field that is no more, or that you may not search by")
        if found.kind is Kind.FLAG:
            return _("%(field)s: %(value)s", field=found.label, value=OPS[condition.op])
        values = self._values(found, condition)
        op = OF_ONE.get(condition.op, condition.op) if len(condition.values) == 1 else condition.op
        said = f"{found.label} {OPS[op]} {values}".strip()
        return said if condition.period is None else f"{said} ({period_in_words(condition.period)})"

    def _values(self, found: Criterion, condition: Condition) -> str:
        if condition.op is Op.ANNIVERSARY:
            return dict(months()).get(int(str(condition.values[0])), "")
        if condition.op in {Op.WITHIN_DAYS, Op.BEFORE_DAYS}:
            return str(condition.values[0])
        told = [self._value(found, value) for value in condition.values]
        return _(" and ").join(told) if condition.op is Op.BETWEEN else _(" or ").join(told)

    def _value(self, found: Criterion, value: Value) -> str:
        if found.kind is Kind.MONEY:
            return format_money(Money(int(str(value)), found.currency or self._currency), whole=True)
        if found.kind is Kind.NUMBER:
            return format_number(Decimal(int(str(value))).scaleb(-found.decimals))
        if found.kind is Kind.DAY:
            return format_day(date.fromisoformat(str(value)))
        if found.choices is not None:
            if found.key not in self._choices:
                self._choices[found.key] = dict(found.choices(self._db))
            return self._choices[found.key].get(str(value), _("something that is no more"))
        return _("“%(text)s”", text=value) if found.kind is Kind.TEXT else str(value)


def period_in_words(period: Period) -> str:
    """A period for people."""
    if period.fiscal_year is not None:
        known = PERIODS.get(f"year:{period.fiscal_year}")
        return str(known) if known else _("%(count)s fiscal years ago", count=-period.fiscal_year)
    if period.days is not None:
        return ngettext("in the last %(num)s day", "in the last %(num)s days", period.days)
    if period.since is not None and period.until is not None:
        return _("from %(first)s to %(last)s", first=format_day(period.since), last=format_day(period.until))
    if period.since is not None:
        return _("since %(day)s", day=format_day(period.since))
    return _("until %(day)s", day=format_day(period.until)) if period.until is not None else str(PERIODS[""])


def _lines(speaker: _Speaker, group: Group, *, depth: int) -> list[tuple[int, str]]:
    said: list[tuple[int, str]] = []
    if depth or group.match is not Match.ALL:
        said.append((depth, HEADINGS[group.match]))
    inner = depth + len(said)
    for part in group.parts:
        said += _lines(speaker, part, depth=inner) if isinstance(part, Group) else [(inner, speaker.say(part))]
    return said


def choice_words(found: Sequence[tuple[Any, str]]) -> list[tuple[str, str]]:
    """Choices as text, for a list to choose from."""
    return [(str(value), words) for value, words in found]
