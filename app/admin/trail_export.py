"""The audit trail to take along: entries with their hash and their seal, so that others can check them."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.admin.queries import Wanted, audit_query
from app.kernel.audit import AuditEntry
from app.kernel.csv_tables import harmless
from app.kernel.db import Database
from app.kernel.sealing import COLUMNS, FIELDS, AuditSeal, canonical

CHUNK = 1000
HEADINGS = (*FIELDS, "sha256", "seal_number", "seal")


def csv_lines(database: Database, wanted: Wanted) -> Iterator[str]:
    """A heading and a line for each entry, oldest first; what people typed cannot become a formula."""
    yield _csv_line(HEADINGS)
    for entry in exported(database, wanted):
        yield _csv_line([_cell(entry[name]) for name in HEADINGS])


def json_lines(database: Database, wanted: Wanted) -> Iterator[str]:
    """A JSON object a line, oldest first."""
    for entry in exported(database, wanted):
        yield json.dumps(entry, ensure_ascii=False) + "\n"


def exported(database: Database, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The entries with the SHA-256 of their canonical form and the seal above them, read as they are asked for."""
    last, seals = 0, _Seals()
    while True:
        with database.reading() as db:
            rows = db.execute(_next(db, wanted, last)).all()
            seals.load(db, rows[-1][0] if rows else last)
        for row in rows:
            yield _told(row, seals)
        if len(rows) < CHUNK:
            return
        last = rows[-1][0]


def _next(db: Session, wanted: Wanted, last: int) -> Select[Any]:
    query = audit_query(db, wanted).with_only_columns(*COLUMNS)
    return query.where(AuditEntry.id > last).order_by(AuditEntry.id).limit(CHUNK)


class _Seals:
    """The seals above a chunk of entries: (last entry, number, seal) in order."""

    def __init__(self) -> None:
        self._after = -1
        self._found: list[tuple[int, int, str]] = []

    def load(self, db: Session, last_entry: int) -> None:
        """Read on, up to the seal above an entry; what lies behind is forgotten."""
        self._found = self._found[-1:]
        columns = (AuditSeal.last_entry_id, AuditSeal.number, AuditSeal.seal)
        query = select(*columns).where(AuditSeal.last_entry_id > self._after, AuditSeal.first_entry_id <= last_entry)
        self._found += [(row[0], row[1], row[2]) for row in db.execute(query.order_by(AuditSeal.number))]
        self._after = self._found[-1][0] if self._found else self._after

    def above(self, entry_id: int) -> tuple[int, str] | None:
        """The number and the seal above an entry; None while it is not sealed."""
        return next(((number, seal) for last, number, seal in self._found if entry_id <= last), None)


def _told(row: Sequence[Any], seals: _Seals) -> dict[str, Any]:
    number, seal = seals.above(row[0]) or (None, None)
    entry = dict(zip(FIELDS, row, strict=True)) | {"created_at": row[1].isoformat()}
    return {**entry, "sha256": hashlib.sha256(canonical(row)).hexdigest(), "seal_number": number, "seal": seal}


def _cell(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else "" if value is None else str(value)
    return harmless(text)


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
