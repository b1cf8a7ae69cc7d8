"""Receipt numbers: one series for each legal entity and year, without gaps, each number given once.

The number is taken by the statement that counts, so that two transactions wait for each other at the row; one that
is rolled back gives its number back with everything else.
"""

from typing import Any

from sqlalchemy import Insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.giving.models import ReceiptSequence
from app.kernel.clock import now


def _first_row(db: Session, organisation_id: int, year: int) -> Insert:
    """The year's row, if it is not there; a row made at the same moment elsewhere is waited for, and kept."""
    is_sqlite = db.get_bind().dialect.name == "sqlite"
    insert: Any = sqlite.insert if is_sqlite else postgresql.insert
    row = {"organisation_id": organisation_id, "year": year, "last_number": 0, "created_at": now()}
    statement: Insert = insert(ReceiptSequence).values(row).on_conflict_do_nothing()
    return statement


def take_number(db: Session, organisation_id: int, year: int) -> int:
    """The next number of the year. The series is held until this transaction ends."""
    return take_numbers(db, organisation_id, year, 1)[0]


def take_numbers(db: Session, organisation_id: int, year: int, how_many: int) -> range:
    """The next numbers of the year, as many as are surely used in this transaction. None are taken for nought."""
    if not how_many:
        return range(0)
    db.execute(_first_row(db, organisation_id, year))
    here = (ReceiptSequence.organisation_id == organisation_id, ReceiptSequence.year == year)
    count = update(ReceiptSequence).where(*here).values(last_number=ReceiptSequence.last_number + how_many)
    last = db.execute(
        count.returning(ReceiptSequence.last_number), execution_options={"synchronize_session": False}
    ).scalar_one()
    return range(last - how_many + 1, last + 1)
