"""The dashboard's figures, from received gifts less what went back, in the organisation's currency."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, case, distinct, func, select
from sqlalchemy.orm import Session, aliased

from app.funds.models import Fund
from app.giving.models import GivingTotal, RecurringGift, RecurringStatus
from app.giving.queries.days import changed_days, days_of_years, given_to_funds
from app.kernel.money import Money
from app.kernel.organisation import Organisation
from app.payments.models import Interval
from app.reports.figures import DonorFigures, Figures, FundFigure, Month, months_of, same_day_last_year

MONTHS_OF = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


def dashboard_figures(db: Session, organisation: Organisation, today: date) -> Figures:
    """This fiscal year beside the last, in a fixed number of queries whatever the data."""
    year, currency = organisation.fiscal_year_of(today), organisation.currency
    changed = changed_days(db)
    days = days_of_years(db, (year, year - 1), currency, changed)
    by_month = _by_month(days)
    day = date(*same_day_last_year(today.year, today.month, today.day))
    months = months_of(organisation.fiscal_year_start_month)
    still_to_come = months[months.index(today.month) + 1 :]
    recurring, promised = _promised(db, currency)
    return Figures(
        fiscal_year=year,
        now=_sum(by_month, year, currency),
        before=_sum(by_month, year - 1, currency),
        before_to_date=Money(
            sum(int(each.amount_minor) for each in days if each.fiscal_year < year and each.received_on <= day),
            currency,
        ),
        gifts=sum(int(each.received) for each in days if each.fiscal_year == year),
        months=[
            Month(
                number,
                None if number in still_to_come else Money(by_month.get((year, number), 0), currency),
                Money(by_month.get((year - 1, number), 0), currency),
            )
            for number in months
        ],
        funds=_by_fund(db, year, currency, changed),
        donors=_donors(db, year),
        monthly_promised=promised,
        recurring_gifts=recurring,
    )


def _by_month(days: Iterable[Row[*tuple[Any, ...]]]) -> dict[tuple[int, int], int]:
    """Minor units by (fiscal year, calendar month)."""
    sums: Counter[tuple[int, int]] = Counter()
    for each in days:
        sums[each.fiscal_year, each.received_on.month] += int(each.amount_minor)
    return sums


def _sum(by_month: dict[tuple[int, int], int], year: int, currency: str) -> Money:
    return Money(sum(total for (fiscal, _month), total in by_month.items() if fiscal == year), currency)


def _by_fund(db: Session, year: int, currency: str, changed: Sequence[date]) -> list[FundFigure]:
    """What each fund was given, largest first. What went back of a gift is taken from its funds in proportion."""
    sums = given_to_funds(db, currency, changed)
    names = {fund: name for fund, name in db.execute(select(Fund.id, Fund.name))}  # noqa: C416 - rows are not pairs
    found = [
        FundFigure(name, Money(sums.get((fund, year), 0), currency), Money(sums.get((fund, year - 1), 0), currency))
        for fund, name in names.items()
        if (fund, year) in sums or (fund, year - 1) in sums
    ]
    return sorted(found, key=lambda figure: (-figure.now.minor, figure.name))


def _donors(db: Session, year: int) -> DonorFigures:
    """Whoever has a row of totals gave in that year; totals are never stale, so neither is this. One query."""
    earlier = aliased(GivingTotal)
    before = select(func.max(earlier.fiscal_year)).where(
        earlier.contact_id == GivingTotal.contact_id, earlier.fiscal_year < year
    )
    mine = select(GivingTotal.contact_id, before.scalar_subquery().label("before"))
    givers = mine.where(GivingTotal.fiscal_year == year).distinct().subquery()
    last_year = select(func.count(distinct(GivingTotal.contact_id))).where(GivingTotal.fiscal_year == year - 1)
    now, known, kept, then = db.execute(
        select(
            func.count(),
            func.count(givers.c.before),
            func.count(case((givers.c.before == year - 1, 1))),
            last_year.scalar_subquery(),
        ).select_from(givers)
    ).one()
    return DonorFigures(now=now, new=now - known, before=then, lapsed=then - kept, kept=kept)


def _promised(db: Session, currency: str) -> tuple[int, Money]:
    """How many recurring gifts run, and what they bring in a month on average."""
    rows = db.execute(
        select(RecurringGift.interval, func.count(), func.sum(RecurringGift.amount_minor))
        .where(RecurringGift.status == RecurringStatus.ACTIVE, RecurringGift.currency == currency)
        .group_by(RecurringGift.interval)
    ).all()
    monthly = sum(int(total) // MONTHS_OF[interval] for interval, _count, total in rows)
    return sum(count for _interval, count, _total in rows), Money(monthly, currency)
