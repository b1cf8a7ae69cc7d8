"""Donors are found by their figures: the same as whoever adds up the gifts by hand, on both databases."""

from datetime import date, timedelta
from random import Random

import pytest

from app.contacts.queries.segments import those_who
from app.kernel.clock import today
from app.kernel.conditions import Condition, Group, Op, Period
from app.kernel.criteria import CriteriaSources
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import make_offline_gift

pytestmark = pytest.mark.db
LAST, THIS = Period(fiscal_year=-1), Period(fiscal_year=0)
LATELY = Period(days=400)


@pytest.fixture
def ask(app, db):
    """Whom conditions find who must all hold."""

    def asked(*parts):
        db.flush()
        criteria = app.ports.get(CriteriaSources).load(db)
        return set(db.scalars(those_who(db, Group(parts=parts), criteria)))

    return asked


def this_year():
    """This fiscal year, which is a calendar year where nobody has chosen another."""
    return today().year


@pytest.fixture
def year(db):
    """This fiscal year."""
    assert the_organisation(db).fiscal_year_of(today()) == this_year()
    return this_year()


@pytest.fixture
def donors(db, year):
    """Thirty people who gave anything from nothing to much over six years, by their gifts."""
    chance, fund, given = Random(4), make_fund(db), {}
    for _ in range(30):
        donor, gifts = make_contact(db), []
        for _gift in range(chance.choice((0, 0, 1, 2, 5))):
            day = date(year - chance.randrange(6), 1, 1) + timedelta(days=chance.randrange(360))
            gifts.append((min(day, today()), chance.choice((500, 1000, 5000, 10000, 25000))))
            make_offline_gift(db, donor, fund=fund, amount=Money(gifts[-1][1], "EUR"), received_on=gifts[-1][0])
        given[donor] = gifts
    return given


def in_period(gifts, period, year):
    if period is None:
        return gifts
    if period.fiscal_year is not None:
        return [gift for gift in gifts if gift[0].year == year + period.fiscal_year]
    first, last = period.bounds(today())
    return [gift for gift in gifts if first <= gift[0] <= last]


@pytest.mark.parametrize("period", [None, THIS, LAST, LATELY], ids=str)
@pytest.mark.parametrize(
    ("compared", "holds"),
    [
        ((Op.AT_LEAST, (10000,)), lambda n: n >= 10000),
        ((Op.AT_MOST, (10000,)), lambda n: n <= 10000),
        ((Op.BETWEEN, (0, 5500)), lambda n: 0 <= n <= 5500),
        ((Op.BETWEEN, (1000, 15000)), lambda n: 1000 <= n <= 15000),
        ((Op.EQUALS, (0,)), lambda n: n == 0),
    ],
)
def test_sums_are_what_the_gifts_add_up_to(ask, donors, period, compared, holds):
    wanted = {
        donor
        for donor, gifts in donors.items()
        if holds(sum(gift[1] for gift in in_period(gifts, period, this_year())))
    }
    assert ask(Condition("giving.sum", *compared, period)) == wanted


@pytest.mark.parametrize("period", [None, THIS, LAST, LATELY], ids=str)
def test_numbers_averages_and_largest_gifts_are_what_the_gifts_say(ask, donors, year, period):
    told = {donor: [gift[1] for gift in in_period(gifts, period, year)] for donor, gifts in donors.items()}
    asked = {
        ("giving.count", Op.AT_LEAST, (2,)): lambda minor: len(minor) >= 2,
        ("giving.count", Op.EQUALS, (0,)): lambda minor: not minor,
        ("giving.count", Op.AT_MOST, (1,)): lambda minor: len(minor) <= 1,
        ("giving.largest", Op.AT_LEAST, (10000,)): lambda minor: max(minor, default=0) >= 10000,
        ("giving.largest", Op.AT_MOST, (5000,)): lambda minor: bool(minor) and max(minor) <= 5000,
        ("giving.average", Op.AT_LEAST, (4000,)): lambda minor: bool(minor) and sum(minor) >= 4000 * len(minor),
        ("giving.average", Op.BETWEEN, (1000, 4000)): lambda minor: (
            bool(minor) and 1000 * len(minor) <= sum(minor) <= 4000 * len(minor)
        ),
    }
    for (field, op, values), holds in asked.items():
        assert ask(Condition(field, op, values, period)) == {donor for donor, minor in told.items() if holds(minor)}


