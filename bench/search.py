"""Does finding people as one types stay quick among a hundred thousand? On SQLite and on PostgreSQL.

The yardstick is the raw SQL that the search stands on: the same statements with the same values, sent by the driver
alone, their rows read. The search as the search box asks for it, over HTTP but for the socket (signed in, JSON, ten
hits), may take twice as long and ten milliseconds, at the ninety-fifth percentile of what people type, one letter after
the other.
"""

import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import event, insert, text

from app.accounts.models import Role, SignInMethod, StaffUser
from app.accounts.services import Arrival, begin_session
from app.contacts.models import ContactKind
from app.contacts.queries.search import search_contacts
from app.contacts.rules.romanising import romanise
from app.contacts.views.search import AT_ONCE
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.text import fold
from app.models import Base
from app.web.application import Application
from bench._serving import both_databases, migrated

HOW_MANY = 100_000
ROUNDS = 2
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


def typed() -> Iterator[str]:
    """What the box asks for while people type: each beginning of each text, from two letters on."""
    for query in QUERIES:
        for end in range(2, len(query) + 1):
            if query[end - 1] != " ":
                yield query[:end]


def raw_query(database: Database) -> Callable[[str], None]:
    """The yardstick: every statement that the search sends for a text, with its values, by the driver alone."""
    sent: dict[str, list[tuple[str, Any]]] = {}
    for each in dict.fromkeys(typed()):
        with database.reading() as db, _listening(database, sent.setdefault(each, [])):
            search_contacts(db, each, AT_ONCE, is_brief=True)
    address = database.url.removeprefix("sqlite:///")
    connection: Any = sqlite3.connect(address) if address != database.url else psycopg.connect(database.url)

    def ask(words: str) -> None:
        for statement, values in sent[words]:
            found = connection.execute(statement, values)
            if found.description:
                found.fetchall()
        connection.rollback()

    return ask


@contextmanager
def _listening(database: Database, heard: list[tuple[str, Any]]) -> Iterator[None]:
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement != "BEGIN":
            heard.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    yield
    event.remove(database.engine, "before_cursor_execute", note)


def visitor(app: Application) -> FlaskClient:
    """Somebody who may see everything, signed in: requests without a socket."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        every = [capability.name for capability in app.extensions["features"].capabilities]
        visit = time.time_ns()  # a database may be measured more than once
        role = Role(name=f"Everything {visit}", capabilities=sorted(every))
        user = StaffUser(email=f"asha{visit}@example.org", name="Asha", password_hash="x", roles=[role])
        db.add(user)
        record, key = begin_session(db, user, Arrival(SignInMethod.PASSWORD), actor=SYSTEM)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = record.cookie(key)
    return client


def box_of(client: FlaskClient) -> Callable[[str], object]:
    """The search box as they see it."""

    def ask(text: str) -> object:
        answer = client.get("/search", query_string={"q": text, "detail": "1"}, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.status
        return answer.json

    return ask


def slowest(times: list[float]) -> float:
    """The ninety-fifth percentile."""
    return sorted(times)[int(len(times) * 0.95)]


def tidy_up(database: Database) -> None:
    """What a database does by itself some minutes after many rows came in."""
    if database.engine.dialect.name == "sqlite":
        with database.writing() as db:
            db.execute(text("ANALYZE"))
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # also folds what came in last into the trigram index


def measure(name: str, url: str) -> bool:
    """Fill a database, ask both by turns, say; whether the limit is kept."""
    app = migrated(url)
    with app.database.writing() as db:
        db.execute(insert(Base.metadata.tables["contact"]), people(HOW_MANY))
    tidy_up(app.database)
    box, raw = box_of(visitor(app)), raw_query(app.database)
    ours: list[float] = []
    yardstick: list[float] = []
    for turn in range(ROUNDS + 1):
        for words in typed():
            for ask, times in ((box, ours), (raw, yardstick)):
                began = time.perf_counter()
                ask(words)
                if turn:  # the first round warms up
                    times.append((time.perf_counter() - began) * 1000)
    app.database.close()
    found, bare = slowest(ours), slowest(yardstick)
    limit = 2 * bare + 10
    print(
        f"search, {name:<10} {HOW_MANY} contacts, {len(ours)} requests: p95 {found:5.1f} ms"
        f" (median {statistics.median(ours):.1f}), its SQL alone {bare:5.1f} ({statistics.median(yardstick):.1f});"
        f" ratio {found / limit:.2f} of {limit:.0f} ms: {'ok' if found <= limit else 'TOO SLOW'}"
    )
    return found <= limit


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with both_databases() as databases:
        kept = [measure(name, url) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
