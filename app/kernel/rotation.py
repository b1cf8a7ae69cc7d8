"""Encrypted columns written anew with the newest key: in batches, while the product runs, as often as one likes."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Table, and_, bindparam, select, update
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.kernel.secrets import FORM, Encrypted, EncryptedJson, keyring_of, stored_text

BATCH = 500
Told = Callable[[str, int], None]


def encrypted_columns(metadata: MetaData) -> list[Column[Any]]:
    """Every encrypted column there is."""
    tables = metadata.sorted_tables
    return [column for table in tables for column in table.columns if is_encrypted(column)]


def is_encrypted(column: ColumnElement[Any]) -> bool:
    """Whether a column's values are unreadable in the database."""
    return isinstance(column.type, Encrypted | EncryptedJson)


def rotate(database: Database, metadata: MetaData, *, told: Told = lambda _name, _rows: None) -> dict[str, int]:
    """Write everything with the newest key that was not; {"table.column": rows written}.

    One transaction a batch: when it is stopped, the next time goes on with the rest. A row's writers wait for a batch
    at most. `told` hears of the rows written so far after each batch.

    Raises:
        SealedError: a value needs a key that the ring does not have; batches before it are kept.

    """
    done: dict[str, int] = {}
    for column in encrypted_columns(metadata):
        name = f"{column.table.name}.{column.name}"
        done[name] = 0
        for rows in _batches(database, column):
            done[name] += rows
            told(name, done[name])
    return done


def _batches(database: Database, column: Column[Any]) -> Iterator[int]:
    last = 0
    while True:
        with database.writing() as db:
            keys = _write_anew(db, column, last)
        if not keys:
            return
        yield len(keys)
        last = keys[-1]


def _write_anew(db: Session, column: Column[Any], after: int) -> list[int]:
    """The keys of the rows of the next batch, which are held until the commit."""
    table = column.table
    assert isinstance(table, Table)
    key = table.c.id
    waiting = select(key, column).where(key > after, _is_old(db, column)).order_by(key).limit(BATCH).with_for_update()
    rows = db.execute(waiting).all()
    if rows:
        anew = update(table).where(key == bindparam("row_id")).values({column: bindparam("value", type_=column.type)})
        db.connection().execute(anew, [{"row_id": row_id, "value": value} for row_id, value in rows])
    return [row_id for row_id, _value in rows]


def _is_old(db: Session, column: Column[Any]) -> ColumnElement[bool]:
    """Written with another key, or not encrypted at all (an empty object needs not be)."""
    newest = f"{FORM}:{keyring_of(db.get_bind().dialect).newest}:"
    quoted, stored = '"' if isinstance(column.type, EncryptedJson) else "", stored_text(column)
    return and_(column.is_not(None), stored.not_in(("{}", "null")), stored.not_like(f"{quoted}{newest}%"))
