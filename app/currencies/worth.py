"""What amounts in rows are worth in another currency, each on its row's day, worked out in SQL.

It says what `rules.convert` says of the same rates, on both databases. PostgreSQL computes exactly whatever the digits.
SQLite computes in whole numbers of 64 bits while they fit, which they do for rates of seven digits and amounts of
millions; what does not fit goes on in floating point, where a value of more than 15 digits may be off in its last.

Rates are looked up once for each currency and day, however many rows there are of it.
"""

from functools import partial
from typing import Any

from sqlalchemy import CTE, Integer, Numeric, SQLColumnExpression, Subquery, and_, case, cast, func, select
from sqlalchemy import literal_column as written
from sqlalchemy.orm import aliased

from app.currencies.models import EURO, ExchangeRate
from app.currencies.rules import OLDEST
from app.kernel.money import EXPONENTS, exponent

Column = SQLColumnExpression[Any]
ONE: Column = written("'1'")
NOUGHTS: Column = written("'0000000000000'")


def with_worth(rows: CTE, to: str, *, is_postgresql: bool) -> Subquery:
    """The rows with a further column `worth`: their `minor` in minor units of `to` on their `day`, a half upwards.

    The rows have columns `currency`, never `to` itself, `day` and `minor`, which is not negative. `worth` is NULL where
    a rate is missing: nothing is ever taken to be worth one to one.
    """
    rates = _factors(rows, to, is_postgresql=is_postgresql)
    twice = 2 * rates.c.per
    above = 2 * rows.c.minor * rates.c.times + rates.c.per
    # a product that does not fit 64 bits becomes a floating one on SQLite; the cast takes off what is behind its point
    worth = func.div(above, twice) if is_postgresql else cast(above // twice, Integer)
    fits = and_(rates.c.currency == rows.c.currency, rates.c.day == rows.c.day)
    return select(rows, worth.label("worth")).select_from(rows.outerjoin(rates, fits)).subquery()


def materialised(query: Any) -> CTE:
    """A query whose rows are read once, however often they are used, and into which no database looks."""
    made: CTE = query.cte().prefix_with("MATERIALIZED")
    return made


def _factors(rows: CTE, to: str, *, is_postgresql: bool) -> CTE:
    """For each currency and day of the rows that has rates: what an amount is multiplied with, and divided by."""
    days = select(rows.c.currency, rows.c.day).distinct().subquery()
    on = partial(_rate_on, day=days.c.day, is_postgresql=is_postgresql)
    here = case((days.c.currency == EURO, ONE), else_=on(days.c.currency))
    there = ONE if to == EURO else on(written(f"'{to}'"))
    rates = materialised(select(days, here.label("here"), there.label("there")))
    finer = _finer(rates.c.currency, to)
    if is_postgresql:
        times = cast(rates.c.there, Numeric) * case({1: 10, 2: 100, 3: 1000}, value=finer, else_=1)
        per = cast(rates.c.here, Numeric) * case({-1: 10, -2: 100, -3: 1000}, value=finer, else_=1)
    else:
        # both without their point, and what one of them is then too large by on the other's side
        larger = finer + _decimals(rates.c.here) - _decimals(rates.c.there)
        times = _digits(rates.c.there) * _ten_to(larger)
        per = _digits(rates.c.here) * _ten_to(-larger)
    key = (rates.c.currency, rates.c.day)
    return materialised(select(*key, times.label("times"), per.label("per")))


def _rate_on(currency: Column, day: Column, *, is_postgresql: bool) -> Column:
    """The rate that holds, as `queries.rate_row` finds it: units per euro in text; NULL where there is none."""
    held, days = aliased(ExchangeRate), OLDEST.days
    oldest = day.op("-")(written(str(days))) if is_postgresql else func.date(day, written(f"'-{days} days'"))
    query = select(held.units_per_euro).where(held.currency == currency, held.day <= day, held.day >= oldest)
    newest = query.order_by(held.day.desc(), held.version.desc()).limit(written("1"))
    return newest.correlate_except(held).scalar_subquery()


def _finer(currency: Column, to: str) -> Column:
    """How many decimals `to` has more than a currency; fewer are less than nought."""
    wanted: dict[int, list[Any]] = {}
    for code, decimals in EXPONENTS.items():
        wanted.setdefault(exponent(to) - decimals, []).append(written(f"'{code}'"))
    return case(*((currency.in_(codes), written(str(more))) for more, codes in wanted.items()))


def _digits(rate: Column) -> Column:
    return cast(func.replace(rate, written("'.'"), written("''")), Integer)


def _decimals(rate: Column) -> Column:
    point = func.instr(rate, written("'.'"))
    return case((point > 0, func.length(rate) - point), else_=0)


def _ten_to(power: Column) -> Column:
    """Ten to a power; one where it is negative."""
    return cast(ONE.concat(func.substr(NOUGHTS, 1, func.max(power, 0))), Integer)
