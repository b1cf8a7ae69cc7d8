"""How much longer does writing a contact take because it can be found? On SQLite and on PostgreSQL.

Contacts are recorded as staff record them (e-mail, phone and address, all checks), among a crowd of twenty thousand, by
turns with the search index and without: its triggers and its indexes over `search_key` are taken away in a transaction
that is rolled back afterwards. What a commit costs counts for neither, so that the share is rather too large.
"""

import statistics
import sys
import time

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.seed.bulk.filling import Plan
from bench._serving import both_databases
from bench.contacts import filled
from tests.factories.contacts import make_contact

CROWD, WRITTEN, ROUNDS, BAR = 20_000, 150, 5, 0.30
TAKEN_AWAY = {
    "sqlite": (
        "DROP TRIGGER contact_search_insert", "DROP TRIGGER contact_search_update",
        "DROP TRIGGER contact_search_delete", "DROP INDEX ix_contact_search_start",
    ),
    "postgresql": (
        "ALTER TABLE contact DISABLE TRIGGER contact_search_words", "DROP INDEX ix_contact_search_key_trigrams",
        "DROP INDEX ix_contact_search_start",
    ),
}  # fmt: skip


def seconds(db: Session, turn: int) -> float:
    """What recording some contacts takes."""
    began = time.perf_counter()
    for number in range(WRITTEN):
        mark = f"{turn}x{number}"
        make_contact(db, given_name=f"Noémie {mark}", family_name=f"Quellec{number}", email=f"n{mark}@exemple.example")
        db.flush()
    return time.perf_counter() - began


def one_turn(database: Database, turn: int, *, is_indexed: bool) -> float:
    """The same with or without the index; nothing of it stays."""
    with database.session(writes=True) as db:
        act_as(db, SYSTEM)
        if not is_indexed:
            for statement in TAKEN_AWAY[database.engine.dialect.name]:
                db.execute(text(statement))
        taken = seconds(db, turn)
        db.rollback()
    return taken


def measure(name: str, url: str) -> bool:
    """Whether the index's share of the time is small enough on this database."""
    app = filled(url, Plan(CROWD, 0))
    with app.app_context():
        turns = [
            (one_turn(app.database, turn, is_indexed=True), one_turn(app.database, turn, is_indexed=False))
            for turn in range(ROUNDS + 1)
        ][1:]
    app.database.close()
    with_it, without = (statistics.median(each) / WRITTEN * 1000 for each in zip(*turns, strict=True))
    share = 1 - without / with_it
    print(
        f"contact index, {name:<10} {with_it:.2f} ms a contact, {without:.2f} without it: share {share:.2f}"
        f" (bar {BAR:.2f}): {'ok' if share <= BAR else 'TOO MUCH'}"
    )
    return share <= BAR


def main() -> int:
    """Measure on both databases; 1 if the index takes too large a share on one of them."""
    with both_databases() as databases:
        kept = [measure(name, url) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
