"""What may be asked of the table of rates: of a day, the newest of each currency, all of one."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.currencies.models import EURO, ExchangeRate, RateImport
from app.currencies.rules import OLDEST, ONE_EURO, Quote, convert
from app.kernel.money import Money


@dataclass(frozen=True)
class Converted:
    """An amount put into another currency, with the rates it was done by."""

    amount: Money
    value: Money
    from_quote: Quote
    to_quote: Quote


@dataclass(frozen=True)
class RateTable:
    """The rates of a time, held in memory: says what `converted` says, with one question for any number of days.

    `quotes` has, by currency, the days with a rate in their order, and the rate that holds for each.
    """

    to: str
    quotes: Mapping[str, tuple[Sequence[date], Sequence[Quote]]]

    def quote_on(self, currency: str, day: date) -> Quote | None:
        """What a currency was worth on a day; None where nobody has said."""
        if currency == EURO:
            return ONE_EURO
        days, quotes = self.quotes.get(currency, ((), ()))
        place = bisect_right(days, day)
        return quotes[place - 1] if place and day - days[place - 1] <= OLDEST else None

    def converted(self, amount: Money, day: date) -> Converted | None:
        """The amount in `to`, with the rates of the day; None where a rate is missing."""
        here, there = self.quote_on(amount.currency, day), self.quote_on(self.to, day)
        if here is None or there is None:
            return None
        value = convert(amount, self.to, from_rate=here.units_per_euro, to_rate=there.units_per_euro)
        return Converted(amount, value, here, there)

    def value(self, amount: Money, day: date) -> Money | None:
        """The amount in `to`, rounded once; as it is where it is in it already; None where a rate is missing."""
        if amount.currency == self.to:
            return amount
        found = self.converted(amount, day)
        return None if found is None else found.value


def rate_table(db: Session, to: str, currencies: Iterable[str], first: date, last: date) -> RateTable:
    """What amounts in these currencies were worth in `to` between two days: one question, none where all are in it."""
    others = set(currencies) - {to}
    wanted = {*others, to} - {EURO} if others else set()
    if not wanted:
        return RateTable(to, {})
    row = ExchangeRate
    query = select(row.currency, row.day, row.units_per_euro, row.source).where(
        row.currency.in_(sorted(wanted)), row.day.between(first - OLDEST, last)
    )
    held: dict[str, dict[date, Quote]] = {}
    for currency, day, units, source in db.execute(query.order_by(row.day, row.version)):
        held.setdefault(currency, {})[day] = Quote(Decimal(units), day, source.value)  # the highest version comes last
    return RateTable(to, {code: (list(quotes), list(quotes.values())) for code, quotes in held.items()})


def rates_for(db: Session, to: str, wanted: Collection[tuple[str, date]]) -> RateTable:
    """The rates that put these currencies, each with a day, into `to`: one question, none where all are in it."""
    others = [(currency, day) for currency, day in wanted if currency != to]
    if not others:
        return RateTable(to, {})
    days = [day for _currency, day in others]
    return rate_table(db, to, {currency for currency, _day in others}, min(days), max(days))


def rate_row(db: Session, currency: str, day: date) -> ExchangeRate | None:
    """The row that holds for a day: of the day itself or the last before it that has one, within ten days."""
    query = select(ExchangeRate).where(
        ExchangeRate.currency == currency, ExchangeRate.day <= day, ExchangeRate.day >= day - OLDEST
    )
    return db.scalars(query.order_by(ExchangeRate.day.desc(), ExchangeRate.version.desc()).limit(1)).one_or_none()


def quote_on(db: Session, currency: str, day: date) -> Quote | None:
    """What a currency was worth on a day; None where nobody has said: it is never taken for one."""
    if currency == EURO:
        return ONE_EURO
    row = rate_row(db, currency, day)
    return None if row is None else Quote(row.rate, row.day, row.source.value)


def converted(db: Session, amount: Money, to: str, day: date) -> Converted | None:
    """The amount in another currency by the rates of a day, through the euro; None where a rate is missing."""
    here, there = quote_on(db, amount.currency, day), quote_on(db, to, day)
    if here is None or there is None:
        return None
    value = convert(amount, to, from_rate=here.units_per_euro, to_rate=there.units_per_euro)
    return Converted(amount, value, here, there)


def rates_of(currency: str) -> Select[ExchangeRate]:
    """All that was ever kept of one currency, corrected rows too, to be paged."""
    return select(ExchangeRate).where(ExchangeRate.currency == currency)


def newest_rates(db: Session) -> Sequence[ExchangeRate]:
    """The newest rate of each currency, by its code."""
    last = select(ExchangeRate.currency, func.max(ExchangeRate.day).label("day")).group_by(ExchangeRate.currency)
    days = last.subquery()
    fits = and_(days.c.currency == ExchangeRate.currency, days.c.day == ExchangeRate.day)
    rows = db.scalars(select(ExchangeRate).join(days, fits).order_by(ExchangeRate.version))
    newest = {row.currency: row for row in rows}
    return [newest[code] for code in sorted(newest)]


def held_versions(db: Session, currency: str, days: Iterable[date]) -> Mapping[date, int]:
    """The version that holds on each of these days."""
    query = select(ExchangeRate.day, func.max(ExchangeRate.version)).where(
        ExchangeRate.currency == currency, ExchangeRate.day.in_(list(days))
    )
    return {row[0]: row[1] for row in db.execute(query.group_by(ExchangeRate.day))}


def rates_between(db: Session, first: date, last: date) -> dict[tuple[str, date], str]:
    """What holds on each of these days, in units per euro, by currency and day."""
    query = select(ExchangeRate.currency, ExchangeRate.day, ExchangeRate.units_per_euro)
    rows = db.execute(query.where(ExchangeRate.day.between(first, last)).order_by(ExchangeRate.version))
    return {(currency, day): units for currency, day, units in rows}


def last_imports(db: Session) -> Sequence[RateImport]:
    """The last files that were taken in."""
    return db.scalars(select(RateImport).order_by(RateImport.id.desc()).limit(10)).all()
