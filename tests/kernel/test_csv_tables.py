"""Tables as CSV."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from app.kernel.csv_tables import BOM, csv_parts
from app.kernel.money import Money

ROW = ["=cmd()", "Élodie; née Dupont", Money(-1_250, "EUR"), Decimal("-0.5"), -3, date(2026, 11, 22), None]


@pytest.mark.parametrize(("locale", "sign", "half"), [("fr", ";", "-0,5"), ("en", ",", "-0.5"), ("ne", ",", "-0.5")])
def test_figures_stay_figures_of_the_reader_and_words_no_formula(locale, sign, half):
    text = "".join(csv_parts(["Name"], [[ROW], [["+33"]]], locale=locale))

    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=sign))
    money = "-12,50" if locale == "fr" else "-12.50"
    assert rows == [["Name"], ["'=cmd()", "Élodie; née Dupont", money, half, "-3", "2026-11-22", ""], ["'+33"]]


def test_nothing_is_read_before_the_headings_are_sent():
    def rows():
        raise AssertionError("asked too early")
        yield []

    assert next(csv_parts(["Name"], rows(), locale="en")) == f"{BOM}Name\r\n"
