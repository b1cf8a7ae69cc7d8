"""What a gift costs after the tax reduction, on the day it is made."""

from datetime import date

import pytest

from app.giving.tax_rates import (
    ASSISTANCE,
    FRENCH_RATES,
    GENERAL_INTEREST,
    DonorKind,
    TaxRate,
    cost_after_reduction,
    rate_on,
    reduction,
)

PERSON, COMPANY = DonorKind.PERSON, DonorKind.COMPANY
NEW = date(2026, 6, 1)


def cost(amount, regime, kind, day):
    return cost_after_reduction(amount, rate_on(FRENCH_RATES, regime, kind, day))


def rate(tiers, **changes):
    usual = {"valid_from": date(2020, 1, 1), "valid_to": None}
    days = {**usual, **changes}
    return TaxRate("r", PERSON, days["valid_from"], days["valid_to"], tiers, None, "a", "s")


@pytest.mark.parametrize(
    ("amount", "regime", "kind", "day", "expected"),
    [
        (5000, GENERAL_INTEREST, PERSON, NEW, 1700),
        (0, GENERAL_INTEREST, PERSON, NEW, 0),
        (100_000, ASSISTANCE, PERSON, date(2025, 10, 13), 25_000),
        (200_000, ASSISTANCE, PERSON, date(2025, 10, 13), 59_000),
        (200_000, ASSISTANCE, PERSON, date(2025, 10, 14), 50_000),
        (300_000, ASSISTANCE, PERSON, NEW, 84_000),
        (200_000_000, GENERAL_INTEREST, COMPANY, NEW, 80_000_000),
        (300_000_000, GENERAL_INTEREST, COMPANY, NEW, 140_000_000),
        (1_000_000, ASSISTANCE, COMPANY, NEW, 400_000),
    ],
)
def test_the_cost_follows_the_tiers_in_force_on_the_day(amount, regime, kind, day, expected):
    assert cost(amount, regime, kind, day) == expected


@pytest.mark.parametrize(("amount", "given_back"), [(1, 0), (2, 1), (3, 1), (99, 65), (100, 66)])
def test_a_fraction_of_a_cent_is_never_promised(amount, given_back):
    assert reduction(amount, rate_on(FRENCH_RATES, GENERAL_INTEREST, PERSON, NEW)) == given_back
    assert cost(amount, GENERAL_INTEREST, PERSON, NEW) == amount - given_back


@pytest.mark.parametrize(
    ("day", "ceiling"),
    [
        (date(2020, 1, 1), 100_000),
        (date(2025, 2, 14), 100_000),
        (date(2025, 2, 15), 100_000),
        (date(2025, 10, 13), 100_000),
        (date(2025, 10, 14), 200_000),
        (date(2030, 1, 1), 200_000),
    ],
)
def test_each_day_has_one_rate_for_bodies_of_assistance(day, ceiling):
    assert rate_on(FRENCH_RATES, ASSISTANCE, PERSON, day).tiers[0] == (ceiling, 75)
    covering = [
        row for row in FRENCH_RATES if row.regime == ASSISTANCE and row.donor_kind == PERSON and row.covers(day)
    ]
    assert len(covering) == 1


def test_bodies_that_accompany_victims_of_domestic_violence_are_named_from_15_february_2025():
    assert "domestic violence" not in rate_on(FRENCH_RATES, ASSISTANCE, PERSON, date(2025, 2, 14)).note
    assert "domestic violence" in rate_on(FRENCH_RATES, ASSISTANCE, PERSON, date(2025, 2, 15)).note


def test_nothing_is_claimed_before_the_sources_begin():
    assert rate_on(FRENCH_RATES, ASSISTANCE, PERSON, date(2019, 12, 31)) is None
    assert rate_on(FRENCH_RATES, "de_charity", PERSON, NEW) is None


def test_a_newer_rate_holds_over_an_older_one_left_open():
    older, newer = rate(((None, 66),)), rate(((None, 50),), valid_from=date(2026, 1, 1))
    assert rate_on([newer, older], "r", PERSON, NEW) is newer
    assert rate_on([newer, older], "r", PERSON, date(2025, 12, 31)) is older


def test_every_rate_says_where_it_comes_from():
    assert all(row.source and row.article for row in FRENCH_RATES)


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        ((100, 66),),
        ((None, 66), (None, 50)),
        ((None, 66), (100, 50)),
        ((200, 66), (100, 50), (None, 1)),
        ((100, 66), (100, 50), (None, 1)),
        ((0, 66), (None, 1)),
        ((None, 101),),
        ((None, -1),),
    ],
)
def test_tiers_that_make_no_sense_are_refused(tiers):
    with pytest.raises(ValueError, match=r"tier|rise|percentage"):
        rate(tiers)


def test_a_rate_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends on or after"):
        rate(((None, 66),), valid_to=date(2019, 12, 31))


def test_a_negative_gift_is_refused():
    with pytest.raises(ValueError, match="negative"):
        cost_after_reduction(-1, FRENCH_RATES[0])
