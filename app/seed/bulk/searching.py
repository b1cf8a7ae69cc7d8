"""What finding the people of a crowd stands on, made with them instead of read from their rows afterwards.

The words of their names are known when they are made. SQLite's index of words is built in a database of its own, which
the process that makes the people holds, and its tables come over as rows: FTS5 keeps all of an index in plain tables,
as every backup relies on. The index is told first to forget everything, so that it holds nothing of them in memory.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.contacts.models.search_index import SHORTEST, SQLITE, TABLE
from app.seed.bulk.loading import Row, Shape

WORD = Shape(TABLE, ("word",))
INDEX = (
    Shape("contact_search_data", ("id", "block")),
    Shape("contact_search_idx", ("segid", "term", "pgno")),
    Shape("contact_search_docsize", ("id", "sz")),
)
SHAPES = (WORD, *INDEX)
HELD = 64 << 20
"""Bytes of the index that are put together in memory before they are written: the fewer parts, the less is merged."""
AT_ONCE = 20_000
PARTS = re.compile("[^a-z0-9]+")


@dataclass(frozen=True)
class Known:
    """Who is found already: keys and search keys (for SQLite alone), and the words of names."""

    contacts: Sequence[Row]
    words: frozenset[str]


def known_of(connection: Connection) -> Known:
    """Who is found already; SQLite's index forgets them, and waits for all its rows."""
    words = frozenset(connection.scalars(text(f"SELECT word FROM {TABLE}")))  # noqa: S608 - a table of ours
    if connection.dialect.name != "sqlite":
        return Known([], words)
    connection.exec_driver_sql("INSERT INTO contact_search(contact_search) VALUES ('delete-all')")
    for shape in INDEX:
        connection.exec_driver_sql(f"DELETE FROM {shape.table}")  # noqa: S608 - tables of ours
    contacts = connection.execute(text("SELECT id, search_key FROM contact ORDER BY id"))
    return Known([tuple(row) for row in contacts], words)


def new_words(keys: Iterable[str], known: Known) -> list[Row]:
    """The words of these sort keys that nobody has borne yet, as the database's own triggers would part them."""
    words = {word for key in keys for word in PARTS.split(key) if len(word) >= SHORTEST}
    return [(word,) for word in sorted(words - known.words)]


class SearchIndex:
    """SQLite's index of the words of search keys, built aside; in a file without a name if it grows large."""

    def __init__(self, known: Known) -> None:
        self._aside = sqlite3.connect("", isolation_level=None)
        self._aside.execute(SQLITE[0])
        self._aside.execute("INSERT INTO contact_search(contact_search, rank) VALUES ('hashsize', ?)", (HELD,))
        self._aside.execute("BEGIN")
        self.add(known.contacts)

    def add(self, contacts: Iterable[Row]) -> None:
        """Take in contacts: their keys and search keys."""
        self._aside.executemany("INSERT INTO contact_search(rowid, search_key) VALUES (?, ?)", contacts)

    def rows(self) -> Iterator[tuple[str, list[Row]]]:
        """(table, rows) of all that the index is; afterwards it is gone."""
        self._aside.execute("COMMIT")
        for shape in INDEX:
            found = self._aside.execute(f"SELECT {', '.join(shape.columns)} FROM {shape.table}")  # noqa: S608
            while rows := found.fetchmany(AT_ONCE):
                yield shape.table, rows
        self._aside.close()
