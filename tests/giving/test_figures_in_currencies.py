"""The figures of contacts and households whose gifts came in several currencies: as whoever adds up gift by gift."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import event

from app.contacts.models import ContactKind
from app.currencies.queries import converted
from app.currencies.rules import convert
from app.currencies.services import RateDetails, add_rate, correct_rate
from app.giving.models import CreditRole
from app.giving.queries.figures import figures_of, figures_of_household, given_in_all, giving_figure
from app.giving.queries.purposes import Given
from app.giving.queries.soft_credits import recognition_of
from app.giving.services.soft_credits import CreditDetails, credit_softly
from app.kernel.actors import SYSTEM
from app.kernel.clock import today
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from tests.factories.contacts import make_contact
from tests.factories.giving import make_offline_gift
from tests.factories.households import join_a_household

pytestmark = pytest.mark.db
RATES = {"USD": "1.0921", "JPY": "161.32", "KWD": "0.33415", "CHF": "0.9412"}


def rate(db, currency, units, day):
    return add_rate(db, RateDetails(currency=currency, day=day, units=units, origin="A bank"), actor=SYSTEM)


def worth(db, amount, day, to):
    """What `rules.convert` says; None where a rate is missing."""
    if amount.currency == to:
        return amount
    found = converted(db, amount, to, day)
    return (
        None
        if found is None
        else convert(amount, to, from_rate=found.from_quote.units_per_euro, to_rate=found.to_quote.units_per_euro)
    )


def total(amounts, currency="EUR"):
    return sum(amounts, start=Money(0, currency))


@pytest.fixture
def days(db):
    """Rates on Mondays of this year and the last, each day a little other; the days on which gifts may come."""
    chance, year = Random(7), today().year
    monday = date(year - 1, 1, 4) - timedelta(days=date(year - 1, 1, 4).weekday())
    for day in (each for week in range(0, 104, 3) if (each := monday + timedelta(weeks=week)) <= today()):
        for currency, units in RATES.items():
            rate(db, currency, f"{Decimal(units) * chance.randrange(900, 1100) / 1000:.5f}", day)
    return [each for number in range(700) if (each := monday + timedelta(days=number)) <= today()]


@pytest.fixture
def gave(db, days):
    """Somebody gives many gifts in euros, dollars, yen and dinars; what they gave, by day."""

    def give(donor, seed, number=14):
        chance, gifts = Random(seed), []
        for _ in range(number):
            currency = chance.choice(("EUR", "USD", "USD", "JPY", "KWD"))
            gifts.append((Money(chance.randrange(1, 99_999), currency), chance.choice(days)))
            make_offline_gift(db, donor, amount=gifts[-1][0], received_on=gifts[-1][1])
        db.flush()
        return gifts

    return give


@pytest.mark.parametrize("own", ["EUR", "CHF", "JPY"])
def test_a_donors_figures_are_what_their_gifts_add_up_to_one_by_one(db, gave, own):
    donor, year = make_contact(db), today().year
    the_organisation(db).currency = own
    gifts = gave(donor, 3, 40)
    each = [(worth(db, amount, day, own), amount, day) for amount, day in gifts]
    known = [(value, day) for value, _amount, day in each if value is not None]
    unknown = [amount for value, amount, _day in each if value is None]
    assert unknown
    assert len(known) > len(unknown) / 3

    found = figures_of(db, donor.id)

    assert found.worth.in_all == total((value for value, _day in known), own)
    assert found.worth.this_year == total((value for value, day in known if day.year == year), own)
    assert found.worth.last_year == total((value for value, day in known if day.year == year - 1), own)
    assert found.worth.largest == max(value for value, _day in known)
    assert found.worth.gifts == len(gifts)
    codes = sorted({amount.currency for amount in unknown})
    assert found.worth.missing == tuple(
        total((amount for amount in unknown if amount.currency == code), code) for code in codes
    )
    for figures in found.by_currency:
        code = figures.in_all.currency
        assert figures.in_all == total((amount for amount, _day in gifts if amount.currency == code), code)
        assert figures.largest == max(amount for amount, _day in gifts if amount.currency == code)
    assert given_in_all(db, [donor.id], own) == {donor.id: found.worth.in_all}
    assert giving_figure(db, [donor.id], "sum", own) == {donor.id: found.worth.in_all}
    assert giving_figure(db, [donor.id], "largest", own) == {donor.id: found.worth.largest}
    assert giving_figure(db, [donor.id], "count", own) == {donor.id: len(gifts)}
    assert giving_figure(db, [donor.id], "first", own) == {donor.id: min(day for _amount, day in gifts)}
    assert giving_figure(db, [donor.id], "last", own) == {donor.id: max(day for _amount, day in gifts)}


def test_a_household_and_each_of_its_members_count_gift_by_gift(db, gave):
    one, other, stranger = (make_contact(db) for _ in range(3))
    home = join_a_household(db, one).household
    join_a_household(db, other, home.id)
    told = {donor: gave(donor, seed) for seed, donor in enumerate((one, other, home), start=20)}
    gave(stranger, 30)

    def given(gifts):
        found = Given(Money(0, "EUR"))
        for amount, day in gifts:
            found = found.plus(amount, worth(db, amount, day, "EUR"))
        return found

    found = figures_of_household(db, home.id)

    assert dict(found.shares) == {donor: given(gifts) for donor, gifts in told.items()}
    together = given([gift for gifts in told.values() for gift in gifts])
    assert (found.together.worth.in_all, found.together.worth.missing) == (together.worth, together.missing)
    assert found.own.worth.in_all == given(told[home]).worth


def test_recognitions_count_gift_by_gift_also_those_that_are_not_shown(db, days):
    solicitor, chance, kept = make_contact(db), Random(8), []
    for _ in range(30):
        currency, day = chance.choice(("EUR", "USD", "JPY", "KWD")), chance.choice(days)
        amount = Money(chance.randrange(1, 99_999), currency)
        gift = make_offline_gift(db, make_contact(db), amount=amount, received_on=day)
        credited = Money(max(1, amount.minor // 2), amount.currency)
        details = CreditDetails(contact=solicitor, role=CreditRole.SOLICITOR, amount=credited)
        credit_softly(db, gift, details, actor=SYSTEM)
        kept.append((credited, worth(db, credited, day, "EUR")))
    db.flush()

    found = recognition_of(db, solicitor, 3)

    assert found.in_all == total((value for _amount, value in kept if value is not None), "EUR")
    unknown = [amount for amount, value in kept if value is None]
    codes = sorted({amount.currency for amount in unknown})
    assert found.missing == [total((each for each in unknown if each.currency == code), code) for code in codes]
    assert found.has_others
    assert codes


def test_a_corrected_rate_shows_at_once_and_so_does_one_that_was_missing(db):
    donor, day = make_contact(db), date(2026, 3, 6)
    make_offline_gift(db, donor, amount=Money(10_00, "EUR"), received_on=day)
    for amount in (Money(50_00, "USD"), Money(20_00, "USD")):
        make_offline_gift(db, donor, amount=amount, received_on=day)
    db.flush()
    assert figures_of(db, donor.id).worth.missing == (Money(70_00, "USD"),)
    assert given_in_all(db, [donor.id], "EUR") == {donor.id: Money(10_00, "EUR")}

    held = rate(db, "USD", "1.0", day - timedelta(days=10))
    assert figures_of(db, donor.id).worth.in_all == Money(80_00, "EUR")
    correct_rate(db, held, "2.0", "Typed wrongly", actor=SYSTEM)
    assert figures_of(db, donor.id).worth.in_all == Money(45_00, "EUR")
    rate(db, "USD", "4.0", day)
    assert figures_of(db, donor.id).worth.in_all == Money(27_50, "EUR")
    assert figures_of(db, donor.id).worth.missing == ()


def test_who_gave_in_one_currency_alone_has_no_further_figures(db):
    donor, other = make_contact(db), make_contact(db)
    make_offline_gift(db, donor)
    make_offline_gift(db, other, amount=Money(5000, "USD"))
    db.flush()

    assert figures_of(db, donor.id).worth is None
    assert [each.in_all for each in figures_of(db, other.id).by_currency] == [Money(5000, "USD")]
    assert figures_of(db, other.id).worth is None, "nothing of it has a rate"
    assert given_in_all(db, [other.id], "EUR") == {}


def test_the_page_says_what_all_is_worth_and_then_each_currency(db, sign_in):
    donor = make_contact(db)
    rate(db, "USD", "1.0921", today() - timedelta(days=1))
    make_offline_gift(db, donor, received_on=today())
    make_offline_gift(db, donor, amount=Money(50_00, "USD"), received_on=today())
    make_offline_gift(db, donor, amount=Money(3000, "JPY"), received_on=today())
    db.commit()

    page = sign_in("contacts.read", "gifts.read").get(f"/contacts/{donor.id}").text

    assert "€95.78" in page
    assert "No exchange rate yet for JP¥3,000" in page
    assert "By currency" in page
    assert "US$50.00" in page
    listed = sign_in("contacts.read", "gifts.read").get("/contacts/").text
    assert "€95.78" in listed


def test_a_members_gifts_in_another_currency_make_them_one_of_the_household(db, sign_in):
    member = make_contact(db, given_name="Nima")
    home = join_a_household(db, member).household
    make_offline_gift(db, home, received_on=today())
    make_offline_gift(db, member, amount=Money(3000, "JPY"), received_on=today())
    db.commit()
    assert home.kind is ContactKind.HOUSEHOLD

    page = sign_in("contacts.read", "gifts.read").get(f"/contacts/{home.id}").text

    assert "Given by the household and its members" in page
    assert "+ JP¥3,000 without a rate" in page


@pytest.mark.parametrize("kind", ["person", "household"])
def test_other_currencies_take_no_further_question(app, db, sign_in, kind):
    donor = make_contact(db)
    record = donor if kind == "person" else join_a_household(db, donor).household
    make_offline_gift(db, donor)
    db.commit()
    client, asked = sign_in("contacts.read", "gifts.read"), []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    def questions():
        asked.clear()
        assert client.get(f"/contacts/{record.id}").status_code == 200
        return len(asked)

    event.listen(app.database.engine, "before_cursor_execute", note)
    questions()
    one = questions()
    make_offline_gift(db, donor, amount=Money(50_00, "USD"), received_on=today())
    rate(db, "USD", "1.0921", today())
    db.commit()
    assert questions() == one
    event.remove(app.database.engine, "before_cursor_execute", note)
