"""A question about records survives storing, and nothing that is no question is taken for one."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.conditions import DEEPEST, MOST, Condition, Group, Match, Op, Period, read_question
from app.kernel.errors import Refused

VALUES = st.one_of(
    st.integers(-(10**15), 10**15), st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=50)
)
PERIODS = st.one_of(
    st.none(),
    st.builds(Period, fiscal_year=st.integers(-50, 1)),
    st.builds(Period, days=st.integers(1, 36_525)),
    st.builds(Period, since=st.dates(), until=st.dates()),
)
CONDITIONS = st.builds(
    Condition, st.text("abc.", min_size=1, max_size=20), st.sampled_from(Op),
    st.lists(VALUES, max_size=3).map(tuple), PERIODS,
)  # fmt: skip
QUESTIONS = st.recursive(
    st.builds(Group, st.sampled_from(Match), st.lists(CONDITIONS, max_size=3).map(tuple)),
    lambda inner: st.builds(
        Group, st.sampled_from(Match), st.lists(st.one_of(CONDITIONS, inner), max_size=2).map(tuple)
    ),
    max_leaves=4,
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["match", "of", "field", "is", "values", "period", "days"]), inner, max_size=4),
    ),
    max_leaves=12,
)


def depth(group):
    return 1 + max((depth(part) for part in group.parts if isinstance(part, Group)), default=0)


@given(QUESTIONS)
def test_a_question_is_the_same_after_it_was_stored(question):
    if depth(question) <= DEEPEST + 1:
        assert read_question(question.as_data()) == question


@given(JSON)
def test_whatever_else_is_sent_is_refused_or_read_without_a_fault(data):
    with suppress(Refused):
        assert isinstance(read_question(data), Group)


def test_a_question_nested_too_deeply_is_refused():
    question = Group()
    for _ in range(DEEPEST + 1):
        question = Group(parts=(question,))
    with pytest.raises(Refused):
        read_question(question.as_data())


def test_a_question_with_too_many_conditions_is_refused():
    with pytest.raises(Refused):
        read_question(Group(parts=(Condition("contact.kind", Op.FILLED),) * MOST).as_data())


def test_the_last_days_end_today():
    assert Period(days=1).bounds(date(2026, 5, 4)) == (date(2026, 5, 4), date(2026, 5, 4))
    assert Period(days=365).bounds(date(2026, 5, 4)) == (date(2025, 5, 5), date(2026, 5, 4))
