"""The dashboard says the same as the books, in a fixed number of queries."""

from datetime import date

import pytest
from sqlalchemy import event

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.i18n import format_percent
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.reports.figures import months_of, same_day_last_year
from app.reports.queries import dashboard_figures
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import make_offline_gift

pytestmark = pytest.mark.db
TODAY = date(2026, 11, 22)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def figures(db):
    return dashboard_figures(db, the_organisation(db), TODAY)


def test_an_empty_organisation_sees_noughts_and_nothing_breaks(db):
    shown = figures(db)

    assert (shown.now, shown.before, shown.gifts) == (eur(0), eur(0), 0)
    assert (shown.change, shown.average, shown.donors.retention) == (None, None, None)


def test_this_year_is_compared_with_the_same_day_of_last_year(db):
    donor = make_contact(db)
    make_offline_gift(db, donor, amount=eur(100_00), received_on=date(2025, 3, 1))
    make_offline_gift(db, donor, amount=eur(900_00), received_on=date(2025, 12, 24))
    make_offline_gift(db, donor, amount=eur(150_00), received_on=date(2026, 3, 1))

    shown = figures(db)

    assert (shown.now, shown.before, shown.before_to_date) == (eur(150_00), eur(1000_00), eur(100_00))
    assert shown.change == 0.5


def test_a_hair_less_than_last_year_is_as_much_and_not_less_than_nothing(db):
    donor = make_contact(db)
    make_offline_gift(db, donor, amount=eur(1000_00), received_on=date(2025, 3, 1))
    make_offline_gift(db, donor, amount=eur(999_00), received_on=date(2026, 3, 1))

    assert format_percent(figures(db).change) == "0%"


def test_months_to_come_are_empty_and_not_nought(db):
    make_offline_gift(db, received_on=date(2026, 11, 2))

    shown = {month.number: month.now for month in figures(db).months}

    assert (shown[11], shown[10], shown[12]) == (eur(50_00), eur(0), None)


def test_a_split_gift_counts_for_each_of_its_funds(db):
    schools, house = make_fund(db, name="Schools"), make_fund(db, name="Safe house")
    shares = [(schools.id, eur(70_00)), (house.id, eur(30_00))]
    make_offline_gift(db, amount=eur(100_00), shares=shares, received_on=date(2026, 2, 1))

    assert [(fund.name, fund.now) for fund in figures(db).funds] == [
        ("Schools", eur(70_00)),
        ("Safe house", eur(30_00)),
    ]


def test_new_lapsed_and_kept_donors_are_told_apart(db):
    kept, lapsed, new, returned = (make_contact(db) for _ in range(4))
    for donor, years in ((kept, (2025, 2026)), (lapsed, (2025,)), (new, (2026,)), (returned, (2023, 2026))):
        for year in years:
            make_offline_gift(db, donor, received_on=date(year, 5, 1))

    donors = figures(db).donors

    assert (donors.now, donors.new, donors.before, donors.lapsed, donors.kept) == (3, 1, 2, 1, 1)
    assert donors.retention == 0.5


def test_the_fiscal_year_of_the_organisation_is_the_one_that_counts(db):
    the_organisation(db).fiscal_year_start_month = 7
    make_offline_gift(db, amount=eur(10_00), received_on=date(2026, 6, 30))
    make_offline_gift(db, amount=eur(20_00), received_on=date(2026, 7, 1))

    shown = figures(db)

    assert (shown.fiscal_year, shown.now, shown.before) == (2026, eur(20_00), eur(10_00))
    assert [month.number for month in shown.months][:2] == [7, 8]


def queries_of(client, database) -> int:
    seen: list[str] = []

    def count(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    assert client.get("/dashboard").status_code == 200
    event.remove(database.engine, "before_cursor_execute", count)
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_data(database, sign_in):
    client = sign_in()
    few = queries_of(client, database)
    with database.writing() as db:
        act_as(db, SYSTEM)
        for month in range(1, 11):
            make_offline_gift(db, received_on=date(2026, month, 3))

    assert queries_of(client, database) == few <= 20


@pytest.mark.parametrize(("start", "first_and_last"), [(1, (1, 12)), (7, (7, 6)), (12, (12, 11))])
def test_a_fiscal_year_has_its_own_order_of_months(start, first_and_last):
    months = months_of(start)

    assert (months[0], months[-1], sorted(months)) == (*first_and_last, list(range(1, 13)))


def test_the_day_after_a_leap_year_has_a_day_to_compare_with():
    assert same_day_last_year(2028, 2, 29) == (2027, 2, 28)
