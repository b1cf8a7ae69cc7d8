"""A second process makes what this one writes: the same as would be made here, and neither end outlives the other."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from app.seed.bulk.apart import Parcel, UnmadeError, maker
from app.seed.bulk.crowd import Crowd, World
from app.seed.bulk.generosity import Generosity, Purse
from app.seed.bulk.parcels import Gifts, People
from app.seed.bulk.searching import Known

WORLD = World([("news:email", 1)], [1, 2], {"spouse": 1, "employment": 2}, date(2026, 3, 1))
KNOWN = Known([(1, "odile martin")], frozenset({"odile", "martin"}))
DAYS = [(str(date(2021, 1, 1) + timedelta(days=day)), 2021, "2021-01-01 11:00:00.000000") for day in range(2000)]
PATIENCE = 20.0


def people(*, is_postgresql: bool) -> People:
    return People(Crowd(WORLD, Random(7), 2), 6_000, KNOWN, is_postgresql)


def gifts(*, is_postgresql: bool) -> Gifts:
    return Gifts(Generosity(Purse(1, 1, [1, 2], DAYS), Random(7)), 3_000, range(2, 900), is_postgresql)


def endless() -> Iterator[Parcel]:
    """Parcels that say who made them."""
    while True:
        yield os.getpid(), {"rows": "x" * 100_000}


def failing(how: str) -> Iterator[Parcel]:
    yield 1, {}
    if how == "raises":
        raise ValueError("no such town")
    os._exit(3)


def printing() -> Iterator[Parcel]:
    sys.stdout.write("a word in between")
    os.write(1, b"and another")
    yield 1, {}


def is_gone(pid: int) -> bool:
    """Whether the process has ended, or ends soon."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("is_postgresql", [False, True])
def test_what_is_made_apart_is_what_would_be_made_here(is_postgresql: bool) -> None:
    def all_of(*, is_apart: bool) -> list[Parcel]:
        with maker(is_apart=is_apart) as made_by:
            return [
                (made, {table: part if isinstance(part, bytes) else list(part) for table, part in rows.items()})
                for work in (people(is_postgresql=is_postgresql), gifts(is_postgresql=is_postgresql))
                for made, rows in made_by(work)
            ]

    apart = all_of(is_apart=True)

    assert sum(made for made, _rows in apart) == 9_000
    assert apart == all_of(is_apart=False)


def test_what_goes_wrong_apart_is_told_here_in_its_own_words() -> None:
    with maker(is_apart=True) as made_by, pytest.raises(UnmadeError, match="no such town"):
        list(made_by(partial(failing, "raises")))


def test_after_a_failure_the_next_piece_of_work_is_done() -> None:
    with maker(is_apart=True) as made_by:
        with pytest.raises(UnmadeError):
            list(made_by(partial(failing, "raises")))
        assert list(made_by(printing)) == [(1, {})]


def test_a_maker_that_dies_is_noticed() -> None:
    with maker(is_apart=True) as made_by:
        with pytest.raises(UnmadeError, match="too early"):
            list(made_by(partial(failing, "dies")))
        with pytest.raises(UnmadeError):
            list(made_by(printing))


def test_what_is_printed_apart_does_not_get_between_parcels() -> None:
    with maker(is_apart=True) as made_by:
        assert list(made_by(printing)) == [(1, {})]


def test_a_writer_that_stops_ends_the_maker() -> None:
    pids = []

    def stop() -> None:
        with maker(is_apart=True) as made_by:
            pids.append(next(made_by(endless))[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert pids[0] != os.getpid()
    assert is_gone(pids[0])


def test_a_writer_that_is_killed_leaves_no_maker_behind() -> None:
    program = (
        "from app.seed.bulk.apart import maker; from tests.seed.test_apart import endless\n"
        "with maker(is_apart=True) as made_by:\n"
        "    parcels = made_by(endless); print(next(parcels)[0], flush=True); input()"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True
    ) as writer:
        assert writer.stdout is not None
        pid = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
    assert is_gone(pid)
