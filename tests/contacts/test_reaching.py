"""Which way to reach somebody is used on a day, and whether they may be written to: rules without a database."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.channels import phone_kind
from app.contacts.rules.postal import Hint, PostalAddress, area_type, hints_about, lines_of, prints_region
from app.contacts.rules.reaching import Purpose, Standing, Use, in_use, is_day_of_year, is_in_season, may_write, use_of
from app.contacts.rules.salutations import salutation_of, salutation_to_group

DAY = date(2026, 7, 15)
DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))
DAYS_OF_YEAR = DAYS.map(lambda day: day.month * 100 + day.day)


@dataclass(frozen=True, kw_only=True)
class Place:
    name: str = ""
    is_primary: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    hold_reason: str | None = None
    season_from: int | None = None
    season_until: int | None = None


@dataclass(frozen=True)
class Mailbox:
    """A way that knows no seasons."""

    is_primary: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    hold_reason: str | None = None


MAIN = Place(name="main", is_primary=True)
SUMMER = Place(name="summer", season_from=615, season_until=831)
WINTER = Place(name="winter", season_from=1115, season_until=229)


def test_the_main_one_is_used_and_the_season_goes_first():
    assert in_use([Place(name="old"), MAIN], DAY) is MAIN
    assert in_use([MAIN, SUMMER], DAY) is SUMMER
    assert in_use([MAIN, SUMMER], date(2026, 9, 1)) is MAIN


@pytest.mark.parametrize(
    ("place", "use"),
    [
        (replace(MAIN, hold_reason="returned"), Use.ON_HOLD),
        (replace(MAIN, valid_from=DAY + timedelta(days=1)), Use.NOT_YET),
        (replace(MAIN, valid_until=DAY - timedelta(days=1)), Use.OVER),
        (WINTER, Use.OUT_OF_SEASON),
        (replace(MAIN, valid_from=DAY, valid_until=DAY), Use.USED),
    ],
)
def test_what_is_not_used_says_why_and_the_next_takes_its_place(place, use):
    other = Place(name="other")

    assert use_of(place, DAY) is use
    assert in_use([place, other], DAY) is (place if use is Use.USED else other)
    assert in_use([place], DAY) is (place if use is Use.USED else None)


def test_ways_without_seasons_are_chosen_by_the_same_rule():
    good = Mailbox()

    assert in_use([Mailbox(is_primary=True, hold_reason="bounced"), good], DAY) is good
    assert in_use([], DAY) is None


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        (date(2026, 11, 14), False), (date(2026, 11, 15), True), (date(2026, 12, 31), True), (date(2027, 1, 1), True),
        (date(2028, 2, 29), True), (date(2027, 2, 28), True), (date(2027, 3, 1), False),
    ],
)  # fmt: skip
def test_a_season_may_pass_over_new_year_and_end_on_the_29th_of_february(day, is_in):
    assert is_in_season(WINTER.season_from, WINTER.season_until, day) is is_in


@given(begins=DAYS_OF_YEAR, ends=DAYS_OF_YEAR, day=DAYS)
def test_a_day_is_in_a_season_or_between_its_end_and_its_beginning(begins, ends, day):
    value = day.month * 100 + day.day
    is_in = is_in_season(begins, ends, day)

    assert is_in or not is_in_season(value, value, day) or value not in {begins, ends}
    if begins != ends and value not in {begins, ends}:
        assert is_in is not is_in_season(ends, begins, day), "a season and the rest of the year share no day"


@given(st.integers(-2000, 20000))
def test_the_days_of_a_year_are_those_of_a_leap_year(value):
    month, day = divmod(value, 100)
    try:
        is_real = bool(date(2028, month, day))
    except ValueError:
        is_real = False

    assert is_day_of_year(value) is is_real


@given(
    st.lists(
        st.builds(
            Place,
            is_primary=st.booleans(),
            valid_from=st.none() | DAYS,
            valid_until=st.none() | DAYS,
            hold_reason=st.none() | st.just("asked"),
        ),
        max_size=5,
    ),
    DAYS,
)
def test_what_is_chosen_may_be_used_and_nothing_is_chosen_only_if_nothing_may_be(places, day):
    chosen = in_use(places, day)
    usable = [place for place in places if use_of(place, day) is Use.USED]

    assert (chosen is None) is (usable == [])
    assert chosen is None or chosen in usable
    assert chosen is None or chosen.is_primary or not any(place.is_primary for place in usable)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("channel", ["email", "phone", "post"])
def test_nobody_writes_to_the_dead(channel, purpose):
    assert not may_write(Standing(is_deceased=True), channel, purpose)


def test_who_objects_to_a_channel_gets_only_the_answers_they_ask_for_there():
    never_mail = Standing(refused=frozenset({"email"}))

    assert may_write(never_mail, "email", Purpose.REPLY)
    assert not may_write(never_mail, "email", Purpose.OWED)
    assert not may_write(never_mail, "email", Purpose.UNASKED)
    assert all(may_write(never_mail, "post", purpose) for purpose in Purpose)


def test_who_wants_no_contact_still_gets_what_they_are_owed():
    quiet = Standing(do_not_contact=True)

    for channel, purpose in product(("email", "phone", "post"), Purpose):
        assert may_write(quiet, channel, purpose) is (purpose is not Purpose.UNASKED)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (("12 rue des Lilas", "75011", "Paris", "Île-de-France", "FR"), ("12 rue des Lilas", "75011 PARIS")),
        (("Lazimpat", "44600", "Kathmandu", "Bagmati", "NP"), ("Lazimpat", "KATHMANDU 44600")),
        (("10 Downing Street", "sw1a 2aa", "London", "", "GB"), ("10 Downing Street", "LONDON", "SW1A 2AA")),
        (("1 Main St", "02139", "Cambridge", "MA", "US"), ("1 Main St", "CAMBRIDGE, MA 02139")),
        (("Here", "1", "There", "Land", "XX"), ("Here", "1 There", "Land")),
        (("Here\nUpstairs", "1", "There", "", ""), ("Here", "Upstairs", "1 There")),
        (("Bahnhofstrasse 1", "", "", "", "CH"), ("Bahnhofstrasse 1",)),
        (("", "8001", "Zürich", "", "CH"), ("CH-8001 Zürich",)),
    ],
)
def test_addresses_are_written_as_their_country_writes_them(address, lines):
    names = ("street", "postcode", "city", "region", "country")

    assert lines_of(PostalAddress(**dict(zip(names, address, strict=True)))) == lines


@pytest.mark.parametrize(
    ("address", "hints"),
    [
        ({"street": "1 rue A", "postcode": "7501", "city": "Paris", "country": "FR"}, (Hint.WRONG_POSTCODE,)),
        ({"street": "1 rue A", "city": "Paris", "country": "FR"}, (Hint.NO_POSTCODE,)),
        ({"postcode": "75011", "city": "Paris", "country": "FR"}, (Hint.NO_STREET,)),
        ({"street": "Lazimpat", "postcode": "44600", "country": "NP"}, (Hint.NO_CITY,)),
        ({"street": "Lazimpat", "city": "Kathmandu", "country": "NP"}, ()),
        ({"street": "1 High St", "postcode": "ZZ1", "city": "Leeds", "country": "GB"}, (Hint.WRONG_POSTCODE,)),
        ({"street": "1 High St", "postcode": "m2 5bq", "city": "Manchester", "country": "GB"}, ()),
        ({"postcode": "nowhere", "country": "DE"}, ()),
        ({"street": "Somewhere"}, ()),
    ],
)
def test_what_looks_wrong_of_an_address_is_pointed_out(address, hints):
    assert hints_about(PostalAddress(**address)) == hints


def test_the_largest_part_of_a_country_has_its_name_there():
    assert [area_type(each) for each in ("FR", "NP", "GB", "US", "JP", "", "XX")] == [
        "region", "province", "county", "state", "prefecture", "region", "region",
    ]  # fmt: skip
    assert [prints_region(each) for each in ("FR", "US", "")] == [False, True, True]


@pytest.mark.parametrize(
    ("number", "kind"),
    [("+33612345678", "mobile"), ("+33142345678", "fixed"), ("+9779841234567", "mobile"), ("0612", ""), ("+1", "")],
)
def test_a_number_tells_what_it_is(number, kind):
    assert phone_kind(number) == kind


@pytest.mark.parametrize(
    ("title", "given", "family", "language", "begins"),
    [
        ("Mme", "Jeanne", "Dupont", "fr", "Chère Madame Dupont"),
        ("M.", "Jean", "Dupont", "fr", "Cher Monsieur Dupont"),
        ("Mlle", "Anne", "Dupont", "fr", "Chère Mademoiselle Dupont"),
        ("Dr", "Anna", "Lefèvre", "fr", "Docteur Lefèvre"),
        ("Mrs", "Ann", "Green", "en", "Dear Mrs Green"),
        ("Ms", "Ann", "Green", "en", "Dear Ms Green"),
        ("Mme", "Ann", "Green", "en", "Dear Mrs Green"),
        ("श्री", "राम", "गुरुङ", "ne", "आदरणीय श्री गुरुङ"),
        ("", "Maya", "Gurung", "fr", "Bonjour Maya"),
        ("Comtesse", "Maya", "Gurung", "en", "Dear Maya"),
        ("Mme", "Maya", "", "fr", "Bonjour Maya"),
        ("", "", "Gurung", "ne", "आदरणीय Gurung"),
        ("", "", "", "de", "Dear Sir or Madam"),
    ],
)
def test_a_letter_begins_as_people_of_that_language_begin_it(title, given, family, language, begins):
    assert salutation_of(title=title, given=given, family=family, language=language) == begins


def test_a_group_is_addressed_politely():
    assert salutation_to_group("fr") == "Madame, Monsieur"
