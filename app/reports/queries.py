"""The dashboard's figures, from received gifts less what went back, in the organisation's currency.

Gifts in other currencies count by the rates of their days; recurring gifts by the rate of today.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, ScalarSelect, case, distinct, func, select
from sqlalchemy.orm import Session, aliased

from app.currencies.queries import RateTable, rate_table
from app.giving.charge_days import monthly_averages
from app.giving.models import GivingTotal, RecurringGift, RecurringStatus
from app.giving.queries.days import FundSums, changed_days, days_of_years, given_to_funds
from app.giving.queries.recovery import counts_within
from app.giving.queries.worth import DaySum, day_sums, missing_of, parts_of, worth_of_funds
from app.kernel.money import Money
from app.kernel.organisation import Organisation
from app.reports.figures import DonorFigures, Figures, FundFigure, Month, months_of, same_day_last_year


def dashboard_figures(db: Session, organisation: Organisation, today: date) -> Figures:
    """This fiscal year beside the last, in a fixed number of queries whatever the data."""
    year, currency = organisation.fiscal_year_of(today), organisation.currency
    changed = changed_days(db)
    rows, promises = days_of_years(db, (year, year - 1), changed), _promises(db)
    rates = rate_table(
        db, currency, {row.currency for row in (*rows, *promises)},
        min((row.received_on for row in rows), default=today), max((today, *(row.received_on for row in rows))),
    )  # fmt: skip
    days = day_sums(rows, rates)
    this_year = [each for each in days if each.fiscal_year == year]
    promised, promised_missing = _promised(promises, rates, today)
    donors, failed = _donors(db, year, counts_within(today, organisation.time_zone))
    until = date(*same_day_last_year(today.year, today.month, today.day))
    return Figures(
        fiscal_year=year,
        now=_sum(this_year, currency),
        before=_sum((each for each in days if each.fiscal_year < year), currency),
        before_to_date=_sum((each for each in days if each.fiscal_year < year and each.day <= until), currency),
        gifts=sum(each.gifts for each in this_year if each.value is not None),
        months=_months(days, organisation, today),
        funds=_by_fund(given_to_funds(db, currency, changed), rates, year),
        donors=donors,
        monthly_promised=promised,
        recurring_gifts=sum(row.gifts for row in promises),
        parts=parts_of(this_year, currency),
        missing=missing_of(days),
        promised_missing=promised_missing,
        failed_recovered=failed[0],
        failed_closed=failed[1],
    )


def _sum(days: Iterable[DaySum], currency: str) -> Money:
    return sum((each.value for each in days if each.value is not None), Money(0, currency))


def _months(days: Iterable[DaySum], organisation: Organisation, today: date) -> list[Month]:
    """The months of this fiscal year beside those of the last."""
    year, nothing = organisation.fiscal_year_of(today), Money(0, organisation.currency)
    sums: dict[tuple[int, int], Money] = {}
    for each in days:
        if each.value is not None:
            key = (each.fiscal_year, each.day.month)
            sums[key] = sums.get(key, nothing) + each.value
    numbers = months_of(organisation.fiscal_year_start_month)
    to_come = numbers[numbers.index(today.month) + 1 :]
    return [
        Month(number, None if number in to_come else sums.get((year, number), nothing),
              sums.get((year - 1, number), nothing))
        for number in numbers
    ]  # fmt: skip


def _by_fund(sums: FundSums, rates: RateTable, year: int) -> list[FundFigure]:
    """What each fund was given, largest first. What went back of a gift is taken from its funds in proportion."""
    worth: dict[tuple[int, int], Money] = {}
    nothing = Money(0, rates.to)
    for fund, of_year, _amount, value in worth_of_funds(sums, rates, (year, year - 1)):
        if value is not None:
            worth[fund, of_year] = worth.get((fund, of_year), nothing) + value
    found = [
        FundFigure(name, worth.get((fund, year), nothing), worth.get((fund, year - 1), nothing))
        for fund, name in sums.names.items()
        if (fund, year) in worth or (fund, year - 1) in worth
    ]
    return sorted(found, key=lambda figure: (-figure.now.minor, figure.name))


def _donors(
    db: Session, year: int, counts: tuple[ScalarSelect[int], ScalarSelect[int]]
) -> tuple[DonorFigures, tuple[int, int]]:
    """Whoever has a row of totals gave in that year; totals are never stale, so neither is this. One query.

    It asks for two `counts` of something else along with it.
    """
    earlier = aliased(GivingTotal)
    before = select(func.max(earlier.fiscal_year)).where(
        earlier.contact_id == GivingTotal.contact_id, earlier.fiscal_year < year
    )
    mine = select(GivingTotal.contact_id, before.scalar_subquery().label("before"))
    givers = mine.where(GivingTotal.fiscal_year == year).distinct().subquery()
    last_year = select(func.count(distinct(GivingTotal.contact_id))).where(GivingTotal.fiscal_year == year - 1)
    now, known, kept, then, *counted = db.execute(
        select(
            func.count(),
            func.count(givers.c.before),
            func.count(case((givers.c.before == year - 1, 1))),
            last_year.scalar_subquery(),
            *counts,
        ).select_from(givers)
    ).one()
    figures = DonorFigures(now=now, new=now - known, before=then, lapsed=then - kept, kept=kept)
    return figures, (counted[0], counted[1])


def _promises(db: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """(interval, currency, gifts, minor) of the recurring gifts that run."""
    number, total = func.count().label("gifts"), func.sum(RecurringGift.amount_minor).label("minor")
    key = (RecurringGift.interval, RecurringGift.currency)
    running = RecurringGift.status == RecurringStatus.ACTIVE
    return db.execute(select(*key, number, total).where(running).group_by(*key).order_by(*key)).all()


def _promised(promises: Iterable[Row[*tuple[Any, ...]]], rates: RateTable, day: date) -> tuple[Money, list[Money]]:
    """What recurring gifts bring in a month on average, by the rates of a day; and what has none, by currency."""
    sums = monthly_averages((Money(int(row.minor), row.currency), row.interval) for row in promises)
    values = [(each, rates.value(each, day)) for each in sums]
    known = sum((value for _amount, value in values if value is not None), Money(0, rates.to))
    return known, [amount for amount, value in values if value is None]
