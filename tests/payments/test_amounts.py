"""Stripe's own way of counting decimals, currency by currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import EXPONENTS, Money
from app.payments.gateway import GatewayRefused
from app.payments.stripe_gateway.amounts import (
    ENDS_IN_ZERO,
    STRIPE_EXPONENTS,
    from_stripe,
    shift,
    stripe_exponent,
    to_stripe,
)


@pytest.mark.parametrize(
    ("currency", "minor", "units"),
    [("EUR", 1250, 1250), ("JPY", 500, 500), ("XOF", 656, 656), ("KWD", 12_340, 12_340), ("NPR", 100_000, 100_000)],
)
def test_known_amounts_are_counted_as_stripe_does(currency: str, minor: int, units: int) -> None:
    assert to_stripe(Money(minor, currency)) == (units, currency.lower())
    assert from_stripe(units, currency.lower()) == Money(minor, currency)


def test_every_currency_of_ours_is_in_stripes_table() -> None:
    assert set(EXPONENTS) <= set(STRIPE_EXPONENTS)


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_the_odd_ones_have_no_decimals_and_are_sent_with_two(currency: str) -> None:
    assert stripe_exponent(currency) == 2
    assert shift(1500, 0, 2) == 150_000
    assert shift(150_000, 2, 0) == 1500


def test_a_fraction_that_the_other_side_cannot_say_is_refused_and_never_rounded() -> None:
    with pytest.raises(GatewayRefused):
        shift(150_050, 2, 0)


def test_three_decimals_end_in_nought_or_are_refused() -> None:
    with pytest.raises(GatewayRefused):
        to_stripe(Money(12_345, "KWD"))


@pytest.mark.parametrize("currency", ["xyz", "", "eurx", "usdc"])
def test_a_currency_nobody_listed_is_refused(currency: str) -> None:
    with pytest.raises(GatewayRefused):
        from_stripe(100, currency)


@given(currency=st.sampled_from(sorted(EXPONENTS)), minor=st.integers(-(10**12), 10**12))
def test_there_and_back_is_the_same_amount(currency: str, minor: int) -> None:
    minor = minor * 10 if currency in ENDS_IN_ZERO else minor
    units, code = to_stripe(Money(minor, currency))
    assert type(units) is int
    assert from_stripe(units, code) == Money(minor, currency)
