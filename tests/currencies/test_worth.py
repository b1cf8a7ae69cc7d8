"""What amounts are worth, worked out by the database: what the arithmetic of fractions says, to the last unit."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import BigInteger, Date, String, literal, select, union_all
from sqlalchemy.orm import Session

from app.currencies.models import ExchangeRate, RateSource
from app.currencies.queries import rate_table
from app.currencies.rules import convert
from app.currencies.services import RateDetails, add_rate, correct_rate
from app.currencies.worth import materialised, with_worth
from app.kernel.actors import SYSTEM
from app.kernel.money import Money

pytestmark = pytest.mark.db
FRIDAY = date(2026, 3, 6)
AT_ONCE = 300
"""How many rows are asked at once: SQLite joins no more than five hundred."""
LARGEST = 10**11
"""A value above which SQLite need not be exact to the last unit: a thousand million euros."""
Row = tuple[Money, date]


def worth(db: Session, to: str, rows: Sequence[Row]) -> list[int | None]:
    """What the database says, in the order of the rows."""
    said: list[int | None] = []
    for begin in range(0, len(rows), AT_ONCE):
        each = [
            select(
                literal(place).label("place"), literal(amount.currency, String).label("currency"),
                literal(day, Date).label("day"), literal(amount.minor, BigInteger).label("minor"),
            )
            for place, (amount, day) in enumerate(rows[begin : begin + AT_ONCE])
        ]  # fmt: skip
        is_postgresql = db.get_bind().dialect.name == "postgresql"
        found = with_worth(materialised(union_all(*each)), to, is_postgresql=is_postgresql)
        said += [None if row.worth is None else int(row.worth) for row in db.execute(select(found).order_by("place"))]
    return said


def add(db: Session, units: str, currency: str = "USD", day: date = FRIDAY) -> ExchangeRate:
    return add_rate(db, RateDetails(currency=currency, day=day, units=units, origin="A bank"), actor=SYSTEM)


def a_rate(chance: Random) -> str:
    """One as banks publish them, or a round one, by which many a value is exactly a half."""
    if chance.random() < 0.3:
        return chance.choice(("2", "4", "0.5", "8", "0.25", "1.6", "160", "1.2500"))
    size = chance.randrange(5)
    return f"{chance.uniform(1, 10) * 10 ** (size - 1):.{6 - size}f}"


@pytest.mark.parametrize("to", ["EUR", "USD", "NPR", "JPY", "KWD"])
def test_the_database_says_what_the_arithmetic_of_fractions_says(db: Session, to: str) -> None:
    chance, days = Random(to), [FRIDAY + timedelta(days=each) for each in range(40)]
    for currency in ("USD", "NPR", "JPY", "KWD", "GBP"):
        for day in days[::3]:
            units = a_rate(chance)
            db.add(ExchangeRate(currency=currency, day=day, units_per_euro=units, source=RateSource.ECB))
    db.flush()
    codes = [code for code in ("EUR", "USD", "NPR", "JPY", "KWD", "GBP") if code != to]
    rows = [
        (Money(chance.randrange(1, 10 ** chance.randrange(1, 11)), chance.choice(codes)), chance.choice(days))
        for _row in range(3000)
    ]
    table = rate_table(db, to, [*codes, to], days[0], days[-1])
    known = [(row, value.minor) for row in rows if (value := table.value(*row)) and value.minor < LARGEST]
    assert worth(db, to, [row for row, _value in known]) == [value for _row, value in known]
    assert len({value for _row, value in known}) > 1000


@pytest.mark.parametrize(
    ("amount", "units", "value"),
    [
        (Money(10**14, "USD"), "1.0921", None), (Money(99_999_999_999_999, "JPY"), "161.32", None),
        (Money(1, "USD"), "2", 1), (Money(3, "USD"), "2", 2), (Money(1, "USD"), "2.000001", 0),
        (Money(99, "USD"), "198.000001", 0), (Money(99, "USD"), "197.999999", 1), (Money(5, "KWD"), "1", 1),
        (Money(4, "KWD"), "1", 0), (Money(1, "JPY"), "200", 1), (Money(1, "JPY"), "200.000001", 0),
        (Money(4_000_000_000, "USD"), "1.092100001", None), (Money(1, "USD"), "999999999.999999999", 0),
        (Money(7, "USD"), "0.000000001", 7_000_000_000),
    ],
)  # fmt: skip
def test_halves_and_extremes_are_exact(db: Session, amount: Money, units: str, value: int | None) -> None:
    add(db, units, amount.currency)
    exact = convert(amount, "EUR", from_rate=Decimal(units), to_rate=Decimal(1)).minor
    assert value in {None, exact}
    assert worth(db, "EUR", [(amount, FRIDAY)]) == [exact]


def test_the_last_rate_counts_for_ten_days_and_then_there_is_none(db: Session) -> None:
    wrong = add(db, "10.9")
    correct_rate(db, wrong, "1.25", "The point was in the wrong place", actor=SYSTEM)
    add(db, "1.6", day=FRIDAY + timedelta(days=2))
    days = [FRIDAY + timedelta(days=each) for each in (-1, 0, 1, 2, 12, 13)]
    assert worth(db, "EUR", [(Money(1000, "USD"), day) for day in days]) == [None, 800, 800, 625, 625, None]


def test_both_currencies_need_a_rate(db: Session) -> None:
    add(db, "1.25")
    here, ours = Money(1000, "USD"), Money(1000, "EUR")
    assert worth(db, "NPR", [(here, FRIDAY), (ours, FRIDAY)]) == [None, None]
    add(db, "150", "NPR")
    assert worth(db, "NPR", [(here, FRIDAY), (ours, FRIDAY)]) == [120_000, 150_000]
