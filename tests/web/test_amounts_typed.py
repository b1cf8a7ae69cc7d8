"""What people type as an amount, and what we read."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app.kernel.money import Money
from app.web.fields import MoneyField


class Euros(Form):
    amount = MoneyField(currency="EUR")


class Dinars(Form):
    amount = MoneyField(currency="KWD")


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("25", 2500),
        ("12,5", 1250),
        ("12.50 €", 1250),
        ("1 250,50", 125050),
        ("1\u202f250", 125000),
        ("1,250.50", 125050),
        ("1.250,50", 125050),
        ("1,000", 100000),
        ("1.000", 100000),
        ("1,000,000", 100000000),
        ("५०", 5000),
    ],
)
def test_amounts_are_read_as_people_of_all_our_countries_write_them(typed, minor):
    form = Euros(MultiDict({"amount": typed}))

    assert form.validate()
    assert form.amount.data == Money(minor, "EUR")


@pytest.mark.parametrize("typed", ["ten", "1e5", "NaN", "0.125", "12.345.6", "--5", "9" * 40, "1/2", "²"])
def test_what_is_no_amount_is_refused_with_an_example(typed):
    form = Euros(MultiDict({"amount": typed}))

    assert not form.validate()
    assert "12.50" in form.amount.errors[0]


def test_three_decimals_are_decimals_where_the_currency_has_three():
    form = Dinars(MultiDict({"amount": "1.250"}))

    assert form.validate()
    assert form.amount.data == Money(1250, "KWD")
