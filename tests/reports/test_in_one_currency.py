"""Gifts in other currencies count in the figures by the rates of their days, and what has no rate is told apart."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from app.currencies.models import ExchangeRate, RateSource
from app.currencies.queries import converted, rate_table
from app.currencies.rules import round_half_up
from app.currencies.services import RateDetails, add_rate, correct_rate
from app.giving.models import RecurringGift
from app.giving.queries.purposes import given_by_campaign, given_by_fund
from app.giving.services.days import bring_up_to_date
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.money import Money, exponent
from app.kernel.organisation import the_organisation
from app.payments.models import Interval
from app.reports.queries import dashboard_figures
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import make_offline_gift, make_online_gift, make_submission, refund_gift

pytestmark = pytest.mark.db
TODAY = date(2026, 11, 22)
FRIDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 8)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def rate(db, units, day=FRIDAY, currency="USD"):
    details = RateDetails(currency=currency, day=day, units=units, origin="A bank")
    return add_rate(db, details, actor=SYSTEM)


def figures(db):
    return dashboard_figures(db, the_organisation(db), TODAY)


def test_the_average_gift_is_rounded_to_the_nearest_cent(db):
    for cents in (100, 100, 101):
        make_offline_gift(db, amount=eur(cents), received_on=FRIDAY)
    assert figures(db).average == eur(100)
    make_offline_gift(db, amount=eur(102), received_on=FRIDAY)
    assert figures(db).average == eur(101)  # 100.75


def test_a_gift_in_dollars_counts_by_the_rate_of_its_day_and_both_amounts_are_told(db):
    rate(db, "1.0921")
    make_offline_gift(db, amount=eur(100_00), received_on=FRIDAY)
    make_offline_gift(db, amount=usd(50_00), received_on=SUNDAY)

    shown = figures(db)

    assert (shown.now, shown.gifts, shown.average) == (eur(145_78), 2, eur(72_89))
    assert [(part.amount, part.value) for part in shown.parts] == [(eur(100_00), eur(100_00)), (usd(50_00), eur(45_78))]
    assert [month.now for month in shown.months if month.number == 3] == [eur(145_78)]
    assert shown.missing == []


def test_where_all_came_in_one_currency_nothing_is_told_apart(db):
    make_offline_gift(db, received_on=FRIDAY)

    assert (figures(db).parts, figures(db).missing, figures(db).promised_missing) == ([], [], [])


def test_what_has_no_rate_is_in_no_sum_and_is_told_with_its_first_day(db):
    rate(db, "1.0921")
    make_offline_gift(db, amount=eur(100_00), received_on=FRIDAY)
    for day, minor in ((FRIDAY, 50_00), (FRIDAY - timedelta(days=1), 7_00), (FRIDAY + timedelta(days=11), 8_00)):
        make_offline_gift(db, amount=usd(minor), received_on=day)
    make_offline_gift(db, amount=Money(5000, "JPY"), received_on=date(2025, 3, 6))

    shown = figures(db)

    assert (shown.now, shown.before, shown.gifts) == (eur(145_78), eur(0), 2)
    assert [(each.fiscal_year, each.amount, each.since) for each in shown.missing] == [
        (2026, usd(15_00), FRIDAY - timedelta(days=1)),
        (2025, Money(5000, "JPY"), date(2025, 3, 6)),
    ]


def test_a_rate_that_comes_later_and_one_that_is_corrected_show_at_once(database, db):
    make_offline_gift(db, amount=usd(50_00), received_on=FRIDAY)
    db.commit()
    bring_up_to_date(database)
    act_as(db, SYSTEM)
    assert figures(db).now == eur(0)

    wrong = rate(db, "1.1")
    assert (figures(db).now, figures(db).missing) == (eur(45_45), [])
    correct_rate(db, wrong, "1.25", "Misread", actor=SYSTEM)
    assert figures(db).now == eur(40_00)


def test_a_day_is_rounded_once_and_its_funds_come_to_what_it_comes_to(database, db):
    rate(db, "3")
    schools, house, well = (make_fund(db, name=name) for name in ("Schools", "House", "Well"))
    for fund in (schools, house, well):
        make_offline_gift(db, amount=usd(1_00), fund=fund, received_on=FRIDAY)
    db.commit()
    for _turn in ("from the gifts", "from what is kept"):
        shown = figures(db)
        db.commit()
        assert shown.now == sum((fund.now for fund in shown.funds), eur(0)) == eur(1_00)
        assert [fund.now for fund in shown.funds] == [eur(34), eur(33), eur(33)]
        bring_up_to_date(database)


def test_what_goes_back_of_a_gift_in_another_currency_is_not_counted(db):
    gift = make_online_gift(db, make_submission(db))
    the_organisation(db).currency = "USD"
    rate(db, "2", day=gift.received_on)
    refund_gift(db, gift, 1000)

    shown = dashboard_figures(db, the_organisation(db), gift.received_on)

    assert shown.now == shown.funds[0].now == usd((gift.amount.minor - 1000) * 2)


def test_an_organisation_that_counts_in_rupees_goes_through_the_euro(db):
    the_organisation(db).currency = "NPR"
    rate(db, "1.0921")
    make_offline_gift(db, amount=usd(50_00), received_on=SUNDAY)
    make_offline_gift(db, amount=eur(10_00), received_on=SUNDAY)
    assert {each.amount.currency for each in figures(db).missing} == {"USD", "EUR"}

    rate(db, "145.9", currency="NPR")

    dollars = converted(db, usd(50_00), "NPR", SUNDAY)
    assert dollars is not None
    assert figures(db).now == dollars.value + Money(1459_00, "NPR")


def test_recurring_gifts_in_other_currencies_count_by_the_rate_of_today(db):
    gift = make_online_gift(db, make_submission(db, interval=Interval.MONTH))
    recurring = db.get_one(RecurringGift, gift.recurring_gift_id)
    recurring.currency = "USD"
    db.flush()
    shown = figures(db)
    assert (shown.monthly_promised, shown.promised_missing) == (eur(0), [usd(recurring.amount_minor)])

    rate(db, "2", day=TODAY)

    shown = figures(db)
    assert (shown.monthly_promised, shown.promised_missing) == (eur(recurring.amount_minor // 2), [])
    assert shown.recurring_gifts == 1
    db.rollback()


def test_funds_and_campaigns_count_all_currencies_and_tell_apart_what_has_no_rate(db):
    rate(db, "2")
    fund, campaign = make_fund(db), make_campaign(db)
    for amount, day in ((eur(5_00), SUNDAY), (usd(1_00), FRIDAY), (usd(2_00), SUNDAY), (usd(3_00), date(2020, 1, 1))):
        make_offline_gift(db, amount=amount, fund=fund, campaign_id=campaign.id, received_on=day)

    of_fund = given_by_fund(db, [fund.id], "EUR")[fund.id]
    of_campaign = given_by_campaign(db, [campaign.id], "EUR")[campaign.id]

    assert of_fund == of_campaign
    assert (of_fund.worth, of_fund.missing) == (eur(6_50), (usd(3_00),))


def test_the_dashboard_says_what_is_missing_and_leads_whoever_may_to_the_rates(app, sign_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        day = now().date()
        rate(db, "2", day=day)
        make_offline_gift(db, amount=usd(50_00), received_on=day)
        make_offline_gift(db, amount=Money(5000, "JPY"), received_on=day)

    page = sign_in().get("/dashboard").text

    assert "$50.00 = €25.00" in page
    assert "No exchange rate for JP¥5,000 of" in page or "No exchange rate for ¥5,000 of" in page
    assert 'href="/settings/currencies/">Exchange rates</a>' in page


days = st.integers(0, 40).map(lambda step: date(2026, 2, 1) + timedelta(days=step))
amounts = st.tuples(days, st.sampled_from(["EUR", "USD", "JPY", "KWD"]), st.integers(1, 10**7))
rates = st.dictionaries(
    st.tuples(st.sampled_from(["USD", "JPY", "KWD"]), days), st.decimals("0.0001", "9999", places=4), max_size=25
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_amounts=st.lists(amounts, min_size=1, max_size=5), given_rates=rates)
def test_the_report_is_what_converting_each_day_by_hand_comes_to(db, given_amounts, given_rates):
    with db.begin_nested() as attempt:
        db.execute(delete(ExchangeRate))
        for (currency, day), units in given_rates.items():
            row = {"created_at": now(), "currency": currency, "day": day, "units_per_euro": str(units), "version": 1,
                   "source": RateSource.HAND, "origin": "", "reason": "", "import_id": None}  # fmt: skip
            db.execute(insert(ExchangeRate).values(row))
        fund = make_fund(db)
        for day, currency, minor in given_amounts:
            make_offline_gift(db, amount=Money(minor, currency), fund=fund, received_on=day)
        db.flush()

        shown = figures(db)
        attempt.rollback()

    worth, missing = by_hand(given_amounts, given_rates)
    assert shown.now.minor == worth == sum(each.now.minor for each in shown.funds)
    assert {each.amount.currency: each.amount.minor for each in shown.missing} == missing


def by_hand(given_amounts, given_rates):
    """The worth in cents, and what has no rate: said anew, with nothing but fractions."""
    sums: dict[tuple[date, str], int] = {}
    for day, currency, minor in given_amounts:
        sums[day, currency] = sums.get((day, currency), 0) + minor
    worth, missing = 0, {}
    for (day, currency), minor in sums.items():
        known = [of for code, of in given_rates if code == currency and 0 <= (day - of).days <= 10]
        if currency == "EUR":
            worth += minor
        elif known:
            units = Fraction(given_rates[currency, max(known)])
            worth += round_half_up(Fraction(minor, 10 ** exponent(currency)) / units * 100)
        else:
            missing[currency] = missing.get(currency, 0) + minor
    return worth, missing


def test_a_table_of_rates_says_what_the_single_question_says(db):
    rate(db, "1.09")
    rate(db, "1.10", day=FRIDAY + timedelta(days=3))
    rate(db, "145.9", currency="NPR")
    table = rate_table(db, "NPR", {"USD", "EUR", "JPY"}, FRIDAY - timedelta(days=5), FRIDAY + timedelta(days=30))

    for step in range(-5, 30):
        day = FRIDAY + timedelta(days=step)
        for amount in (usd(12_34), eur(12_34), Money(500, "JPY")):
            assert table.converted(amount, day) == converted(db, amount, "NPR", day)
