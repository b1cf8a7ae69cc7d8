"""Recurring giving ahead and behind, as a page shows it: a part for each currency, with a chart, tables and sums."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from sqlalchemy.orm import Session

from app.giving.models import RecurringStatus
from app.giving.queries.forecast import AHEAD, Expected, Standing, expected_charges, month_number, month_of, standings
from app.giving.queries.movements import SIGNS, Moved, Movement, months_back, movements
from app.giving.queries.recovery import Recovery, recoveries
from app.giving.wording import said
from app.kernel.csv_tables import csv_parts
from app.kernel.i18n import babel_locale, language
from app.kernel.i18n import gettext as _
from app.kernel.money import Money
from app.kernel.organisation import Organisation
from app.kernel.spreadsheets import Row
from app.payments.models import Method


@dataclass(frozen=True)
class MonthAhead:
    """What a month is expected to bring, by method in the order of the page, and in all."""

    name: str
    by_method: Sequence[Money]
    total: Money
    charges: int


@dataclass(frozen=True)
class MonthBehind:
    """What a month moved, in yearly value; `net` is what was gained less what was lost."""

    name: str
    moved: dict[Movement, Money]
    gifts: dict[Movement, int]
    net: Money


@dataclass(frozen=True)
class Outlook:
    """Recurring giving in one currency. `rest` is what this month is still to bring; `ahead` begins with the next."""

    currency: str
    methods: Sequence[str]
    rest: Money
    ahead: Sequence[MonthAhead]
    total: MonthAhead
    running: Standing | None
    returning: Standing | None
    waiting: Sequence[Standing]
    behind: Sequence[MonthBehind]
    year: MonthBehind
    recovery: Recovery | None

    @property
    def headings(self) -> list[dict[str, str]]:
        """Of the columns of methods."""
        return [{"label": method, "kind": "num"} for method in self.methods]

    @property
    def chart(self) -> dict[str, Any]:
        """For drawing: a bar a month, a part of it for each method. The table has the exact figures."""
        series = [
            {"label": method, "values": [str(month.by_method[place].to_decimal()) for month in self.ahead]}
            for place, method in enumerate(self.methods)
        ]
        names = [month.name for month in self.ahead]
        return {"type": "stacked", "unit": self.currency, "labels": names, "series": series}


def outlooks(db: Session, organisation: Organisation, today: date) -> list[Outlook]:
    """A part for each currency in which there is anything to tell, the organisation's own first."""
    zone = organisation.time_zone
    ahead, stand = expected_charges(db, today), standings(db)
    behind, bills = movements(db, today, zone), recoveries(db, today, zone)
    found = {each.currency for lot in (ahead, stand, behind, bills) for each in lot}
    return [
        _outlook(currency, today, [each for each in ahead if each.currency == currency],
                 [each for each in stand if each.currency == currency],
                 ([each for each in behind if each.currency == currency],
                  next((each for each in bills if each.currency == currency), None)))
        for currency in sorted(found, key=lambda currency: (currency != organisation.currency, currency))
    ]  # fmt: skip


def expected_file(db: Session, today: date) -> Iterator[str]:
    """What is expected, as CSV: a line for each currency, month and method. This month is what is left of it."""
    headings = [_("Month"), _("Currency"), _("Payment method"), _("Charges"), _("Expected")]
    return csv_parts(headings, [_lines(expected_charges(db, today))], locale=language())


def moved_file(db: Session, today: date, zone: str) -> Iterator[str]:
    """What was gained and lost, as CSV: a line for each currency, month and kind. A pause is no loss: it counts nought.

    The difference is signed, so that its sum is what the page says.
    """
    headings = [
        _("Month"), _("Currency"), _("Movement"), _("Recurring gifts"), _("Worth a year"), _("Difference"),
    ]  # fmt: skip
    kinds = list(Movement)
    moved = sorted(movements(db, today, zone), key=lambda each: (each.month, each.currency, kinds.index(each.movement)))
    lines: list[Row] = [
        [f"{each.month:%Y-%m}", each.currency, _moved_said(each.movement), each.gifts, each.yearly.to_decimal(),
         SIGNS[each.movement] * each.yearly.to_decimal()]
        for each in moved
    ]  # fmt: skip
    return csv_parts(headings, [lines], locale=language())


def _moved_said(movement: Movement) -> str:
    return {
        Movement.BEGUN: _("New ones"), Movement.RAISED: _("Increases"), Movement.LOWERED: _("Decreases"),
        Movement.PAUSED: _("Pauses"), Movement.ENDED: _("Endings"),
    }[movement]  # fmt: skip


def _lines(expected: Sequence[Expected]) -> list[Row]:
    return [
        [f"{each.month:%Y-%m}", each.currency, _method(each.method), each.charges, each.amount.to_decimal()]
        for each in expected
    ]


def month_in_words(month: date) -> str:
    """A month and its year, short."""
    return str(format_skeleton("yMMM", month, locale=babel_locale()))


def _outlook(
    currency: str, today: date, ahead: Sequence[Expected], stand: Sequence[Standing],
    past: tuple[Sequence[Moved], Recovery | None],
) -> Outlook:  # fmt: skip
    this = month_number(today)
    order = [*Method, None]
    methods = sorted({each.method for each in ahead}, key=order.index)
    months = [month_of(this + step) for step in range(1, AHEAD + 1)]
    moved, recovery = past
    return Outlook(
        currency, [_method(method) for method in methods],
        rest=_sum((each.amount for each in ahead if month_number(each.month) == this), currency),
        ahead=[_ahead(month_in_words(month), methods, [each for each in ahead if each.month == month], currency)
               for month in months],
        total=_ahead(_("Twelve months"), methods, [each for each in ahead if each.month in months], currency),
        running=_first(stand, lambda each: each.status is RecurringStatus.ACTIVE),
        returning=_first(stand, lambda each: each.comes_back),
        waiting=sorted(
            (each for each in stand if each.status is not RecurringStatus.ACTIVE and not each.comes_back),
            key=lambda each: each.status is not RecurringStatus.PAUSED,
        ),
        behind=[_behind(month_in_words(month), [each for each in moved if each.month == month], currency)
                for month in months_back(today)],
        year=_behind(_("Twelve months"), moved, currency),
        recovery=recovery,
    )  # fmt: skip


def _ahead(name: str, methods: Sequence[Method | None], found: Sequence[Expected], currency: str) -> MonthAhead:
    parts = [_sum((each.amount for each in found if each.method == method), currency) for method in methods]
    return MonthAhead(name, parts, _sum(parts, currency), sum(each.charges for each in found))


def _behind(name: str, found: Sequence[Moved], currency: str) -> MonthBehind:
    moved = {kind: _sum((each.yearly for each in found if each.movement is kind), currency) for kind in Movement}
    gifts = {kind: sum(each.gifts for each in found if each.movement is kind) for kind in Movement}
    net = Money(sum(SIGNS[kind] * amount.minor for kind, amount in moved.items()), currency)
    return MonthBehind(name, moved, gifts, net)


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, start=Money(0, currency))


def _first(stand: Sequence[Standing], is_it: Callable[[Standing], bool]) -> Standing | None:
    return next((each for each in stand if is_it(each)), None)


def _method(method: Method | None) -> str:
    return said(method) if method is not None else _("Not known yet")
