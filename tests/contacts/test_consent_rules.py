"""What an answer means: which counts, for how long, and whether it lets us write."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.consents import (
    Answer,
    Hindrance,
    LawfulBasis,
    allows,
    counts_until,
    hindrance,
    how_it_stands,
    oldest_that_counts,
    that_counts,
)
from app.contacts.rules.reaching import Standing

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
DAY = date(2026, 3, 31)


@dataclass
class Told:
    id: int
    answered_on: date
    undoes_id: int | None = None


def test_the_last_that_was_said_counts_not_the_last_that_was_written_down():
    refused, old_paper = Told(1, date(2026, 3, 1)), Told(2, date(2026, 1, 10))

    assert that_counts([refused, old_paper]) is refused
    assert that_counts([]) is None


def test_of_one_day_the_one_written_down_last_counts_and_what_was_undone_does_not():
    first, second = Told(1, DAY), Told(2, DAY)
    undoing = Told(3, first.answered_on - timedelta(days=90), undoes_id=2)

    assert that_counts([first, second]) is second
    assert that_counts([first, second, undoing]) is first


@pytest.mark.parametrize(
    ("said_on", "months", "until"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_an_agreement_counts_until_the_same_day_so_many_months_later(said_on, months, until):
    assert counts_until(said_on, months) == until
    assert how_it_stands(True, said_on, months, until) is Answer.GIVEN
    assert how_it_stands(True, said_on, months, until + timedelta(days=1)) is Answer.EXPIRED


@given(said_on=DAYS, months=st.integers(1, 600), day=DAYS)
def test_the_oldest_day_that_counts_says_the_same_as_the_last_one(said_on, months, day):
    assert (said_on >= oldest_that_counts(day, months)) == (day <= counts_until(said_on, months))


def test_a_refusal_never_ends_and_without_months_an_agreement_does_not_either():
    assert how_it_stands(False, date(1999, 1, 1), 1, DAY) is Answer.REFUSED
    assert how_it_stands(True, date(1999, 1, 1), None, DAY) is Answer.GIVEN
    assert how_it_stands(None, None, 1, DAY) is Answer.NEVER


@pytest.mark.parametrize(
    ("basis", "allowed"),
    [
        (LawfulBasis.CONSENT, {Answer.GIVEN}),
        (LawfulBasis.LEGITIMATE_INTEREST, {Answer.GIVEN, Answer.EXPIRED, Answer.NEVER}),
        (LawfulBasis.CONTRACT, set(Answer)),
        (LawfulBasis.LEGAL_OBLIGATION, set(Answer)),
    ],
)
def test_whether_an_answer_lets_us_write_depends_on_what_the_purpose_rests_on(basis, allowed):
    assert {answer for answer in Answer if allows(basis, answer)} == allowed


@pytest.mark.parametrize(
    ("standing", "has_way", "basis", "answer", "expected"),
    [
        (Standing(is_deceased=True), True, LawfulBasis.LEGAL_OBLIGATION, Answer.GIVEN, Hindrance.DECEASED),
        (Standing(do_not_contact=True), True, LawfulBasis.CONSENT, Answer.GIVEN, Hindrance.NO_CONTACT),
        (Standing(do_not_contact=True), True, LawfulBasis.LEGAL_OBLIGATION, Answer.NEVER, None),
        (Standing(refused=frozenset({"post"})), True, LawfulBasis.CONTRACT, Answer.GIVEN, Hindrance.CHANNEL_REFUSED),
        (Standing(refused=frozenset({"email"})), True, LawfulBasis.CONSENT, Answer.GIVEN, None),
        (Standing(), False, LawfulBasis.CONSENT, Answer.GIVEN, Hindrance.NO_WAY),
        (Standing(), True, LawfulBasis.CONSENT, Answer.EXPIRED, Hindrance.NO_ANSWER),
        (Standing(), True, LawfulBasis.LEGITIMATE_INTEREST, Answer.NEVER, None),
    ],
)
def test_the_first_thing_that_stands_in_the_way_is_told(standing, has_way, basis, answer, expected):
    assert hindrance(standing, "post", has_way=has_way, basis=basis, answer=answer) is expected
