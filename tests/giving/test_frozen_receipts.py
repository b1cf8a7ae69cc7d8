"""An issued receipt stays as it was issued, whoever writes to the database."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.giving.models import Receipt
from tests.migrations.rows import Rows

pytestmark = pytest.mark.db


@pytest.fixture
def receipt(database, db, upset_books):
    """A receipt as nothing but the database knows it."""
    rows = Rows(db.connection())
    key = rows.store("receipt", rows.true("receipt", content={"donor": "Jeanne Moreau"}))
    db.commit()
    return key


@pytest.mark.parametrize(
    "change",
    [
        "number = 12", "year = 2025", "amount_minor = 9900", "currency = 'CHF'", "issued_on = '2020-01-01'",
        "content = '{}'", "token = 'another'", "is_specimen = NOT is_specimen, number = NULL", "id = 99",
        "created_at = '2020-01-01 00:00:00'", "gift_id = gift_id + 1",
    ],
)  # fmt: skip
def test_what_was_printed_is_never_changed(database, receipt, change):
    with pytest.raises(IntegrityError, match="stays as it was"), database.writing() as db:
        db.execute(text(f"UPDATE receipt SET {change}"))


def test_a_receipt_is_never_deleted(database, receipt):
    with pytest.raises(IntegrityError, match=r"never deleted|stays as it was"), database.writing() as db:
        db.execute(text("DELETE FROM receipt"))


def test_a_receipt_is_never_replaced_by_another_under_its_number(database, receipt):
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such statement")
    with pytest.raises(IntegrityError, match="there already"), database.writing() as db:
        db.execute(text("INSERT OR REPLACE INTO receipt SELECT * FROM receipt"))


def test_it_is_still_voided_sent_and_carried_over_to_another_contact(database, receipt):
    with database.writing() as db:
        other = Rows(db.connection())
        key = other.store("contact", other.true("contact"))
        db.execute(text("UPDATE receipt SET contact_id = :key, sent_at = issued_on, void_reason = 'x'"), {"key": key})
    with database.reading() as db:
        assert db.get_one(Receipt, receipt).contact_id == key
