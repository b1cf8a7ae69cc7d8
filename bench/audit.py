"""Is the sealed trail read through quickly, however long it grows? On SQLite and on PostgreSQL.

The yardstick is reading the same entries in the same pieces and doing nothing with them. Verifying them (each one's
canonical form, its hash, the seals) may take four times as long at most, in memory that does not grow with the trail.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable

from sqlalchemy import insert

from app.kernel.audit import AuditEntry
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.sealing import entries_between, seal_all
from app.kernel.verifying import CHUNK, verify
from bench._serving import both_databases, migrated

HOW_MANY = 40_000
LIMIT = 4.0
MOST_MEMORY = 24 * 1024 * 1024
ROUNDS = 3


def write(database: Database, count: int) -> None:
    """Entries of about the size that gifts leave behind."""
    changes = {
        "amount_minor": [None, 5000], "currency": [None, "EUR"], "received_on": [None, "2026-11-22"],
        "status": ["pending", "received"], "staff_note": ["", "Appelé le matin"], "contact_id": [None, 812],
    }  # fmt: skip
    rows = [
        {"actor_kind": "staff", "actor_id": 7, "actor_name": "Asha Gurung", "address": "192.0.2.1",
         "request_id": f"request-{number:08}", "action": "changed", "record_type": "gift", "record_id": number,
         "changes": changes, "created_at": now()}
        for number in range(count)
    ]  # fmt: skip
    with database.writing() as db:
        db.execute(insert(AuditEntry.__table__), rows)  # type: ignore[arg-type]


def just_read(database: Database) -> None:
    """The yardstick."""
    last = 0
    with database.reading() as db:
        while rows := entries_between(db, last, HOW_MANY * 2, CHUNK // 2):
            last = rows[-1][0]


def seconds(work: Callable[[Database], object], database: Database) -> float:
    """The quickest of some rounds."""
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work(database)
        times.append(time.perf_counter() - began)
    return min(times)


def most_memory(database: Database) -> int:
    """Bytes that verifying holds at once."""
    tracemalloc.start()
    verify(database)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def measure(name: str, url: str) -> bool:
    """Fill a database, seal, measure, say; whether the limits are kept."""
    database = migrated(url).database
    write(database, HOW_MANY)
    began = time.perf_counter()
    sealed = seal_all(database)
    sealing = time.perf_counter() - began
    ours, yardstick, memory = seconds(verify, database), seconds(just_read, database), most_memory(database)
    is_well = verify(database).is_well
    database.close()
    ratio, is_kept = ours / yardstick, is_well and ours / yardstick <= LIMIT and memory <= MOST_MEMORY
    print(
        f"audit, {name:<10} {HOW_MANY / ours:7.0f} entries/s verified, {sealed.entries / sealing:7.0f} sealed,"
        f" {HOW_MANY / yardstick:7.0f} just read; {memory / 2**20:.0f} MB;"
        f" ratio {ratio:.1f}, limit {LIMIT:.0f}: {'ok' if is_kept else 'TOO SLOW'}"
    )
    return is_kept


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with both_databases() as databases:
        kept = [measure(name, url) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
