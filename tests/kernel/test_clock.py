"""One clock: instants in UTC, dates where the organisation is."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from app.kernel import clock

NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_now_is_aware_and_in_utc():
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Paris", date(2027, 1, 1)),
        ("America/New_York", date(2026, 12, 31)),
        ("Asia/Kathmandu", date(2027, 1, 1)),
    ],
)
def test_the_year_a_gift_belongs_to_is_the_organisations(zone, day):
    assert clock.date_of(NEW_YEARS_EVE, zone) == day
    with time_machine.travel(NEW_YEARS_EVE, tick=False):
        assert clock.today(zone) == day


def test_a_demo_lives_ahead_by_what_its_file_says_and_never_goes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "_leads", [])
    file = tmp_path / "clock"
    with time_machine.travel(NEW_YEARS_EVE, tick=False):
        clock.live_ahead(file)
        for said, ahead in ((None, 0), ("86400", 1), ("", 1), ("junk", 1), ("172800", 2), ("86400", 2)):
            if said is not None:
                file.write_text(said)
            assert clock.now() == NEW_YEARS_EVE + timedelta(days=ahead)


def test_the_gateways_seconds_are_instants():
    assert clock.from_timestamp(1_767_225_600) == datetime(2026, 1, 1, tzinfo=UTC)
