"""Gifts as lists: filtered, paged by key, and summed over the whole of the filter."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, false, func, literal_column, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.contacts.queries.search import search_contacts
from app.currencies.queries import rates_for
from app.giving.models import Allocation, Gift, GiftPayment, GiftStatus
from app.giving.queries.days import kept_minor, sums_by_currency
from app.giving.queries.purposes import Given
from app.kernel.clock import now
from app.kernel.money import Money
from app.kernel.pages import Page, Sort, count, paginate
from app.payments.models import Method, Payment

NEWEST_FIRST = (Sort(Gift.received_on, descending=True), Sort(Gift.id, descending=True))
PAYMENTS = selectinload(Gift.payments).joinedload(GiftPayment.payment)
DONORS = 200
"""How many donors a search by name looks at. More than these are no search any more."""
SLOW = timedelta(days=14)
"""After this long a direct debit has been lost sight of: banks take fourteen days at most."""


@dataclass(frozen=True, kw_only=True)
class GiftFilter:
    """Which gifts are wanted. Both dates are included; amounts are minor units of whatever currency a gift is in.

    `state` is a gift's status, or "disputed" or "returned". `origin` is "online" or "offline".
    """

    since: date | None = None
    until: date | None = None
    fund_id: int | None = None
    campaign_id: int | None = None
    form_id: int | None = None
    contact_id: int | None = None
    method: Method | None = None
    state: str = ""
    at_least: int | None = None
    at_most: int | None = None
    origin: str = ""
    text: str = ""


@dataclass(frozen=True)
class Sum:
    """What a set of gifts comes to in one currency: how many there are, and what was kept of them."""

    gifts: int
    kept: Money


@dataclass(frozen=True)
class Totals:
    """What gifts come to by currency, the most frequent first, and in the organisation's own.

    `worth` is None where all came in one currency.
    """

    sums: Sequence[Sum]
    worth: Given | None

    @property
    def gifts(self) -> int:
        """How many gifts there are."""
        return sum(each.gifts for each in self.sums)


def is_online() -> ColumnElement[bool]:
    """Gifts that came through a giving form, or as charges of a recurring gift."""
    return or_(Gift.submission_id.is_not(None), Gift.recurring_gift_id.is_not(None))


def is_disputed() -> ColumnElement[bool]:
    """Gifts that donors' banks dispute, in the words of their index."""
    return and_(Gift.is_disputed)


def is_in_state(status: GiftStatus) -> ColumnElement[bool]:
    """Gifts of this status; for any but received, in the words of the index of those few."""
    if status is GiftStatus.RECEIVED:
        return Gift.status == status
    return and_(Gift.status == status, Gift.status != literal_column("'received'"))


def _plain_conditions(wanted: GiftFilter) -> Iterator[ColumnElement[bool]]:
    columns: dict[str, ColumnElement[Any] | Any] = {
        "campaign_id": Gift.campaign_id, "form_id": Gift.form_id, "contact_id": Gift.contact_id,
    }  # fmt: skip
    for name, column in columns.items():
        if getattr(wanted, name) is not None:
            yield column == getattr(wanted, name)
    if wanted.since is not None:
        yield Gift.received_on >= wanted.since
    if wanted.until is not None:
        yield Gift.received_on <= wanted.until
    if wanted.at_least is not None:
        yield Gift.amount_minor >= wanted.at_least
    if wanted.at_most is not None:
        yield Gift.amount_minor <= wanted.at_most


