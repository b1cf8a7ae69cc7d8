"""The invented charity is made through the services, so its books are in balance from the first day."""

import pytest
from sqlalchemy import func, select

from app.contacts.models import Contact
from app.giving.books import check
from app.giving.models import GivingForm, Receipt
from app.kernel.errors import Refused
from app.kernel.jobs import Job
from app.seed.story import tell_story

pytestmark = pytest.mark.db
PASSWORD = "seven quiet mountains"


def test_the_story_fills_an_empty_database_and_the_books_balance(database):
    with database.writing() as db:
        told = tell_story(db, PASSWORD)

    with database.snapshot() as db:
        assert check(db) == []
        assert db.scalar(select(func.count()).select_from(Contact)) == told.contacts > 100
        assert told.gifts > 200
        assert db.scalar(select(func.count()).select_from(Receipt).where(Receipt.number.is_not(None))) > 10
        assert {form.status for form in db.scalars(select(GivingForm))} == {"draft", "published"}
        assert set(db.scalars(select(Job.kind))) == {"contacts.bulk"}, "nothing of the past is sent today"


def test_whoever_gives_is_not_promised_letters_that_only_some_agreed_to(database):
    with database.writing() as db:
        tell_story(db, PASSWORD)

    with database.reading() as db:
        words = [text["thanks"] for form in db.scalars(select(GivingForm)) for text in form.texts.values()]
    assert any(words)
    assert not [said for said in words if any(letters in said for letters in ("We write", "écri", "लेख"))]


def test_a_story_is_not_mixed_with_the_truth(database):
    with database.writing() as db:
        tell_story(db, PASSWORD)

    with database.session(writes=True) as db, pytest.raises(Refused, match="empty"):
        tell_story(db, PASSWORD)
