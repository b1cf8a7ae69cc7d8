"""After each test that touched giving the books must be in balance: other features' tests may import the fixture."""

from collections.abc import Iterator

import pytest

from app.giving.books import check
from tests.giving.recurring_world import start, world

__all__ = ["books_in_balance", "start", "upset_books", "world"]


@pytest.fixture(autouse=True)
def books_in_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the test committed adds up. A test that upsets them on purpose asks for `upset_books`."""
    if "db" not in {mark.name for mark in request.node.iter_markers()}:
        yield
        return
    database = request.getfixturevalue("database")
    yield
    with database.snapshot() as looking:
        assert check(looking) == [] or "upset_books" in request.fixturenames


@pytest.fixture
def upset_books() -> None:
    """Ask for this where a test upsets the books on purpose."""
