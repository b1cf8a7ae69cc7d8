"""What contacts can be searched by of their giving: figures of all time, of a fiscal year, or between two days.

Figures are in the organisation's currency and come from the totals that are kept with each gift; between days that
are no fiscal year they come from the gifts. What came in other currencies is worked out gift by gift, by the rate of
its day, and only where anything did: else nothing but the totals is looked at. Whoever gave nothing has the sum and
the number 0; an average, a largest gift and a first and last day has only who gave. Test gifts count as they do
everywhere: docs/adr/0005-test-mode.md.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from app.currencies.worth import materialised, with_worth
from app.funds.models import Campaign, Fund
from app.giving.access import READ_GIFTS
from app.giving.models import Allocation, Gift, GivingTotal, RecurringGift, RecurringStatus, SoftCredit
from app.giving.queries.counting import COUNTS, KEPT
from app.giving.queries.others import AskOthers, Others, are_in, gifts_of_totals, given_in_others, within
from app.giving.queries.soft_credits import RECOGNISED
from app.kernel.comparing import bounds_of, bounds_of_period, compare_numbers, in_period, is_one_of, keys_chosen
from app.kernel.conditions import Condition, Kind, Op
from app.kernel.criteria import NEVER_EMPTY, Asking, Criterion
from app.kernel.i18n import lazy_gettext as _l

GIVING = _l("Giving")
NO_MONTHS = frozenset({Op.ANNIVERSARY})
MOST_YEARS = 100
OTHER_CURRENCIES = _l("Gifts in other currencies count by the rate of their day; those without a rate are not counted.")
STATES = {
    RecurringStatus.ACTIVE: _l("active"), RecurringStatus.PAST_DUE: _l("behind with a charge"),
    RecurringStatus.PAUSED: _l("paused"), RecurringStatus.LAPSED: _l("lapsed"), RecurringStatus.ENDED: _l("ended"),
}  # fmt: skip


def criteria(db: Session) -> Iterable[Criterion]:
    """Everything about what contacts gave.

    Which other currencies there are is asked once, when the first amount is asked for.
    """
    others = cache(partial(given_in_others, db))
    return [_knowing(others, each) if each.kind is Kind.MONEY else each for each in CRITERIA]


def _knowing(others: AskOthers, criterion: Criterion) -> Criterion:
    """A criterion on an amount, which can ask for the other currencies."""
    ask: Callable[..., ColumnElement[bool]] = criterion.compile
    return replace(criterion, compile=partial(ask, ask_others=others))


@dataclass(frozen=True)
class Figures:
    """The columns of what somebody gave: of a group of rows in one currency, or added up."""

    count: SQLColumnExpression[Any]
    sum: SQLColumnExpression[Any]
    largest: SQLColumnExpression[Any]


Said = Callable[[Figures], ColumnElement[bool]]
"""What is said of figures."""
Holds = Callable[[SQLColumnExpression[Any]], ColumnElement[bool]]
"""What is said of one figure."""
Those = Callable[[Said], Select[Any]]
"""The keys of those of whose figures something is true."""


def _figures(asking: Asking, condition: Condition) -> tuple[Select[int], Figures, SQLColumnExpression[str]]:
    """The donors of a period, grouped, their figures and in which currency a row is: of the totals, else of gifts."""
    period = condition.period
    if period is None or period.fiscal_year is not None:
        kept = select(GivingTotal.contact_id).group_by(GivingTotal.contact_id)
        if period is not None and period.fiscal_year is not None:
            kept = kept.where(GivingTotal.fiscal_year == this_year(asking) + period.fiscal_year)
        total = GivingTotal
        figures = Figures(func.sum(total.gifts), func.sum(total.amount_minor), func.max(total.largest_minor))
        return kept, figures, total.currency
    gifts = select(Gift.contact_id).where(COUNTS, in_period(Gift.received_on, period, asking))
    return gifts.group_by(Gift.contact_id), Figures(func.count(), func.sum(KEPT), func.max(KEPT)), Gift.currency


def this_year(asking: Asking) -> int:
    """The fiscal year of the day of asking."""
    return asking.organisation.fiscal_year_of(asking.day)


def _amounts(asking: Asking, condition: Condition, ask_others: AskOthers) -> Those:
    """Who gave in a period, by figures in our currency: gifts in others at what they were worth on their day."""
    donors, figures, currency = _figures(asking, condition)
    others = _others_of(asking, condition, ask_others)
    if not others:
        ours = donors.where(currency == asking.organisation.currency)
        return lambda said: ours.having(said(figures))
    period = condition.period
    is_of_days = period is not None and period.fiscal_year is None
    rows = gifts_of_totals(
        are_in(others),
        is_postgresql=asking.is_postgresql,
        on_days=lambda day: in_period(day, period, asking) if is_of_days else true(),
    )
    return _with_others(asking, donors, figures, currency, rows=materialised(rows))


def _others_of(asking: Asking, condition: Condition, ask_others: AskOthers) -> Others:
    """In what other currencies anything was given in a period, by fiscal year."""
    others, period = ask_others(asking.organisation.currency), condition.period
    if period is None or not others:
        return others
    if period.fiscal_year is not None:
        return within(others, [this_year(asking) + period.fiscal_year])
    # a year more at both ends: gifts keep their fiscal year when the organisation's begins in another month
    first, last = (None if day is None else day.year for day in bounds_of_period(period, asking))
    return within(others, range((first or min(others)) - 1, (last or max(others)) + 2))


def _with_others(
    asking: Asking, donors: Select[Any], own: Figures, currency: SQLColumnExpression[str], *, rows: CTE
) -> Those:
    """The same with these gifts in other currencies at their worth; what has no rate is passed over.

    Most people gave in our currency alone: the totals say all of them. Worth is worked out for the others only.
    """
    is_ours = currency == asking.organisation.currency
    worth = with_worth(rows, asking.organisation.currency, is_postgresql=asking.is_postgresql)
    key, value = worth.c.contact_id, worth.c.worth
    figures = (func.count(value).label("count"), func.sum(value).label("sum"), func.max(value).label("largest"))
    theirs = materialised(select(key, *figures).group_by(key))
    # said of groups, not as a comparison of their figures: PostgreSQL would take those for a handful of people
    alone = donors.where(is_ours).having(donors.selected_columns[0].not_in(select(theirs.c.contact_id)))
    besides = donors.where(is_ours, donors.selected_columns[0].in_(select(theirs.c.contact_id))).add_columns(
        own.count.label("count"), own.sum.label("sum"), own.largest.label("largest")
    )
    mine = besides.subquery()
    count, total = (func.coalesce(mine.c[name], 0) + func.coalesce(theirs.c[name], 0) for name in ("count", "sum"))
    largest = (func.coalesce(mine.c.largest, 0), func.coalesce(theirs.c.largest, 0))
    both = select(
        theirs.c.contact_id, count.label("count"), total.label("sum"),
        case((largest[0] >= largest[1], largest[0]), else_=largest[1]).label("largest"),
    ).outerjoin_from(theirs, mine, mine.c[0] == theirs.c.contact_id).subquery()  # fmt: skip
    known = select(both.c.contact_id).where(both.c.count > 0)
    together = Figures(both.c.count, both.c.sum, both.c.largest)

    def those(said: Said) -> Select[Any]:
        found = union_all(alone.having(said(own)), known.where(said(together))).subquery()
        return select(found.c[0])

    return those


def _count(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    donors, figures, _currency = _figures(asking, condition)
    return _from_nought(asking, condition, lambda holds: donors.having(holds(figures.count)))


def _sum(asking: Asking, condition: Condition, *, ask_others: AskOthers) -> ColumnElement[bool]:
    those = _amounts(asking, condition, ask_others)
    return _from_nought(asking, condition, lambda holds: those(lambda each: holds(each.sum)))


def _largest(asking: Asking, condition: Condition, *, ask_others: AskOthers) -> ColumnElement[bool]:
    those = _amounts(asking, condition, ask_others)
    return asking.among(those(lambda each: compare_numbers(each.largest, condition)))


def _average(asking: Asking, condition: Condition, *, ask_others: AskOthers) -> ColumnElement[bool]:
    """Compared without dividing: an average of at least 10 is a sum of at least 10 times the number."""

    def said(each: Figures) -> ColumnElement[bool]:
        wanted = [literal(value, BigInteger) * each.count for value in condition.values]
        bounds: dict[Op, ColumnElement[bool]] = {
            Op.AT_LEAST: each.sum >= wanted[0], Op.AT_MOST: each.sum <= wanted[0],
            Op.BETWEEN: and_(each.sum >= wanted[0], each.sum <= wanted[-1]),
            Op.EQUALS: each.sum == wanted[0],
        }  # fmt: skip
        return bounds[condition.op]

    return asking.among(_amounts(asking, condition, ask_others)(said))


def _from_nought(asking: Asking, condition: Condition, those: Callable[[Holds], Select[Any]]) -> ColumnElement[bool]:
    """A figure that is 0 for whoever gave nothing: where 0 would do, asked as "not one who gave more"."""
    first, last = (int(str(condition.values[place])) for place in (0, -1))
    reaches_nought = {
        Op.AT_LEAST: first <= 0, Op.AT_MOST: last >= 0, Op.BETWEEN: first <= 0 <= last, Op.EQUALS: first == 0,
    }[condition.op]  # fmt: skip
    if not reaches_nought:
        return asking.among(those(lambda figure: compare_numbers(figure, condition)))
    return not_(asking.among(those(lambda figure: not_(compare_numbers(figure, condition)))))


def _first_on(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    return _on_day(asking, condition, func.min(GivingTotal.first_on))


def _last_on(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    return _on_day(asking, condition, func.max(GivingTotal.last_on))


def _on_day(asking: Asking, condition: Condition, day: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """A day that only donors have: that of their first gift, or of their last."""
    donors = select(GivingTotal.contact_id)
    if condition.op in NEVER_EMPTY:
        return asking.among(donors) if condition.op is Op.FILLED else not_(asking.among(donors))
    first, last = bounds_of(condition, asking.day)
    within = [day >= first] if first is not None else []
    within += [day <= last] if last is not None else []
    return asking.among(donors.group_by(GivingTotal.contact_id).having(and_(true(), *within)))


def _years(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    donors = select(GivingTotal.contact_id).group_by(GivingTotal.contact_id)
    years = func.count(GivingTotal.fiscal_year.distinct())
    return _from_nought(asking, condition, lambda holds: donors.having(holds(years)))


def _streak(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    """Fiscal years in a row with a gift, up to this one, or up to the last while nothing has come this year."""
    first, last = (int(str(condition.values[place])) for place in (0, -1))
    match condition.op:
        case Op.AT_LEAST:
            return _gave_for(asking, first)
        case Op.AT_MOST:
            return not_(_gave_for(asking, last + 1))
        case _:
            return and_(_gave_for(asking, first), not_(_gave_for(asking, last + 1)))


def _gave_for(asking: Asking, years: int) -> ColumnElement[bool]:
    """Whether there was a gift in each of so many years up to this one, or up to the one before."""
    if years <= 0:
        return asking.key.is_not(None)
    wanted = min(years, MOST_YEARS)
    in_a_row = []
    for last in (this_year(asking), this_year(asking) - 1):
        gave = select(GivingTotal.contact_id).where(GivingTotal.fiscal_year.between(last - wanted + 1, last))
        all_of_them = func.count(GivingTotal.fiscal_year.distinct()) == wanted
        in_a_row.append(asking.among(gave.group_by(GivingTotal.contact_id).having(all_of_them)))
    return or_(*in_a_row)


def _credited(asking: Asking, condition: Condition, *, ask_others: AskOthers) -> ColumnElement[bool]:
    """What somebody is recognised for besides what they gave, never more of a gift than was kept of it."""
    own, counts = asking.organisation.currency, (COUNTS, in_period(Gift.received_on, condition.period, asking))
    mine = select(SoftCredit.contact_id).join(Gift, Gift.id == SoftCredit.gift_id).group_by(SoftCredit.contact_id)
    people, figures = mine.where(*counts), Figures(func.count(), func.sum(RECOGNISED), func.max(RECOGNISED))
    others = ask_others(own)
    if not others:
        ours = people.where(Gift.currency == own)
        return _from_nought(asking, condition, lambda holds: ours.having(holds(figures.sum)))
    rows = select(
        SoftCredit.contact_id.label("contact_id"), Gift.currency.label("currency"), Gift.received_on.label("day"),
        RECOGNISED.label("minor"),
    ).join(Gift, Gift.id == SoftCredit.gift_id)  # fmt: skip
    theirs = materialised(rows.where(*counts, Gift.currency != own))
    credited = _with_others(asking, people, figures, Gift.currency, rows=theirs)
    return _from_nought(asking, condition, lambda holds: credited(lambda each: holds(each.sum)))


def _recurring(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    donors = select(RecurringGift.contact_id).where(RecurringGift.status != RecurringStatus.INCOMPLETE)
    is_any = condition.op in NEVER_EMPTY
    found = asking.among(donors if is_any else donors.where(is_one_of(RecurringGift.status, condition)))
    return not_(found) if condition.op in {Op.NONE_OF, Op.EMPTY} else found


def _fund(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    gifts = select(Gift.contact_id).join(Allocation, Allocation.gift_id == Gift.id)
    return _gave_to(asking, condition, gifts, Allocation.fund_id)


def _campaign(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    return _gave_to(asking, condition, select(Gift.contact_id), Gift.campaign_id)


def _gave_to(asking: Asking, condition: Condition, gifts: Select[int], purpose: Any) -> ColumnElement[bool]:
    wanted = keys_chosen(condition)
    donors = gifts.where(COUNTS, in_period(Gift.received_on, condition.period, asking))
    found = asking.among(donors.where(purpose.in_(wanted)))
    return not_(found) if condition.op is Op.NONE_OF else found


def _funds(db: Session) -> Sequence[tuple[str, str]]:
    return [(str(key), name) for key, name in db.execute(select(Fund.id, Fund.name).order_by(Fund.name, Fund.id))]


def _campaigns(db: Session) -> Sequence[tuple[str, str]]:
    found = db.execute(select(Campaign.id, Campaign.name).order_by(Campaign.name, Campaign.id))
    return [(str(key), name) for key, name in found]


def _criterion(key: str, label: str, kind: Kind, compile_: Any, **options: Any) -> Criterion:
    return Criterion(
        key=f"giving.{key}", label=label, group=GIVING, kind=kind, compile=compile_, capability=READ_GIFTS, **options
    )


CRITERIA = (
    _criterion(
        "sum", _l("Gave in all"), Kind.MONEY, _sum, has_period=True, lacks=NEVER_EMPTY, hint=OTHER_CURRENCIES,
    ),
    _criterion("count", _l("Number of gifts"), Kind.NUMBER, _count, has_period=True, lacks=NEVER_EMPTY),
    _criterion(
        "average", _l("Average gift"), Kind.MONEY, _average, has_period=True, lacks=NEVER_EMPTY, hint=OTHER_CURRENCIES,
    ),
    _criterion(
        "largest", _l("Largest gift"), Kind.MONEY, _largest, has_period=True, lacks=NEVER_EMPTY, hint=OTHER_CURRENCIES,
    ),
    _criterion(
        "credited", _l("Recognised for gifts of others"), Kind.MONEY, _credited, has_period=True, lacks=NEVER_EMPTY,
        hint=OTHER_CURRENCIES,
    ),
    _criterion("first", _l("First gift"), Kind.DAY, _first_on, lacks=NO_MONTHS),
    _criterion("last", _l("Last gift"), Kind.DAY, _last_on, lacks=NO_MONTHS),
    _criterion("years", _l("Fiscal years with a gift"), Kind.NUMBER, _years, lacks=NEVER_EMPTY),
    _criterion("streak", _l("Fiscal years in a row"), Kind.NUMBER, _streak, lacks=NEVER_EMPTY),
    _criterion(
        "recurring", _l("Recurring gift"), Kind.CHOICE, _recurring,
        choices=lambda _db: [(state.value, str(words)) for state, words in STATES.items()],
    ),
    _criterion("fund", _l("Gave to the fund"), Kind.CHOICE, _fund, has_period=True, lacks=NEVER_EMPTY, choices=_funds),
    _criterion(
        "campaign", _l("Gave to the campaign"), Kind.CHOICE, _campaign, has_period=True, lacks=NEVER_EMPTY,
        choices=_campaigns,
    ),
)  # fmt: skip
