"""Sums over days in one currency: each day's sum of another is converted by that day's rate, and rounded once.

Nothing of it is kept: a rate that comes later, or is corrected, shows at once in all figures. What has no rate is told
apart in its own currency: it is never taken to be worth one to one, nor left out in silence (docs/adr/0020).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row

from app.currencies.queries import RateTable
from app.giving.queries.days import FundSums
from app.kernel.money import Money


@dataclass(frozen=True)
class DaySum:
    """What was given on one day in one currency, by how many gifts, and what it is worth (None: nobody has said)."""

    fiscal_year: int
    day: date
    gifts: int
    amount: Money
    value: Money | None


class FundSum(NamedTuple):
    """What one fund was given of a year, or of a day of it, and what it is worth (None: nobody has said)."""

    fund_id: int
    fiscal_year: int
    amount: Money
    value: Money | None


@dataclass(frozen=True)
class Part:
    """What came in in one currency of what has a rate, and what that is worth, each day by its own rate."""

    amount: Money
    value: Money


@dataclass(frozen=True)
class Missing:
    """What came in in one currency on days without a rate, `since` the first of them. It is in no sum."""

    fiscal_year: int
    amount: Money
    since: date


def day_sums(days: Iterable[Row[*tuple[Any, ...]]], rates: RateTable) -> list[DaySum]:
    """The rows of `days_of_years` with what each is worth."""
    found = []
    for row in days:
        amount = Money(int(row.amount_minor), row.currency)
        value = rates.value(amount, row.received_on)
        found.append(DaySum(row.fiscal_year, row.received_on, int(row.received), amount, value))
    return found


def parts_of(days: Iterable[DaySum], own: str) -> list[Part]:
    """What came in in each currency, the organisation's `own` first; empty where nothing came in another."""
    sums: dict[str, Part] = {}
    for each in days:
        if each.value is not None and each.amount:
            known = sums.get(each.amount.currency) or Part(Money(0, each.amount.currency), Money(0, own))
            sums[each.amount.currency] = Part(known.amount + each.amount, known.value + each.value)
    if not sums.keys() - {own}:
        return []
    return [sums[code] for code in sorted(sums, key=lambda code: (code != own, code))]


def missing_of(days: Iterable[DaySum]) -> list[Missing]:
    """What no rate is known for, by fiscal year and currency, the latest year first."""
    found: dict[tuple[int, str], Missing] = {}
    for each in days:
        if each.value is not None or not each.amount:
            continue
        key = (-each.fiscal_year, each.amount.currency)
        known = found.get(key) or Missing(each.fiscal_year, Money(0, each.amount.currency), each.day)
        found[key] = Missing(each.fiscal_year, known.amount + each.amount, min(known.since, each.day))
    return [found[key] for key in sorted(found)]


def worth_of_funds(sums: FundSums, rates: RateTable, years: Collection[int] | None = None) -> Iterator[FundSum]:
    """What each fund was given, of these years or all; in other currencies by day.

    A day's worth is parted among its funds in proportion, so that funds come to what their days come to.
    """
    for (fund_id, year), minor in sums.own.items():
        if years is None or year in years:
            yield FundSum(fund_id, year, Money(minor, rates.to), Money(minor, rates.to))
    for (day, year, currency), shares in sums.others.items():
        weights = [max(minor, 0) for minor in shares.values()]  # less than nought while a gift is being given back
        amount = Money(sum(weights), currency)
        if not amount or (years is not None and year not in years):
            continue
        value = rates.value(amount, day)
        values = value.split(weights) if value is not None else [None] * len(weights)
        for fund_id, weight, part in zip(shares, weights, values, strict=True):
            yield FundSum(fund_id, year, Money(weight, currency), part)
