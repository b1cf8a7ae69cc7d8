"""Donors are found by what they gave in any currency: the same as whoever converts gift by gift, on both databases."""

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import event

from app.contacts.queries.segments import those_who
from app.currencies.queries import rate_table
from app.currencies.services import RateDetails, add_rate, correct_rate
from app.giving.models import CreditRole, SoftCredit
from app.giving.queries.others import given_in_others
from app.kernel.actors import SYSTEM
from app.kernel.clock import today
from app.kernel.conditions import Condition, Group, Op, Period
from app.kernel.criteria import CriteriaSources
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import make_offline_gift, refund_gift

pytestmark = pytest.mark.db
PERIODS = [None, Period(fiscal_year=0), Period(fiscal_year=-1), Period(days=400)]
AMOUNTS = {"EUR": 5000, "USD": 5001, "JPY": 8067, "KWD": 12_345, "NPR": 700_001}
AT_LEAST_ONE = Condition("giving.sum", Op.AT_LEAST, (1,))


@pytest.fixture
def query(app, db):
    """The question for whom conditions find who must all hold."""

    def made(*parts):
        db.flush()
        return those_who(db, Group(parts=parts), app.ports.get(CriteriaSources).load(db))

    return made


@pytest.fixture
def ask(db, query):
    """Whom they find."""
    return lambda *parts: set(db.scalars(query(*parts)))


def rate(db, units, currency="USD", day=None):
    details = RateDetails(currency=currency, day=day or today(), units=units, origin="A bank")
    return add_rate(db, details, actor=SYSTEM)


def give(db, donor, minor, currency="USD", **parts):
    return make_offline_gift(db, donor, amount=Money(minor, currency), **{"received_on": today(), **parts})


@pytest.fixture
def donors(db):
    """Thirty people who gave in five currencies, one of which (Nepalese rupees) has a rate for a few days only."""
    chance, fund, given = Random(7), make_fund(db), {}
    days = [today() - timedelta(days=each) for each in range(900)]
    for code, units in (("USD", "1.0921"), ("JPY", "161.32"), ("KWD", "0.33585"), ("NPR", "145.9")):
        for day in days[:: 9 if code != "NPR" else 200]:
            rate(db, units, code, day)
    for _ in range(30):
        donor, gifts = make_contact(db), []
        for _gift in range(chance.choice((0, 1, 2, 5))):
            code, day = chance.choice(sorted(AMOUNTS)), chance.choice(days)
            amount = Money(AMOUNTS[code] * chance.choice((1, 3)), code)
            gifts.append((day, amount))
            make_offline_gift(db, donor, fund=fund, amount=amount, received_on=day)
        given[donor] = gifts
    table = rate_table(db, "EUR", AMOUNTS, days[-1], days[0])
    return {
        donor: [(day, value.minor) for day, amount in gifts if (value := table.value(amount, day))]
        for donor, gifts in given.items()
    }


def in_period(gifts, period):
    if period is None:
        return [minor for _day, minor in gifts]
    if period.fiscal_year is not None:
        return [minor for day, minor in gifts if day.year == today().year + period.fiscal_year]
    first, last = period.bounds(today())
    return [minor for day, minor in gifts if first <= day <= last]


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_figures_are_what_converting_gift_by_gift_adds_up_to(ask, donors, period):
    told = {donor: in_period(gifts, period) for donor, gifts in donors.items()}
    pivot = sorted(sum(minor) for minor in told.values())[20]
    asked = {
        ("sum", Op.EQUALS, (pivot,)): lambda minor: sum(minor) == pivot,
        ("sum", Op.AT_LEAST, (pivot,)): lambda minor: sum(minor) >= pivot,
        ("sum", Op.AT_MOST, (pivot,)): lambda minor: sum(minor) <= pivot,
        ("sum", Op.BETWEEN, (1, pivot)): lambda minor: 1 <= sum(minor) <= pivot,
        ("sum", Op.EQUALS, (0,)): lambda minor: not minor,
        ("largest", Op.AT_LEAST, (5000,)): lambda minor: max(minor, default=0) >= 5000,
        ("largest", Op.AT_MOST, (5000,)): lambda minor: bool(minor) and max(minor) <= 5000,
        ("average", Op.AT_LEAST, (5000,)): lambda minor: bool(minor) and sum(minor) >= 5000 * len(minor),
        ("average", Op.AT_MOST, (5000,)): lambda minor: bool(minor) and sum(minor) <= 5000 * len(minor),
    }  # fmt: skip
    for (field, op, values), holds in asked.items():
        wanted = {donor for donor, minor in told.items() if holds(minor)}
        assert ask(Condition(f"giving.{field}", op, values, period)) == wanted, (field, op, values)


