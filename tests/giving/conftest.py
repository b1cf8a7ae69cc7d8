"""After each test that touched giving the books must be in balance: other features' tests may import the fixture."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.books import check
from app.kernel.mail import Message
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
def posted(db: Session, run_jobs: Callable[[], object]) -> Callable[[], list[Message]]:
    """Carry out what is due, and tell which mails there are, oldest first."""

    def tell() -> list[Message]:
        db.commit()
        run_jobs()
        found = list(db.scalars(select(Message).order_by(Message.id)))
        db.rollback()
        return found

    return tell


@pytest.fixture
def upset_books() -> None:
    """Ask for this where a test upsets the books on purpose."""
