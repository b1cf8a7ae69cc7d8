"""How many failed charges were paid in the end: of those that were closed within a year, by count and by money."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, case, func, or_, select
from sqlalchemy.orm import Session

from app.giving.charge_days import day_within
from app.giving.models import FailedCharge, FailedChargeStatus
from app.kernel.clock import start_of_day
from app.kernel.money import Money


@dataclass(frozen=True)
class Recovery:
    """Failed bills of one currency: paid after all, closed in all (paid or given up), and still being tried."""

    currency: str
    recovered: int
    recovered_money: Money
    closed: int
    closed_money: Money
    open: int
    open_money: Money

    @property
    def share(self) -> float | None:
        """The share of closed bills that was paid; None when none was closed."""
        return self.recovered / self.closed if self.closed else None

    @property
    def share_of_money(self) -> float | None:
        """The same, of the money they asked for."""
        return self.recovered_money.minor / self.closed_money.minor if self.closed else None


def a_year_before(today: date, zone: str) -> datetime:
    """The instant from which closed bills count: the beginning of the same day a year ago."""
    return start_of_day(day_within(today.year - 1, today.month, today.day), zone)


def recoveries(db: Session, today: date, zone: str) -> list[Recovery]:
    """By currency, in one question; only those in which a charge failed."""
    bill = FailedCharge
    is_open, is_paid = bill.status == FailedChargeStatus.OPEN, bill.status == FailedChargeStatus.RECOVERED
    query = select(
        bill.currency,
        *_counted(is_paid, "recovered"),
        *_counted(~is_open, "closed"),
        *_counted(is_open, "open"),
    ).where(or_(is_open, bill.closed_at >= a_year_before(today, zone)))
    return [
        Recovery(
            row.currency, row.recovered, Money(int(row.recovered_minor), row.currency),
            row.closed, Money(int(row.closed_minor), row.currency),
            row.open, Money(int(row.open_minor), row.currency),
        )
        for row in db.execute(query.group_by(bill.currency).order_by(bill.currency))
    ]  # fmt: skip


def _counted(condition: Any, name: str) -> tuple[Any, Any]:
    minor = func.coalesce(func.sum(case((condition, FailedCharge.amount_minor))), 0)
    return func.count(case((condition, 1))).label(name), minor.label(f"{name}_minor")


def counts_within(today: date, zone: str) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Bills recovered and bills closed within a year, to be asked for along with something else."""
    closed = select(func.count()).where(FailedCharge.closed_at >= a_year_before(today, zone))
    recovered = closed.where(FailedCharge.status == FailedChargeStatus.RECOVERED)
    return recovered.scalar_subquery(), closed.scalar_subquery()