def test_first_and_last_gifts_are_found_by_their_days(ask, donors, year):
    day = date(year - 2, 3, 1)
    gave = {donor: sorted(gift[0] for gift in gifts) for donor, gifts in donors.items() if gifts}

    assert ask(Condition("giving.first", Op.SINCE, (day.isoformat(),))) == {d for d in gave if gave[d][0] >= day}
    assert ask(Condition("giving.first", Op.UNTIL, (day.isoformat(),))) == {d for d in gave if gave[d][0] <= day}
    assert ask(Condition("giving.last", Op.UNTIL, (day.isoformat(),))) == {d for d in gave if gave[d][-1] <= day}
    assert ask(Condition("giving.last", Op.WITHIN_DAYS, (500,))) == {
        donor for donor in gave if gave[donor][-1] >= today() - timedelta(days=500)
    }
    assert ask(Condition("giving.last", Op.EMPTY)) == set(donors) - set(gave)


@pytest.mark.parametrize("least", [1, 2, 3])
def test_a_streak_runs_up_to_this_year_or_to_the_last_while_nothing_has_come_yet(ask, donors, year, least):
    def streak(gifts):
        years = {gift[0].year for gift in gifts}
        last = year if year in years else year - 1
        return next(count for count in range(99) if last - count not in years)

    assert ask(Condition("giving.streak", Op.AT_LEAST, (least,))) == {
        donor for donor, gifts in donors.items() if streak(gifts) >= least
    }
    assert ask(Condition("giving.streak", Op.EQUALS, (least - 1,))) == {
        donor for donor, gifts in donors.items() if streak(gifts) == least - 1
    }
    assert ask(Condition("giving.years", Op.AT_LEAST, (least,))) == {
        donor for donor, gifts in donors.items() if len({gift[0].year for gift in gifts}) >= least
    }


def test_those_who_gave_last_year_and_not_this_year_are_the_lybunt(ask, donors, year):
    wanted = {
        donor for donor, gifts in donors.items() if in_period(gifts, LAST, year) and not in_period(gifts, THIS, year)
    }
    gave, gave_not = (
        Condition("giving.count", Op.AT_LEAST, (1,), LAST),
        Condition("giving.count", Op.EQUALS, (0,), THIS),
    )
    assert wanted
    assert ask(gave, gave_not) == wanted


def test_another_currency_is_no_part_of_a_sum_and_counts_as_a_gift(db, ask, year):
    donor = make_contact(db)
    make_offline_gift(db, donor, amount=Money(900000, "NPR"), received_on=date(year, 1, 5))

    assert ask(Condition("giving.sum", Op.AT_LEAST, (1,))) == set()
    assert ask(Condition("giving.count", Op.EQUALS, (1,), THIS)) == {donor}


def test_funds_and_campaigns_are_found_by_what_was_given_to_them(db, ask, year):
    school, health = make_fund(db), make_fund(db)
    one, other = make_contact(db), make_contact(db)
    make_offline_gift(db, one, fund=school, received_on=date(year - 3, 5, 1))
    make_offline_gift(db, other, fund=health, received_on=date(year, 1, 5))

    assert ask(Condition("giving.fund", Op.ANY_OF, (str(school.id),))) == {one}
    assert ask(Condition("giving.fund", Op.ANY_OF, (str(school.id),), THIS)) == set()
    assert ask(Condition("giving.fund", Op.NONE_OF, (str(school.id),))) == {other}
