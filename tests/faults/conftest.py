"""Where the programs of a fault test run: on SQLite or PostgreSQL, in a folder of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stacks import Ground, ground
from tests.stack import Stack

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These run in a process of their own: they take what time and ports they can get."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Filled databases, of each kind in turn."""
    with ground(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def stack(database: Ground, tmp_path: Path) -> Iterator[Stack]:
    """The running product on each kind of database in turn."""
    with database.started(tmp_path) as running:
        yield running
