"""What gifts of a list and of a giving form come to, where they came in several currencies."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from app.currencies.services import RateDetails, add_rate, correct_rate
from app.giving.queries.forms import figures_of, raised_through
from app.giving.queries.gifts import GiftFilter, totals_of
from app.giving.queries.purposes import Given
from app.giving.queries.worth import Part
from app.giving.services.days import bring_up_to_date
from app.kernel.actors import SYSTEM
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.giving import make_form, make_offline_gift, make_online_gift, make_submission, refund_gift

pytestmark = pytest.mark.db
FRIDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 8)
LONG_AGO = date(2020, 3, 6)


def eur(minor):
    return Money(minor, "EUR")


def usd(minor):
    return Money(minor, "USD")


def rate(db, units, currency="USD", day=FRIDAY):
    return add_rate(db, RateDetails(currency=currency, day=day, units=units, origin="A bank"), actor=SYSTEM)


@pytest.fixture
def asking(app):
    """How many questions something asks."""

    def count(work):
        asked = []

        def note(_connection, _cursor, statement, *_rest):
            if statement.startswith(("SELECT", "WITH")):
                asked.append(statement)

        event.listen(app.database.engine, "before_cursor_execute", note)
        work()
        event.remove(app.database.engine, "before_cursor_execute", note)
        return len(asked)

    return count


@pytest.fixture
def through(db):
    """A gift through a form, received on a day."""

    def give(form, amount, day=SUNDAY):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return make_online_gift(db, make_submission(db, form=form, amount=amount), settled_at=noon)

    return give


@pytest.mark.parametrize("wanted", [GiftFilter(), GiftFilter(since=SUNDAY), GiftFilter(at_least=1)])
def test_gifts_in_several_currencies_are_summed_by_currency_and_in_ours(database, db, wanted):
    rate(db, "1.0921")
    rate(db, "161.32", "JPY")
    for amount, day in (
        (eur(100_00), SUNDAY), (eur(1_00), SUNDAY), (usd(50_00), SUNDAY), (usd(50_00), SUNDAY + timedelta(days=2)),
        (Money(5000, "JPY"), SUNDAY), (Money(10_505, "KWD"), SUNDAY), (Money(1_000, "KWD"), SUNDAY + timedelta(days=1)),
    ):  # fmt: skip
        make_offline_gift(db, amount=amount, received_on=day)
    db.commit()

    for _turn in ("from the gifts", "from what is kept"):
        with database.reading() as reading:
            totals = totals_of(reading, wanted, "EUR")
        sums = [(each.gifts, each.kept) for each in totals.sums]
        assert sums == [(2, eur(101_00)), (2, Money(11_505, "KWD")), (2, usd(100_00)), (1, Money(5000, "JPY"))]
        assert totals.worth == Given(eur(101_00 + 2 * 45_78 + 30_99), (Money(11_505, "KWD"),))
        assert totals.gifts == 7
        bring_up_to_date(database)


def test_a_day_of_another_currency_is_rounded_once(db):
    rate(db, "3")
    make_offline_gift(db, received_on=SUNDAY)
    for _each in range(3):
        make_offline_gift(db, amount=usd(1_00), received_on=SUNDAY)

    for wanted in (GiftFilter(), GiftFilter(at_least=1)):
        worth = totals_of(db, wanted, "EUR").worth
        assert worth == Given(eur(50_00 + 1_00))


def test_the_list_says_what_all_of_it_is_worth_and_names_what_has_no_rate(db, sign_in):
    rate(db, "1.0921")
    make_offline_gift(db, received_on=SUNDAY)
    make_offline_gift(db, amount=usd(50_00), received_on=SUNDAY)
    make_offline_gift(db, amount=usd(7_00), received_on=LONG_AGO)
    db.commit()

    page = sign_in("gifts.read").get("/gifts").text

    assert "Together €95.78, each day by its own rate." in page
    assert "No exchange rate yet for US$7.00" in page
    assert 'href="/settings/exchange-rates' not in page


def test_where_all_came_in_one_currency_nothing_more_is_said_or_asked(db, sign_in, asking):
    make_offline_gift(db, received_on=SUNDAY)
    db.commit()
    client = sign_in("gifts.read")
    client.get("/gifts")

    one = asking(lambda: client.get("/gifts"))
    assert "Together" not in client.get("/gifts").text
    make_offline_gift(db, amount=usd(7_00), received_on=SUNDAY)
    make_offline_gift(db, amount=Money(7, "JPY"), received_on=LONG_AGO)
    db.commit()

    assert "Together" in client.get("/gifts").text
    assert asking(lambda: client.get("/gifts")) == one + 1


def test_an_empty_list_has_no_sums(db):
    totals = totals_of(db, GiftFilter(contact_id=make_contact(db).id), "EUR")

    assert (list(totals.sums), totals.worth, totals.gifts) == ([], None, 0)


def test_a_forms_figures_and_goal_count_its_other_currencies_by_the_rates_of_their_days(db, through):
    rate(db, "1.0921")
    rate(db, "2", day=FRIDAY + timedelta(days=7))
    form, other = make_form(db, goal_minor=100_000), make_form(db)
    through(form, eur(100_00))
    refund_gift(db, through(form, eur(10_00)), 4_00)
    through(form, usd(50_00))
    through(form, usd(50_00), FRIDAY + timedelta(days=7))
    through(form, Money(5000, "JPY"))
    through(other, usd(1_00))

    found = figures_of(db, [form, other], with_tests=True)

    figures = found[form.id]
    assert (figures.raised, figures.gifts) == (eur(106_00 + 45_78 + 25_00), 5)
    assert figures.others == (Part(usd(100_00), eur(70_78)),)
    assert figures.missing == (Money(5000, "JPY"),)
    assert found[other.id].raised == eur(92)
    assert raised_through(db, form, with_tests=True) == figures.raised


def test_a_form_in_yen_counts_euros_through_the_euro_and_a_corrected_rate_at_once(db, through):
    form = make_form(db, currency="JPY", smallest_minor=100)
    through(form, Money(5000, "JPY"))
    through(form, eur(10_00))
    through(form, usd(10_00))
    assert figures_of(db, [form], with_tests=True)[form.id].missing == (eur(10_00), usd(10_00))

    wrong = rate(db, "160", "JPY")
    rate(db, "2")
    assert raised_through(db, form, with_tests=True) == Money(5000 + 1600 + 800, "JPY")
    correct_rate(db, wrong, "150", "Misread", actor=SYSTEM)
    assert raised_through(db, form, with_tests=True) == Money(5000 + 1500 + 750, "JPY")


def test_a_form_with_one_currency_asks_one_question_and_others_one_more(db, through, asking):
    form = make_form(db)
    through(form, eur(100_00))
    assert asking(lambda: raised_through(db, form, with_tests=True)) == 1

    for amount in (usd(50_00), usd(5_00), Money(5000, "JPY")):
        through(form, amount)
    through(make_form(db, currency="USD"), eur(100_00))

    assert asking(lambda: raised_through(db, form, with_tests=True)) == 2


def test_staff_see_what_a_form_brought_in_and_what_has_no_rate(db, through, sign_in):
    rate(db, "1.0921")
    form = make_form(db, goal_minor=20_000)
    through(form, eur(100_00))
    through(form, usd(50_00))
    through(form, Money(5000, "JPY"))
    db.commit()
    client = sign_in("forms.read")

    page, listed = client.get(f"/forms/{form.id}").text, client.get("/forms/").text

    assert "US$50.00 = €45.78" in page
    assert "No exchange rate yet for JP¥5,000" in page
    assert 'value="14578" max="20000"' in page
    assert "€145.78 + JP¥5,000" in listed, listed[listed.index("145") :][:60]
    assert "73%" in listed
