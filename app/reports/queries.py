"""The dashboard's figures, from received gifts less what went back, in the organisation's currency."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, ScalarSelect, distinct, extract, func, select
from sqlalchemy.orm import Session, aliased, lazyload

from app.funds.models import Fund
from app.giving.models import Allocation, Gift, GiftStatus, GivingTotal, RecurringGift, RecurringStatus
from app.kernel.money import Money
from app.kernel.organisation import Organisation
from app.payments.models import Interval
from app.reports.figures import DonorFigures, Figures, FundFigure, Month, months_of, same_day_last_year

MONTHS_OF = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


def dashboard_figures(db: Session, organisation: Organisation, today: date) -> Figures:
    """This fiscal year beside the last, in a fixed number of queries whatever the data."""
    year, currency = organisation.fiscal_year_of(today), organisation.currency
    by_month, gifts = _by_month(db, year, currency)
    months = months_of(organisation.fiscal_year_start_month)
    still_to_come = months[months.index(today.month) + 1 :]
    recurring, promised = _promised(db, currency)
    return Figures(
        fiscal_year=year,
        now=_sum(by_month, year, currency),
        before=_sum(by_month, year - 1, currency),
        before_to_date=_until(db, year - 1, date(*same_day_last_year(today.year, today.month, today.day)), currency),
        gifts=gifts,
        months=[
            Month(
                number,
                None if number in still_to_come else Money(by_month.get((year, number), 0), currency),
                Money(by_month.get((year - 1, number), 0), currency),
            )
            for number in months
        ],
        funds=_by_fund(db, year, currency),
        donors=_donors(db, year),
        monthly_promised=promised,
        recurring_gifts=recurring,
    )


def _kept() -> ColumnElement[int]:
    return func.coalesce(func.sum(Gift.amount_minor - Gift.returned_minor), 0)


def _received(years: Sequence[int], currency: str) -> list[ColumnElement[bool]]:
    return [Gift.status == GiftStatus.RECEIVED, Gift.currency == currency, Gift.fiscal_year.in_(years)]


def _by_month(db: Session, year: int, currency: str) -> tuple[dict[tuple[int, int], int], int]:
    """Minor units by (fiscal year, calendar month) of this year and the last, and this year's number of gifts."""
    month = extract("month", Gift.received_on)
    rows = db.execute(
        select(Gift.fiscal_year, month, _kept(), func.count())
        .where(*_received((year, year - 1), currency))
        .group_by(Gift.fiscal_year, month)
    ).all()
    sums = {(int(fiscal), int(number)): int(total) for fiscal, number, total, _count in rows}
    return sums, sum(count for fiscal, _number, _total, count in rows if fiscal == year)


def _sum(by_month: dict[tuple[int, int], int], year: int, currency: str) -> Money:
    return Money(sum(total for (fiscal, _month), total in by_month.items() if fiscal == year), currency)


def _until(db: Session, year: int, day: date, currency: str) -> Money:
    where = [*_received((year,), currency), Gift.received_on <= day]
    return Money(int(db.scalar(select(_kept()).where(*where)) or 0), currency)


def _by_fund(db: Session, year: int, currency: str) -> list[FundFigure]:
    """What each fund was given, largest first. What went back of a gift is taken from its funds in proportion."""
    rows = db.execute(
        select(Fund.id, Fund.name, Gift.fiscal_year, func.sum(Allocation.amount_minor))
        .join(Allocation, Allocation.fund_id == Fund.id)
        .join(Gift, Gift.id == Allocation.gift_id)
        .where(*_received((year, year - 1), currency))
        .group_by(Fund.id, Fund.name, Gift.fiscal_year)
    ).all()
    sums: dict[tuple[int, int], int] = {(fund, fiscal): int(total) for fund, _name, fiscal, total in rows}
    returned = select(Gift).where(*_received((year, year - 1), currency), Gift.returned_minor > 0)
    for gift in db.scalars(returned.options(lazyload(Gift.payments))):
        parts = Money(gift.returned_minor, currency).split([each.amount_minor for each in gift.allocations])
        for allocation, part in zip(gift.allocations, parts, strict=True):
            sums[allocation.fund_id, gift.fiscal_year] -= part.minor
    names = {fund: name for fund, name, _fiscal, _total in rows}
    found = [
        FundFigure(name, Money(sums.get((fund, year), 0), currency), Money(sums.get((fund, year - 1), 0), currency))
        for fund, name in names.items()
    ]
    return sorted(found, key=lambda figure: (-figure.now.minor, figure.name))


def _donors(db: Session, year: int) -> DonorFigures:
    """Whoever has a row of totals gave in that year; totals are never stale, so neither is this. One query."""
    earlier = aliased(GivingTotal)

    def givers(in_year: int, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        query = select(func.count(distinct(GivingTotal.contact_id)))
        return query.where(GivingTotal.fiscal_year == in_year, *conditions).scalar_subquery()

    def gave(test: ColumnElement[bool]) -> ColumnElement[bool]:
        return select(earlier.id).where(earlier.contact_id == GivingTotal.contact_id, test).exists()

    now, new, before, kept = db.execute(
        select(
            givers(year),
            givers(year, ~gave(earlier.fiscal_year < year)),
            givers(year - 1),
            givers(year, gave(earlier.fiscal_year == year - 1)),
        )
    ).one()
    return DonorFigures(now=now, new=new, before=before, lapsed=before - kept, kept=kept)


def _promised(db: Session, currency: str) -> tuple[int, Money]:
    """How many recurring gifts run, and what they bring in a month on average."""
    rows = db.execute(
        select(RecurringGift.interval, func.count(), func.sum(RecurringGift.amount_minor))
        .where(RecurringGift.status == RecurringStatus.ACTIVE, RecurringGift.currency == currency)
        .group_by(RecurringGift.interval)
    ).all()
    monthly = sum(int(total) // MONTHS_OF[interval] for interval, _count, total in rows)
    return sum(count for _interval, count, _total in rows), Money(monthly, currency)
