"""What contacts can be searched by of their giving: figures of all time, of a fiscal year, or between two days.

Figures are in the organisation's currency and come from the totals that are kept with each gift; between days that
are no fiscal year they come from the gifts. Whoever gave nothing has the sum and the number 0; an average, a largest
gift and a first and last day has only who gave. Test gifts count as they do everywhere: docs/adr/0005-test-mode.md.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from app.funds.models import Campaign, Fund
from app.giving.access import READ_GIFTS
from app.giving.models import Allocation, Gift, GivingTotal, RecurringGift, RecurringStatus, SoftCredit
from app.giving.queries.counting import COUNTS, KEPT
from app.giving.queries.soft_credits import RECOGNISED
from app.kernel.comparing import bounds_of, compare_numbers, in_period, is_one_of, keys_chosen
from app.kernel.conditions import Condition, Kind, Op
from app.kernel.criteria import NEVER_EMPTY, Asking, Criterion
from app.kernel.i18n import lazy_gettext as _l

GIVING = _l("Giving")
NO_MONTHS = frozenset({Op.ANNIVERSARY})
MOST_YEARS = 100
STATES = {
    RecurringStatus.ACTIVE: _l("active"), RecurringStatus.PAST_DUE: _l("behind with a charge"),
    RecurringStatus.PAUSED: _l("paused"), RecurringStatus.ENDED: _l("ended"),
}  # fmt: skip


def criteria(_db: Session) -> Iterable[Criterion]:
    """Everything about what contacts gave."""
    return CRITERIA


def _figures(asking: Asking, condition: Condition) -> tuple[Select[int], dict[str, SQLColumnExpression[Any]]]:
    """The donors of a period, grouped, and their figures: from the totals where those say it, else from the gifts."""
    period = condition.period
    if period is None or period.fiscal_year is not None:
        kept = select(GivingTotal.contact_id).group_by(GivingTotal.contact_id)
        if period is not None and period.fiscal_year is not None:
            kept = kept.where(GivingTotal.fiscal_year == this_year(asking) + period.fiscal_year)
        return kept, {
            "count": func.sum(GivingTotal.gifts), "sum": func.sum(GivingTotal.amount_minor),
            "largest": func.max(GivingTotal.largest_minor), "currency": GivingTotal.currency,
        }  # fmt: skip
    gifts = select(Gift.contact_id).where(COUNTS, in_period(Gift.received_on, period, asking))
    return gifts.group_by(Gift.contact_id), {
        "count": func.count(), "sum": func.sum(KEPT), "largest": func.max(KEPT), "currency": Gift.currency,
    }  # fmt: skip


def this_year(asking: Asking) -> int:
    """The fiscal year of the day of asking."""
    return asking.organisation.fiscal_year_of(asking.day)


def _count(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    donors, figures = _figures(asking, condition)
    return _from_nought(asking, condition, donors, figures["count"])


def _sum(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    donors, figures = _figures(asking, condition)
    return _from_nought(asking, condition, _in_our_currency(donors, figures, asking), figures["sum"])


def _largest(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    donors, figures = _figures(asking, condition)
    ours = _in_our_currency(donors, figures, asking)
    return asking.among(ours.having(compare_numbers(figures["largest"], condition)))


def _average(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    """Compared without dividing: an average of at least 10 is a sum of at least 10 times the number."""
    donors, figures = _figures(asking, condition)
    wanted = [literal(value, BigInteger) * figures["count"] for value in condition.values]
    bounds: dict[Op, ColumnElement[bool]] = {
        Op.AT_LEAST: figures["sum"] >= wanted[0], Op.AT_MOST: figures["sum"] <= wanted[0],
        Op.BETWEEN: and_(figures["sum"] >= wanted[0], figures["sum"] <= wanted[-1]),
        Op.EQUALS: figures["sum"] == wanted[0],
    }  # fmt: skip
    return asking.among(_in_our_currency(donors, figures, asking).having(bounds[condition.op]))


def _in_our_currency(donors: Select[int], figures: dict[str, SQLColumnExpression[Any]], asking: Asking) -> Select[int]:
    return donors.where(figures["currency"] == asking.organisation.currency)


def _from_nought(
    asking: Asking, condition: Condition, donors: Select[int], figure: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """A figure that is 0 for whoever gave nothing: where 0 would do, asked as "not one who gave more"."""
    first, last = (int(str(condition.values[place])) for place in (0, -1))
    reaches_nought = {
        Op.AT_LEAST: first <= 0, Op.AT_MOST: last >= 0, Op.BETWEEN: first <= 0 <= last, Op.EQUALS: first == 0,
    }[condition.op]  # fmt: skip
    if not reaches_nought:
        return asking.among(donors.having(compare_numbers(figure, condition)))
    outside = not_(compare_numbers(figure, condition))
    return not_(asking.among(donors.having(outside)))


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
    return _from_nought(asking, condition, donors, func.count(GivingTotal.fiscal_year.distinct()))


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


def _credited(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    """What somebody is recognised for besides what they gave, never more of a gift than was kept of it."""
    mine = select(SoftCredit.contact_id).join(Gift, Gift.id == SoftCredit.gift_id).group_by(SoftCredit.contact_id)
    ours = Gift.currency == asking.organisation.currency
    people = mine.where(COUNTS, ours, in_period(Gift.received_on, condition.period, asking))
    return _from_nought(asking, condition, people, func.sum(RECOGNISED))


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
    _criterion("sum", _l("Gave in all"), Kind.MONEY, _sum, has_period=True, lacks=NEVER_EMPTY),
    _criterion("count", _l("Number of gifts"), Kind.NUMBER, _count, has_period=True, lacks=NEVER_EMPTY),
    _criterion("average", _l("Average gift"), Kind.MONEY, _average, has_period=True, lacks=NEVER_EMPTY),
    _criterion("largest", _l("Largest gift"), Kind.MONEY, _largest, has_period=True, lacks=NEVER_EMPTY),
    _criterion(
        "credited", _l("Recognised for gifts of others"), Kind.MONEY, _credited, has_period=True, lacks=NEVER_EMPTY
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
