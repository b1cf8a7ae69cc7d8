"""Does finding people as one types stay quick as the charity grows? On SQLite and on PostgreSQL.

The yardstick is the search without an index that it replaces: reading every key and comparing each. With 30,000
contacts a search may take half of that at most; it takes about a tenth.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from alembic import command
from rapidfuzz import fuzz
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind
from app.contacts.romanising import romanise
from app.contacts.search import search_contacts
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.schema import alembic_config
from app.kernel.text import fold
from app.models import Base
from tests.postgres import temporary_postgres

HOW_MANY = 30_000
LIMIT = 0.5
ROUNDS = 5
CONSONANTS, VOWELS = "bcdfghlmnprstv", "aeiou"
GIVEN = (
    "Éloïse", "Gérard", "Jean-François", "Maïlys", "Sita", "Ram", "Laxmi", "Prakash", "Chloé", "Björn", "Théo", "Nisha",
)  # fmt: skip
QUERIES = ("elois", "gerard mon", "prakash", "sitta", "bjorn lav", "06123", "ma", "laxmi ro", "theo chesafer", "zzzz")


def people(count: int) -> list[dict[str, object]]:
    """Invented people, the same in every run."""
    chance = random.Random(7)
    rows: list[dict[str, object]] = []
    for number in range(count):
        given, family = chance.choice(GIVEN), _family_name(chance)
        mail, phone = f"{fold(family)}{number}@exemple.example", f"336{chance.randrange(10**8):08}"
        rows.append({
            "kind": ContactKind.PERSON, "title": "", "given_name": given, "family_name": family, "group_name": "",
            "legal_form": "", "siren": "", "language": "fr", "is_deceased": False, "do_not_contact": False,
            "source": "", "created_at": now(), "changed_at": now(), "version": 1,
            "sort_key": fold(romanise(f"{family} {given}")),
            "search_key": fold(romanise(f"{given} {family} {mail} {phone}")),
        })  # fmt: skip
    return rows


def _family_name(chance: random.Random) -> str:
    return "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(3)).title()


def without_an_index(db: Session, typed: str) -> list[int]:
    """The yardstick: every key is read, compared, and the best are kept."""
    rows = db.execute(select(Contact.id, Contact.search_key)).all()
    rated = sorted(((fuzz.partial_ratio(fold(typed), key), row_id) for row_id, key in rows), reverse=True)
    return [row_id for _rating, row_id in rated[:20]]


def milliseconds(find: Callable[[Session, str], object], db: Session, rounds: int) -> float:
    """The slowest query's median time."""
    medians = []
    for query in QUERIES:
        times = []
        for _round in range(rounds):
            began = time.perf_counter()
            find(db, query)
            times.append((time.perf_counter() - began) * 1000)
        medians.append(statistics.median(times))
    return max(medians)


def tidy_up(database: Database) -> None:
    """What a database does by itself some minutes after many rows came in."""
    if database.engine.dialect.name == "sqlite":
        with database.writing() as db:
            db.execute(text("ANALYZE"))
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # also folds what came in last into the trigram index


def measure(name: str, url: str) -> bool:
    """Fill a database, measure, say; whether the limit is kept."""
    database = Database(url)
    with database.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    with database.writing() as db:
        db.execute(insert(Base.metadata.tables["contact"]), people(HOW_MANY))
    tidy_up(database)
    with database.reading() as db:
        ours = milliseconds(search_contacts, db, ROUNDS)
        yardstick = milliseconds(without_an_index, db, 1)
    database.close()
    ratio = ours / yardstick
    print(
        f"search, {name:<10} {HOW_MANY} contacts: {ours:6.1f} ms at worst, {yardstick:6.1f} ms without an index;"
        f" ratio {ratio:.2f}, limit {LIMIT}: {'ok' if ratio <= LIMIT else 'TOO SLOW'}"
    )
    return ratio <= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with tempfile.TemporaryDirectory() as folder, temporary_postgres() as postgresql:
        kept = [measure("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}"), measure("PostgreSQL", postgresql)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
