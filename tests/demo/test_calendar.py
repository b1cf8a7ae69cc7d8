"""In a demo the days that pass at the payment service pass for the product too, each with its regular duties."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from app.kernel.clock import date_of
from app.kernel.rounds import RoundRun
from tests.stack import Stack, eventually

DAY = 86_400


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The programs of the demo, its calendar among them."""
    found = Stack(tmp_path, settings={"DEMO_CLOCK_FILE": str(tmp_path / "clock")})
    found.commands["payments"] = [*found.commands["payments"], "--calendar"]
    with found:
        found.commands["calendar"] = [sys.executable, "-m", "demo.calendar", "--sandbox", found.stripe]
        found.start("calendar")
        yield found


def press(stack: Stack, what: str, **typed: str) -> str:
    """Press a button of the sandbox's page, and read the page it leads back to."""
    return requests.post(f"{stack.stripe}/_sandbox/{what}", data={"panel": "1", **typed}, timeout=60).text


def test_days_asked_for_on_the_panel_pass_for_the_product_one_by_one(stack):
    began = stack.look("clock")["now"]

    assert "Day by day until" in press(stack, "advance", seconds=str(4 * DAY))
    eventually(lambda: stack.look("clock")["until"] is None, "the fourth day", 120)

    assert stack.look("clock")["now"] >= began + 4 * DAY
    with stack.database.reading() as db:
        runs = db.scalars(select(RoundRun).where(RoundRun.name == "books.check", RoundRun.is_well)).all()
    days = Counter(date_of(run.began_at) for run in runs)
    assert len(days) >= 4
    assert set(days.values()) == {1}
    assert "Day by day until" not in press(stack, "stay")


def test_whoever_stops_it_stays_at_the_day_it_has_come_to(stack):
    began = stack.look("clock")["now"]
    press(stack, "advance", seconds=str(400 * DAY))
    eventually(lambda: stack.look("clock")["now"] >= began + 2 * DAY, "the second day", 60)

    press(stack, "stay")

    assert stack.look("clock")["now"] < began + 300 * DAY
    assert stack.look("clock")["until"] is None
