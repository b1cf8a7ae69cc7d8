"""A file of rates taken in: what is new is added, what is known stays, what differs is named and left as it is.

Small files are worked at once, long ones part by part by a job, each part a transaction that also moves `done` on:
whoever is killed in between leaves whole parts behind, and the next job goes on from there.
"""

import hashlib
import zlib
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.currencies.ecb_files import Line, RateFile
from app.currencies.models import ExchangeRate, RateImport, RateSource
from app.currencies.queries import rates_between
from app.kernel import audit
from app.kernel.actors import SYSTEM, Actor
from app.kernel.clock import now
from app.kernel.inserting import insert_each_unless_there
from app.kernel.jobs import Work, enqueue, job
from app.kernel.organisation import Organisation

AT_ONCE = 3_000
"""Rates of one transaction; no longer file is worked while a person waits."""
MOST_NAMED = 20
"""Differences that an import names one by one."""


def begin_import(db: Session, file: RateFile, name: str, *, actor: Actor, token: str | None = None) -> RateImport:
    """Write down a file that was read; a small one is taken in here and now, a long one by a job.

    `token` names the page it was sent from: sent from there again it is the same, and given back as it is. Another
    file that is chosen there meanwhile is taken in too.
    """
    packed = "\n".join(f"{line.currency} {line.day.isoformat()} {line.units}" for line in file.lines)
    sent = f"{token}-{hashlib.sha256(packed.encode()).hexdigest()[:20]}" if token is not None else None
    before = _taken_before(db, sent) if sent is not None else None
    if before is not None:
        return before
    made = RateImport(
        file_name=name[:200], total=len(file.lines), content=zlib.compress(packed.encode()),
        first_day=file.lines[0].day, last_day=file.lines[-1].day, skipped=file.skipped, token=sent,
    )  # fmt: skip
    db.add(made)
    audit.note(db, actor, "exchange_rate.imported", made, file=made.file_name, total=made.total)
    if made.total <= AT_ONCE:
        _take_in(db, made, file.lines)
    else:
        enqueue(db, go_on, import_id=made.id)
    return made


def _taken_before(db: Session, token: str) -> RateImport | None:
    db.execute(select(Organisation.id).with_for_update(key_share=True))  # two clicks at once take turns
    return db.scalars(select(RateImport).where(RateImport.token == token)).one_or_none()


@job("currencies.import")
def go_on(work: Work, *, import_id: int) -> None:
    """Take in the rest of a file."""
    with work.database.reading() as db:
        found = db.get(RateImport, import_id)
        lines = _unpacked(found.content) if found is not None and found.content is not None else []
    while lines and _next_part(work, import_id, lines):
        pass


def _next_part(work: Work, import_id: int, lines: list[Line]) -> bool:
    """One part, in a transaction of its own; whether there is more."""
    with work.database.writing() as db:
        audit.act_as(db, SYSTEM)
        held = db.scalars(select(RateImport).where(RateImport.id == import_id).with_for_update()).one()
        if held.is_under_way:
            _take_in(db, held, lines[held.done : held.done + AT_ONCE])
        return held.is_under_way


def _unpacked(content: bytes) -> list[Line]:
    rows = [row.split(" ") for row in zlib.decompress(content).decode().split("\n")]
    return [Line(currency, date.fromisoformat(day), units) for currency, day, units in rows]


def _take_in(db: Session, held: RateImport, part: list[Line]) -> None:
    known = rates_between(db, part[0].day, part[-1].day)
    rows = [_row(line, held.id) for line in part if (line.currency, line.day) not in known]
    held.added += len(insert_each_unless_there(db, ExchangeRate, rows, key=("currency", "day", "version")))
    differ = [line for line in part if _differs(line, known.get((line.currency, line.day)))]
    held.differing += len(differ)
    room = MOST_NAMED - len(held.differences)
    named = [[line.currency, line.day.isoformat(), known[line.currency, line.day], line.units] for line in differ]
    held.differences = [*held.differences, *named[: max(room, 0)]]
    held.done += len(part)
    if held.done == held.total:
        held.end()
    db.flush()


def _differs(line: Line, units: str | None) -> bool:
    return units is not None and Decimal(units) != Decimal(line.units)


def _row(line: Line, import_id: int) -> dict[str, object]:
    return {
        "created_at": now(), "currency": line.currency, "day": line.day, "units_per_euro": line.units,
        "source": RateSource.ECB, "version": 1, "origin": "", "reason": "", "import_id": import_id,
    }  # fmt: skip
