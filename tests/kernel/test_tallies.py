"""Things that strangers can cause are counted without a write for each."""

from datetime import UTC, datetime

import pytest
import time_machine

from app.kernel.db import Database
from app.kernel.tallies import Tallies, happened_since

pytestmark = pytest.mark.db
AT = datetime(2026, 6, 10, 12, tzinfo=UTC)


def counted(database: Database, day: datetime = AT) -> tuple[int, datetime | None]:
    with database.reading() as db:
        return happened_since(db, "test.knock", day.date())


def test_the_first_is_written_at_once_and_the_next_ones_together(database: Database) -> None:
    seconds = [0.0]
    tallies = Tallies(database, clock=lambda: seconds[0])
    with time_machine.travel(AT, tick=False):
        for _each in range(50):
            tallies.note("test.knock")
        assert counted(database) == (1, AT)
        seconds[0] = 61
        tallies.note("test.knock")
        assert counted(database) == (51, AT)


def test_days_and_processes_add_up(database: Database) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        for _process in range(2):
            Tallies(database).note("test.knock")
        clock.move_to(AT.replace(day=11))
        Tallies(database).note("test.knock")
    assert counted(database)[0] == 3
    assert counted(database, AT.replace(day=11))[0] == 1
    with database.reading() as db:
        assert happened_since(db, "test.never", AT.date()) == (0, None)


def test_a_database_that_is_gone_breaks_nothing() -> None:
    Tallies(Database("sqlite:////proc/nowhere/x.db")).note("test.knock")