def test_what_has_no_rate_is_not_counted_until_it_has_one_and_a_corrected_rate_counts_at_once(db, ask):
    donor = make_contact(db)
    give(db, donor, 10_000)
    assert ask(AT_LEAST_ONE) == set()
    assert ask(Condition("giving.average", Op.AT_LEAST, (0,))) == set()
    assert ask(Condition("giving.sum", Op.EQUALS, (0,))) == {donor}
    wrong = rate(db, "12.5")
    assert ask(Condition("giving.sum", Op.EQUALS, (800,))) == {donor}
    correct_rate(db, wrong, "1.25", "The point was in the wrong place", actor=SYSTEM)
    assert ask(Condition("giving.sum", Op.EQUALS, (8000,))) == {donor}


def test_an_average_counts_only_gifts_of_known_worth(db, ask):
    rate(db, "1.25")
    donor = make_contact(db)
    for minor, currency in ((10_000, "USD"), (2000, "EUR"), (999, "GBP")):
        give(db, donor, minor, currency)
    assert ask(Condition("giving.average", Op.EQUALS, (5000,))) == {donor}


def test_what_went_back_of_a_gift_is_worth_nothing(db, ask):
    rate(db, "1.25")
    donor = make_contact(db)
    for _gift in range(2):
        gift = give(db, donor, 10_000)
    refund_gift(db, gift, 5000)
    assert ask(Condition("giving.sum", Op.EQUALS, (12_000,))) == {donor}


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_recognition_counts_in_any_currency_too(db, ask, period):
    rate(db, "1.25")
    rate(db, "160", "JPY")
    someone, other = make_contact(db), make_contact(db)
    for minor, currency, credited in ((10_000, "USD", 5000), (1600, "JPY", 800), (3000, "EUR", 1000)):
        gift = give(db, make_contact(db), minor, currency)
        db.flush()
        for contact in (someone, other) if currency == "USD" else (someone,):
            credit = {"contact_id": contact.id, "role": CreditRole.SOLICITOR, "amount_minor": credited}
            db.add(SoftCredit(gift_id=gift.id, **credit))
    all_of_it = 5500 if period != Period(fiscal_year=-1) else 0
    found = ask(Condition("giving.credited", Op.EQUALS, (all_of_it,), period))
    assert (someone in found, other in found) == (True, all_of_it == 0)


def test_where_all_came_in_one_currency_nothing_but_the_totals_is_asked(db, query):
    give(db, make_contact(db), 5000, "EUR")
    asked = str(query(AT_LEAST_ONE).compile(db.get_bind()))
    for table in ("exchange_rate", "gift ", "UNION"):
        assert table not in asked
    give(db, make_contact(db), 5000, received_on=today() - timedelta(days=800))
    assert "exchange_rate" in str(query(AT_LEAST_ONE).compile(db.get_bind()))
    this_year = Condition("giving.sum", Op.AT_LEAST, (1,), Period(fiscal_year=0))
    assert "exchange_rate" not in str(query(this_year).compile(db.get_bind()))


def test_the_other_currencies_are_asked_for_once_and_only_where_an_amount_is(app, db):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    criteria = app.ports.get(CriteriaSources).load(db)
    count = Condition("giving.count", Op.AT_LEAST, (1,))
    those_who(db, Group(parts=(count,)), criteria)
    event.listen(app.database.engine, "before_cursor_execute", note)
    those_who(db, Group(parts=(count,)), criteria)
    assert len(asked) == 0
    those_who(db, Group(parts=(AT_LEAST_ONE, AT_LEAST_ONE, count)), criteria)
    event.remove(app.database.engine, "before_cursor_execute", note)
    assert len(asked) == 1


def test_every_year_and_currency_is_known(db):
    assert given_in_others(db, "EUR") == {}
    for year, currency in ((2020, "EUR"), (2020, "USD"), (2020, "JPY"), (2023, "EUR"), (2024, "AUD"), (2025, "ZAR")):
        give(db, make_contact(db), 5000, currency, received_on=date(year, 5, 5))
    db.flush()
    assert given_in_others(db, "EUR") == {2020: {"USD", "JPY"}, 2024: {"AUD"}, 2025: {"ZAR"}}
    assert given_in_others(db, "USD") == {2020: {"EUR", "JPY"}, 2023: {"EUR"}, 2024: {"AUD"}, 2025: {"ZAR"}}
