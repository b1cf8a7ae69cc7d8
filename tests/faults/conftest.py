"""Where the programs of a fault test run: on SQLite or PostgreSQL, in a folder of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stacks import started
from tests.stack import Stack

HERE = Path(__file__).parent
Run = Callable[..., Stack]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These run by themselves, beside nothing else: they take what time and ports they can get."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running product, on each database in turn. Whoever does it harm puts it right again."""
    with started(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Another one: `run("postgresql", sites=2, workers=2)`, on a server of its own."""
    with ExitStack() as leaving:

        def begun(kind: str, **options: Any) -> Stack:
            return leaving.enter_context(started(kind, tmp_path, **options))

        yield begun
