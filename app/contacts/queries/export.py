"""Contacts read one after another for a file, however many there are: by key, some at a time, none kept."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session, selectinload

from app.contacts.models import Contact
from app.contacts.models.tag import ContactTag
from app.kernel.db import Database
from app.kernel.spreadsheets import Cell

KEYS_AT_ONCE = 20_000
"""Keys that one question gives: asked again for each thousand, a question about giving would take hours."""
AT_ONCE = 1000
Told = Callable[[Session, Sequence[Contact]], list[list[Cell]]]
"""Makes lines of contacts that were read."""


def rows(database: Database, whom: Sequence[ColumnElement[bool]], tell: Told) -> Iterator[list[list[Cell]]]:
    """Those to whom all of this applies, by name, a thousand lines at a time. No session is open in between."""
    last: tuple[str, int] | None = None
    while True:
        with database.reading() as db:
            found = _keys(db, whom, last)
        for start in range(0, len(found), AT_ONCE):
            with database.reading() as db:
                lines = tell(db, _contacts(db, [key for _name, key in found[start : start + AT_ONCE]]))
            yield lines
        if len(found) < KEYS_AT_ONCE:
            return
        last = found[-1]


def names(db: Session, keys: Collection[int]) -> dict[int, str]:
    """What contacts are called, by key."""
    parts = select(Contact.id, Contact.given_name, Contact.family_name, Contact.group_name).where(Contact.id.in_(keys))
    return {row[0]: row[3] or f"{row[1]} {row[2]}".strip() for row in db.execute(parts)} if keys else {}


def _keys(db: Session, whom: Sequence[ColumnElement[bool]], last: tuple[str, int] | None) -> list[tuple[str, int]]:
    query = select(Contact.sort_key, Contact.id).where(*whom).order_by(Contact.sort_key, Contact.id)
    if last is not None:
        query = query.where(tuple_(Contact.sort_key, Contact.id) > last)
    return [(row[0], row[1]) for row in db.execute(query.limit(KEYS_AT_ONCE))]


def _contacts(db: Session, keys: Sequence[int]) -> Sequence[Any]:
    """In the order of the keys; one that was taken away meanwhile is left out."""
    tags = selectinload(Contact.taggings).joinedload(ContactTag.tag)
    query = select(Contact).where(Contact.id.in_(keys)).options(tags)
    found = {each.id: each for each in db.scalars(query)}
    return [found[key] for key in keys if key in found]