def conditions(db: Session, wanted: GiftFilter) -> Iterator[ColumnElement[bool]]:
    """What applies to the gifts wanted. Names are searched for here and now."""
    yield from _plain_conditions(wanted)
    if wanted.fund_id is not None:
        mine = (Allocation.gift_id == Gift.id, Allocation.fund_id == wanted.fund_id)
        yield select(Allocation.id).where(*mine).exists()
    if wanted.method is not None:
        paid = select(GiftPayment.id).join(Payment, Payment.id == GiftPayment.payment_id)
        yield paid.where(GiftPayment.gift_id == Gift.id, Payment.method == wanted.method).exists()
    if wanted.origin in {"online", "offline"}:
        yield is_online() if wanted.origin == "online" else ~is_online()
    if wanted.state == "disputed":
        yield is_disputed()
    elif wanted.state == "returned":
        yield Gift.returned_minor > literal_column("0")
    elif wanted.state:
        yield is_in_state(GiftStatus(wanted.state)) if wanted.state in set(GiftStatus) else false()
    if wanted.text:
        yield Gift.contact_id.in_([contact.id for contact in search_contacts(db, wanted.text, DONORS)])


def gifts_page(db: Session, wanted: GiftFilter, cursor: str | None) -> Page:
    """A page of the gifts wanted, newest first, with donors, funds and payments."""
    query = select(Gift).where(*conditions(db, wanted)).options(*with_all())
    return paginate(db, query, NEWEST_FIRST, cursor=cursor)


def newest_gifts(db: Session, contact_id: int, limit: int) -> Sequence[Gift]:
    """A donor's newest gifts, with all that belongs to them."""
    # mostly one payment a gift: read with it they are one question less
    payments = joinedload(Gift.payments).joinedload(GiftPayment.payment)
    query = select(Gift).where(Gift.contact_id == contact_id).options(*with_all(payments))
    return db.scalars(query.order_by(Gift.received_on.desc(), Gift.id.desc()).limit(limit)).unique().all()


def with_all(payments: ORMOption = PAYMENTS) -> Sequence[ORMOption]:
    """What is read with gifts so that no row of a list asks for its own: donor, campaign, funds, payments."""
    return (
        joinedload(Gift.contact).lazyload("*"),
        joinedload(Gift.campaign),
        selectinload(Gift.allocations).joinedload(Allocation.fund),
        payments,
    )


def totals_of(db: Session, wanted: GiftFilter, currency: str) -> Totals:
    """What the gifts wanted come to, and what in this currency, the organisation's; quick for all, or between two days.

    Other currencies count by the rates of their days, rounded once a day.
    """
    if wanted == GiftFilter(since=wanted.since, until=wanted.until):
        rows = sums_by_currency(db, currency, wanted.since, wanted.until)
    else:
        rows = _sums_by_currency(db, wanted, currency)
    gifts: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for row in rows:
        gifts[row.currency] += int(row.entries)
        kept[row.currency] += int(row.kept)
    order = sorted(gifts, key=lambda code: (-gifts[code], code))
    sums = [Sum(gifts[code], Money(kept[code], code)) for code in order]
    return Totals(sums, _worth(db, rows, currency) if len(sums) > 1 else None)


def _sums_by_currency(db: Session, wanted: GiftFilter, currency: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """As `sums_by_currency`, from the gifts themselves."""
    foreign_day = case((Gift.currency != currency, Gift.received_on)).label("day")
    query = select(Gift.currency, foreign_day, kept_minor().label("minor")).where(*conditions(db, wanted))
    each = query.subquery()
    sums = (func.count().label("entries"), func.coalesce(func.sum(each.c.minor), 0).label("kept"))
    return db.execute(select(each.c.currency, each.c.day, *sums).group_by(each.c.currency, each.c.day)).all()


def _worth(db: Session, rows: Sequence[Row[*tuple[Any, ...]]], currency: str) -> Given:
    """What rows of `sums_by_currency` are worth in a currency. Days of which nothing was kept need no rate."""
    counting = [row for row in rows if row.kept]
    rates = rates_for(db, currency, [(row.currency, row.day) for row in counting if row.day is not None])
    found = Given(Money(0, currency))
    for row in counting:
        amount = Money(int(row.kept), row.currency)
        found = found.plus(amount, amount if row.day is None else rates.value(amount, row.day))
    return found


def count_slow(db: Session) -> int:
    """How many gifts have been on their way for longer than a bank may take."""
    return count(db, select(Gift.id).where(is_in_state(GiftStatus.PENDING), Gift.created_at < now() - SLOW))
