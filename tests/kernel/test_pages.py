"""Walking a list page by page shows every row once, in both directions, whatever stands in the address."""

import base64
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from app.funds.models import Campaign
from app.kernel.errors import NotFound
from app.kernel.jobs import Job, JobStatus
from app.kernel.pages import Sort, count, paginate
from tests.factories.funds import make_campaign

pytestmark = pytest.mark.db
DAY = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = {"kind": Job.kind, "due_at": Job.due_at, "attempts": Job.attempts, "status": Job.status}
rows = st.lists(
    st.tuples(st.sampled_from(["a", "B", "é", "राम", ""]), st.integers(0, 2), st.integers(0, 2)), max_size=14
)
orders = st.lists(
    st.tuples(st.sampled_from(sorted(COLUMNS)), st.booleans()), max_size=3, unique_by=lambda each: each[0]
)


def fill(db, values):
    if values:
        made = [
            {
                "kind": kind, "due_at": DAY + timedelta(microseconds=later), "attempts": attempts, "ids": {},
                "status": JobStatus.WAITING, "created_at": DAY,
            }
            for kind, later, attempts in values
        ]  # fmt: skip
        db.execute(insert(Job), made)


def walk(db, order, size):
    """All rows forwards, page after page, and all rows backwards from the last page."""
    page = paginate(db, select(Job), order, size=size)
    forwards, pages = [page.rows], 1
    while page.next_cursor:
        page = paginate(db, select(Job), order, cursor=page.next_cursor, size=size)
        forwards.append(page.rows)
        pages += 1
        assert pages < 50
    backwards = [page.rows]
    while page.previous_cursor:
        page = paginate(db, select(Job), order, cursor=page.previous_cursor, size=size)
        backwards.insert(0, page.rows)
    return forwards, backwards


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, orders, st.booleans(), st.integers(1, 5))
@example([("a", 1, 1)] * 6, [("kind", True), ("due_at", False)], True, 2)
def test_every_order_with_duplicates_is_walked_completely_both_ways(database, values, parts, falls, size):
    order = [*(Sort(COLUMNS[name], descending) for name, descending in parts), Sort(Job.id, falls)]
    with database.session(writes=True) as db:
        fill(db, values)
        forwards, backwards = walk(db, order, size)
        columns = [sort.column.desc() if sort.descending else sort.column.asc() for sort in order]
        everything = list(db.scalars(select(Job).order_by(*columns)))

    assert [row for page in forwards for row in page] == everything
    assert [row for page in backwards for row in page] == everything
    assert all(len(page) == size for page in forwards[:-1])


def test_the_ends_lead_nowhere_and_a_page_in_between_both_ways(db):
    fill(db, [("a", 0, 0)] * 5)
    first = paginate(db, select(Job), [Sort(Job.id)], size=2)
    second = paginate(db, select(Job), [Sort(Job.id)], size=2, cursor=first.next_cursor)
    last = paginate(db, select(Job), [Sort(Job.id)], size=2, cursor=second.next_cursor)

    assert (first.previous_cursor, last.next_cursor) == (None, None)
    assert second.next_cursor is not None
    assert paginate(db, select(Job), [Sort(Job.id)], size=2, cursor=second.previous_cursor).rows == first.rows


def test_rows_that_come_and_go_between_two_pages_shift_nothing(db):
    fill(db, [("b", 0, 0)] * 4)
    order = [Sort(Job.kind), Sort(Job.id)]
    first = paginate(db, select(Job), order, size=2)
    db.delete(first.rows[0])
    fill(db, [("a", 0, 0)])
    db.flush()

    second = paginate(db, select(Job), order, size=2, cursor=first.next_cursor)
    assert [row.id for row in second.rows] == [3, 4]


def test_dates_are_cursors_too(db):
    for month in (3, 1, 2):
        make_campaign(db, starts_on=date(2026, month, 1))
    order = [Sort(Campaign.starts_on, descending=True), Sort(Campaign.id)]
    first = paginate(db, select(Campaign), order, size=1)
    second = paginate(db, select(Campaign), order, size=1, cursor=first.next_cursor)

    assert [each.rows[0].starts_on.month for each in (first, second)] == [3, 2]


def test_rows_are_counted_without_being_read(db):
    fill(db, [("a", 0, 0), ("b", 0, 0), ("b", 0, 0)])

    assert count(db, select(Job).where(Job.kind == "b").order_by(Job.id)) == 2


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "junk",
    [
        "x", "é", "%%%", "AAAA", "=" * 8, "0" * 5001, base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(), base64.urlsafe_b64encode(b"5").decode(),
        cursor(), cursor("n"), cursor("x", "2026-01-01T00:00:00+00:00", "a", 1), cursor("n", "a", 1),
        cursor(["n"], "2026-01-01T00:00:00+00:00", "a", 1), cursor("n", "never", "a", 1),
        cursor("n", "2026-01-01", "a", 1), cursor("n", "2026-01-01T00:00:00", "a", 1),
        cursor("n", "0001-01-01T00:00:00+14:00", "a", 1), cursor("n", 5, "a", 1),
        cursor("n", "2026-01-01T00:00:00+00:00", "a\x00", 1), cursor("n", "2026-01-01T00:00:00+00:00", "\ud800", 1),
        cursor("n", "2026-01-01T00:00:00+00:00", 5, 1), cursor("n", "2026-01-01T00:00:00+00:00", None, 1),
        cursor("n", "2026-01-01T00:00:00+00:00", "a", "1"), cursor("n", "2026-01-01T00:00:00+00:00", "a", True),
        cursor("n", "2026-01-01T00:00:00+00:00", "a", 2**63), cursor("n", "2026-01-01T00:00:00+00:00", "a", 1.5),
        cursor("n", "2026-01-01T00:00:00+00:00", "a", 1, 2), cursor("n", "2026-01-01T00:00:00+00:00", {"a": 1}, 1),
    ],
)  # fmt: skip
def test_a_cursor_that_we_did_not_make_is_not_found(db, junk):
    with pytest.raises(NotFound):
        paginate(db, select(Job), [Sort(Job.due_at), Sort(Job.kind), Sort(Job.id)], cursor=junk)


def test_a_state_that_is_none_is_no_cursor(db):
    with pytest.raises(NotFound):
        paginate(db, select(Job), [Sort(Job.status), Sort(Job.id)], cursor=cursor("n", "asleep", 1))


def test_an_empty_cursor_is_the_first_page(db):
    fill(db, [("a", 0, 0)])

    assert len(paginate(db, select(Job), [Sort(Job.id)], cursor="").rows) == 1


def test_a_cursor_at_the_edge_of_what_a_database_can_hold_is_simply_beyond_the_list(db):
    fill(db, [("a", 0, 0)])
    edge = cursor("n", "9999-12-31T23:59:59+00:00", "a", 2**63 - 1)

    assert paginate(db, select(Job), [Sort(Job.due_at), Sort(Job.kind), Sort(Job.id)], cursor=edge).rows == []


def test_a_long_list_is_counted_no_further_than_is_worth_its_time(db):
    fill(db, [("b", 0, 0)] * 5)

    assert count(db, select(Job), 3) == 4
    assert count(db, select(Job), None) == count(db, select(Job)) == 5
