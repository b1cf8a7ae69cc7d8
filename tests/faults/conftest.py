"""Where the programs of a fault test run: on SQLite or PostgreSQL, in a folder of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import temporary_postgres
from tests.stack import Stack

HERE = Path(__file__).parent
OUTLIVES_KILLS = {"synchronous_commit": "on"}
"""What a commit has promised is with the system, which nobody kills here; the disk need not have it."""
Run = Callable[..., Stack]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These run by themselves, beside nothing else: they take what time and ports they can get."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """The running product: `run("sqlite")`, or `run("postgresql", sites=2, workers=2)` on a server of its own."""
    with ExitStack() as leaving:

        def started(kind: str, **options: Any) -> Stack:
            if kind == "postgresql":
                options["database_url"] = leaving.enter_context(temporary_postgres(OUTLIVES_KILLS))
            return leaving.enter_context(Stack(tmp_path, **options))

        yield started
