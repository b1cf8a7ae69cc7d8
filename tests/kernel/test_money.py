"""Money is whole cents of one currency, and no cent is ever lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import EXPONENTS, LARGEST_MINOR, CurrencyMismatch, Money, exponent

amounts = st.integers(-LARGEST_MINOR, LARGEST_MINOR)
weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250), ("12.5", "EUR", 1250), ("12", "EUR", 1200), ("0", "EUR", 0), ("-3.10", "EUR", -310),
        ("+3.10", "EUR", 310), ("12.500", "EUR", 1250), ("500", "JPY", 500), ("1.234", "KWD", 1234),
        ("1.2", "KWD", 1200), ("1000000000000", "EUR", 10**14),
    ],
)  # fmt: skip
def test_an_amount_is_read_by_the_exponent_of_its_currency(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.505", "EUR"), ("1.5", "JPY"), ("1.2345", "KWD"), ("", "EUR"), ("ten", "EUR"), ("1e2", "EUR"),
        ("1e999999999", "EUR"), ("NaN", "EUR"), ("sNaN", "EUR"), ("Infinity", "EUR"), ("1_000", "EUR"),
        (" 1", "EUR"), ("1 000", "EUR"), ("१२", "EUR"), (".5", "EUR"), ("5.", "EUR"), ("1,50", "EUR"),
        ("1000000000000.01", "EUR"), ("9" * 5000, "EUR"), ("12.5000000000000000000000000000001", "EUR"), ("1", "XXX"),
    ],
)  # fmt: skip
def test_what_is_no_plain_amount_of_the_currency_is_refused(text, currency):
    with pytest.raises(ValueError, match=r"Not an amount|Unknown currency"):
        Money.parse(text, currency)


@given(amounts, st.sampled_from(sorted(EXPONENTS)))
def test_an_amount_written_out_is_read_back_as_itself(minor, currency):
    amount = Money(minor, currency)

    assert Money.parse(f"{amount.to_decimal():f}", currency) == amount


@given(amounts, weights)
def test_splitting_loses_no_cent_and_gives_nothing_to_what_weighs_nothing(minor, shares):
    parts = Money(minor, "EUR").split(shares)

    assert sum(part.minor for part in parts) == minor
    for part, share in zip(parts, shares, strict=True):
        exact = Decimal(abs(minor)) * share / sum(shares)
        assert abs(abs(part.minor) - exact) < 1, share


def test_the_odd_cents_go_to_the_first_parts():
    assert [part.minor for part in Money(100, "EUR").split([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in Money(-100, "EUR").split([1, 1, 1])] == [-34, -33, -33]
    assert [part.minor for part in Money(1, "EUR").split([0, 1, 1])] == [0, 1, 0]
    assert Money(118, "EUR").split([215, 5155, 10000, 10000])[0] == Money(1, "EUR")


@pytest.mark.parametrize("shares", [[], [0, 0], [2, -1]])
def test_nothing_is_split_by_weights_that_are_none(shares):
    with pytest.raises(ValueError, match="Weights"):
        Money(100, "EUR").split(shares)


@pytest.mark.parametrize(
    ("minor", "percent", "is_"),
    [(5000, 66, 3300), (1, 50, 1), (-1, 50, -1), (3, 50, 2), (999, Decimal("7.5"), 75), (100, 0, 0)],
)
def test_a_percentage_is_rounded_once_halves_away_from_nought(minor, percent, is_):
    assert Money(minor, "EUR").percent(percent) == Money(is_, "EUR")


@pytest.mark.parametrize("together", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet_in_one_sum_or_comparison(together):
    with pytest.raises(CurrencyMismatch):
        getattr(Money(1, "EUR"), together)(Money(1, "NPR"))


def test_money_adds_compares_and_is_nothing_when_nought():
    assert Money(3, "EUR") + Money(4, "EUR") - Money(8, "EUR") == -Money(1, "EUR")
    assert Money(3, "EUR") < Money(4, "EUR") <= Money(4, "EUR")
    assert Money(4, "EUR") >= Money(4, "EUR") > Money(3, "EUR")
    assert Money(3, "EUR") != Money(3, "USD")
    assert not Money(0, "EUR")


@pytest.mark.parametrize("minor", [12.0, "12", Decimal(12), True, None])
def test_minor_units_are_whole_numbers_and_nothing_else(minor):
    with pytest.raises(TypeError, match="whole numbers"):
        Money(minor, "EUR")


def test_a_currency_we_do_not_know_is_no_currency():
    with pytest.raises(ValueError, match="Unknown currency"):
        exponent("EURO")
