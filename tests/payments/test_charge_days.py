"""Days of charges as the gateway's instants tell them: the same day in summer as in winter, at any hour."""

from datetime import UTC, date, datetime

import pytest

from app.payments.stripe_gateway.periods import charge_day, end_after, last_charge_of


def seconds(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp())


def begun_in_winter(hour, **more):
    """A monthly subscription from 22 November on, an hour before midnight or so."""
    price = {"recurring": {"interval": "month", "interval_count": 1}}
    period = {
        "current_period_start": seconds(2026, 11, 22, hour, 30),
        "current_period_end": seconds(2026, 12, 22, hour, 30),
    }
    return {
        "billing_cycle_anchor": period["current_period_start"],
        "items": {"data": [{"price": price, **period}]},
        **more,
    }


@pytest.mark.parametrize("hour", range(23))
def test_a_charge_in_summer_has_the_day_of_those_in_winter(hour):
    subscription = begun_in_winter(hour)

    assert charge_day(subscription, seconds(2027, 4, 22, hour, 30)) == date(2027, 4, 22)
    assert end_after(subscription, date(2027, 4, 22)) == seconds(2027, 5, 22, hour, 30)
    ending = begun_in_winter(hour, cancel_at=seconds(2027, 5, 22, hour, 30))
    assert last_charge_of(ending) == date(2027, 4, 22)


def test_one_that_begins_after_midnight_keeps_to_the_day_it_began_on_here():
    subscription = begun_in_winter(23)

    assert charge_day(subscription, seconds(2026, 11, 22, 23, 30)) == date(2026, 11, 23)
    assert charge_day(subscription, seconds(2027, 6, 22, 23, 30)) == date(2027, 6, 23)
