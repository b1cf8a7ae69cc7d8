"""Amounts in another currency: exact, rounded once, a half away from nought."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.currencies.rules import convert, plain_rate, round_half_up
from app.kernel.money import EXPONENTS, Money, exponent

RATES = st.decimals(min_value="0.000001", max_value="99999", places=6)
CODES = st.sampled_from(sorted(EXPONENTS))
MINOR = st.integers(-(10**12), 10**12)


@given(MINOR, CODES, CODES, RATES, RATES)
def test_a_conversion_is_off_by_half_a_unit_at_most(minor: int, here: str, to: str, a: Decimal, b: Decimal) -> None:
    rate_to = a if here == to else b
    value = convert(Money(minor, here), to, from_rate=a, to_rate=rate_to)
    exact = Fraction(minor, 10 ** exponent(here)) * Fraction(rate_to) / Fraction(a) * 10 ** exponent(to)
    assert value.currency == to
    assert abs(value.minor - exact) <= Fraction(1, 2)


@given(MINOR, CODES, CODES, RATES, RATES)
def test_what_goes_back_is_worth_as_much_as_what_came(minor: int, here: str, to: str, a: Decimal, b: Decimal) -> None:
    there = convert(Money(minor, here), to, from_rate=a, to_rate=b)
    assert convert(Money(-minor, here), to, from_rate=a, to_rate=b) == -there


@given(MINOR, MINOR, CODES, CODES, RATES)
def test_the_larger_is_never_worth_less(one: int, two: int, here: str, to: str, rate: Decimal) -> None:
    less, more = sorted((one, two))
    smaller, larger = (convert(Money(each, here), to, from_rate=rate, to_rate=Decimal(3)) for each in (less, more))
    assert smaller <= larger


@given(MINOR, CODES, RATES)
def test_a_currency_is_worth_itself(minor: int, code: str, rate: Decimal) -> None:
    assert convert(Money(minor, code), code, from_rate=rate, to_rate=rate) == Money(minor, code)


@pytest.mark.parametrize(
    ("exact", "whole"),
    [("1/2", 1), ("-1/2", -1), ("3/2", 2), ("5/2", 3), ("-5/2", -3), ("49/100", 0), ("-49/100", 0), ("7", 7)],
)
def test_a_half_goes_away_from_nought(exact: str, whole: int) -> None:
    assert round_half_up(Fraction(exact)) == whole


@pytest.mark.parametrize(
    ("amount", "to", "rates", "value"),
    [
        (Money(5000, "USD"), "EUR", ("1.0921", "1"), Money(4578, "EUR")),
        (Money(10_000, "JPY"), "EUR", ("157.5", "1"), Money(6349, "EUR")),
        (Money(5_000, "KWD"), "EUR", ("0.3362", "1"), Money(1487, "EUR")),
        (Money(5000, "EUR"), "JPY", ("1", "157.5"), Money(7875, "JPY")),
        (Money(5000, "USD"), "NPR", ("1.0921", "145.9"), Money(667_979, "NPR")),
        (Money(1, "EUR"), "KWD", ("1", "0.3362"), Money(3, "KWD")),
    ],
)
def test_examples(amount: Money, to: str, rates: tuple[str, str], value: Money) -> None:
    assert convert(amount, to, from_rate=Decimal(rates[0]), to_rate=Decimal(rates[1])) == value


@pytest.mark.parametrize("text", ["", "0", "0.000", "-1", "1,5", "1e5", "NaN", "1.", ".5", "٣", "1" * 10])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        plain_rate(text)
