"""The arithmetic of charges: days that short months do not have, pauses, what a year brings."""

from datetime import date

import pytest

from app.giving.charge_days import (
    day_within,
    first_charge_from,
    has_slipped,
    monthly_averages,
    moved_charge,
    yearly_value,
)
from app.kernel.money import Money
from app.payments.models import Interval


@pytest.mark.parametrize(
    ("year", "month", "day", "found"),
    [
        (2026, 2, 31, date(2026, 2, 28)), (2028, 2, 30, date(2028, 2, 29)), (2026, 4, 31, date(2026, 4, 30)),
        (2026, 1, 31, date(2026, 1, 31)), (2026, 13, 5, date(2027, 1, 5)), (2026, 24, 31, date(2027, 12, 31)),
    ],
)  # fmt: skip
def test_a_day_that_a_month_has_not_is_its_last(year, month, day, found):
    assert day_within(year, month, day) == found


@pytest.mark.parametrize(
    ("next_on", "day", "today", "found"),
    [
        (date(2026, 12, 5), 20, date(2026, 11, 22), date(2026, 12, 20)),
        (date(2026, 12, 5), 1, date(2026, 11, 22), date(2026, 12, 1)),
        (date(2026, 12, 5), 1, date(2026, 12, 3), date(2027, 1, 1)),
        (date(2026, 12, 5), 3, date(2026, 12, 3), date(2027, 1, 3)),
        (date(2027, 2, 10), 31, date(2027, 1, 30), date(2027, 2, 28)),
        (date(2026, 11, 5), 25, date(2026, 12, 3), date(2026, 12, 25)),
    ],
)
def test_a_moved_charge_stays_in_its_month_if_it_can(next_on, day, today, found):
    assert moved_charge(next_on, day, today) == found


def test_after_a_pause_the_first_charge_is_the_first_that_was_due_anyway():
    assert first_charge_from(date(2027, 3, 1), date(2026, 12, 31), Interval.MONTH, 31) == date(2027, 3, 31)
    assert first_charge_from(date(2027, 3, 1), date(2026, 12, 15), Interval.QUARTER, 15) == date(2027, 3, 15)
    assert first_charge_from(date(2026, 12, 1), date(2026, 12, 15), Interval.YEAR, 15) == date(2026, 12, 15)


def test_a_charge_has_slipped_only_where_its_month_has_the_day():
    assert has_slipped(date(2027, 3, 28), 31)
    assert not has_slipped(date(2027, 2, 28), 31)
    assert not has_slipped(date(2027, 3, 31), 31)


def test_a_year_brings_twelve_four_or_one_charge():
    ten = Money(1000, "EUR")
    assert [yearly_value(ten, each).minor for each in (Interval.MONTH, Interval.QUARTER, Interval.YEAR)] == [
        12000, 4000, 1000,
    ]  # fmt: skip


def test_a_monthly_average_is_rounded_once_and_not_for_each_rhythm():
    def average(*charges):
        return [each.minor for each in monthly_averages((Money(minor, "EUR"), often) for minor, often in charges)]

    assert average((10000, Interval.YEAR), (5000, Interval.QUARTER)) == [2500]  # 833⅓ and 1666⅔
    assert average((1000, Interval.MONTH), (10000, Interval.YEAR)) == [1833]
    assert average((6, Interval.YEAR)) == [1]
    assert average() == []
