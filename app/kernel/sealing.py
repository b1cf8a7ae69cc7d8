"""The audit trail sealed into a chain: whoever rewrites the past cannot make it fit again.

A seal covers a batch of entries: the key and SHA-256 of each, and an HMAC over these and the seal before it. The key
of the HMAC lies encrypted in the database (`app.kernel.secrets`), so that somebody with the database alone cannot seal
anew; it stays the same when the keys of encrypted columns change. Seals are written by a regular duty and never make a
writer wait. `app.kernel.verifying` reads the chain; docs/adr/0008 has the reasons.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.db import Base, Database, Key, Record
from app.kernel.secrets import Encrypted

BATCH = 1000
"""Entries a seal covers at most."""
PATIENCE = 30.0
"""Seconds to wait for transactions that may still bring entries with earlier keys; then the next round tries again."""
PAUSE = 0.05
FIELDS = (
    "id", "created_at", "actor_kind", "actor_id", "actor_name", "address", "request_id", "action", "record_type",
    "record_id", "changes",
)  # fmt: skip
"""What of an entry is sealed: everything."""
COLUMNS = tuple(AuditEntry.__table__.c[name] for name in FIELDS)
ID_BYTES, HASH_BYTES = 8, 32
MARK_BYTES = ID_BYTES + HASH_BYTES
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode

WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND relation = CAST('audit_entry' AS regclass)"
    " AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"
)
"""PostgreSQL: the transactions that have begun to write entries and have not ended."""


class AuditKey(Record):
    """A key that seals are made with. The newest one makes them; each stays for those that it made."""

    __tablename__ = "audit_key"
    __audited__: ClassVar[bool] = False

    secret: Mapped[str] = mapped_column(
        Encrypted("audit_key.secret"), default_factory=lambda: secrets.token_hex(HASH_BYTES)
    )


class AuditSeal(Base):
    """One link of the chain: the entries after the seal before it, up to `last_entry_id`.

    `marks` holds 40 bytes an entry, in the order of their keys: the key (8, big-endian) and the SHA-256 of its
    canonical form. `previous` is the seal before, "" in the first. Never changed and never deleted.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_is_positive"),
        CheckConstraint("(number = 1) = (previous = '')", name="all_but_the_first_follow_one"),
        CheckConstraint("entry_count > 0 AND first_entry_id <= last_entry_id", name="covers_something"),
        CheckConstraint("length(marks) = 40 * entry_count", name="has_a_mark_an_entry"),
        CheckConstraint("length(seal) = 64", name="seal_is_a_hash"),
    )

    number: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    first_entry_id: Mapped[int] = mapped_column(Key)
    last_entry_id: Mapped[int] = mapped_column(Key)
    entry_count: Mapped[int]
    marks: Mapped[bytes]
    previous: Mapped[str] = mapped_column(unique=True)
    key_id: Mapped[int] = mapped_column(Key, ForeignKey("audit_key.id"))
    sealed_at: Mapped[datetime]
    seal: Mapped[str] = mapped_column(unique=True)


@dataclass(frozen=True)
class Sealed:
    """What a round of sealing did; `head` is the newest seal, to be noted where the database cannot reach."""

    seals: int
    entries: int
    head: str
    is_waiting: bool = False


def canonical(entry: Sequence[Any]) -> bytes:
    """An entry (its `FIELDS` in order) as everybody writes it who wants to check its hash.

    JSON with sorted keys, no spaces, everything outside ASCII escaped; the instant in UTC as ISO 8601.

    Raises:
        TypeError: it holds what no entry of ours does.
        ValueError: as above.

    """
    values = dict(zip(FIELDS, entry, strict=True))
    values["created_at"] = values["created_at"].isoformat()
    return _encode(values).encode("ascii")


def mark_of(entry: Sequence[Any]) -> bytes:
    """What a seal keeps of an entry."""
    return int(entry[0]).to_bytes(ID_BYTES, "big", signed=True) + hashlib.sha256(canonical(entry)).digest()


def seal_of(seal: AuditSeal, key: str) -> str:
    """The HMAC-SHA-256 (RFC 2104) over all that a seal says, in hexadecimal digits."""
    said = _encode({
        "number": seal.number, "first_entry_id": seal.first_entry_id, "last_entry_id": seal.last_entry_id,
        "entry_count": seal.entry_count, "marks": hashlib.sha256(seal.marks).hexdigest(), "previous": seal.previous,
        "key_id": seal.key_id, "sealed_at": seal.sealed_at.isoformat(),
    })  # fmt: skip
    return hmac.new(bytes.fromhex(key), said.encode("ascii"), "sha256").hexdigest()


def seal_all(database: Database, *, patience: float = PATIENCE) -> Sealed:
    """Seal every entry that cannot be overtaken any more by one with an earlier key.

    Safe to run twice at once: the number of a seal is given once. When a transaction that writes entries does not end
    within `patience` seconds, nothing is sealed and `is_waiting` says so.
    """
    last = settled_entry(database, patience=patience)
    made: list[AuditSeal] = []
    while last is not None and (seal := _seal_next(database, last)) is not None:
        made.append(seal)
    with database.reading() as db:
        newest = newest_seal(db)
    head = newest.seal if newest else ""
    return Sealed(len(made), sum(seal.entry_count for seal in made), head, is_waiting=last is None)


def newest_seal(db: Session) -> AuditSeal | None:
    """The head of the chain."""
    return db.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).one_or_none()


def settled_entry(database: Database, *, patience: float, sleep: Callable[[float], None] = time.sleep) -> int | None:
    """The highest key up to which every entry is there; None when that did not show within `patience` seconds.

    SQLite has one writer, so that keys are given in the order of commits. On PostgreSQL a key is given before the
    commit, and always after the table's lock was taken: whoever may still bring a key below the highest one that can
    be read *now* holds that lock *afterwards*. When those have ended, no earlier key can come (the same proof as that
    of CREATE INDEX CONCURRENTLY). New writers are not waited for, and nobody waits for us.
    """
    with database.reading() as db:
        highest = db.scalar(select(func.max(AuditEntry.id))) or 0
        if db.get_bind().dialect.name != "postgresql":
            return highest
        writing = set(db.scalars(WRITERS))
    until = time.monotonic() + patience
    while writing:
        if time.monotonic() >= until:
            return None
        sleep(PAUSE)
        with database.reading() as db:
            writing &= set(db.scalars(WRITERS))
    return highest


def _seal_next(database: Database, last: int) -> AuditSeal | None:
    """Seal the next batch up to the entry `last`; None when there is none, or another process is doing it."""
    with database.reading() as db:
        before = newest_seal(db)
        after = before.last_entry_id if before else None
        rows = entries_between(db, after, last, BATCH)
    if not rows:
        return None
    try:
        with database.writing() as db:
            act_as(db, SYSTEM)
            seal = _make(before, rows, _newest_key(db))
            db.add(seal)
    except IntegrityError:
        return None
    return seal


def entries_between(db: Session, after: int | None, last: int, limit: int) -> Sequence[Sequence[Any]]:
    """The next entries (their `FIELDS`) after one key up to another."""
    query = select(*COLUMNS).where(AuditEntry.id <= last).order_by(AuditEntry.id).limit(limit)
    return db.execute(query if after is None else query.where(AuditEntry.id > after)).all()


def _make(before: AuditSeal | None, rows: Sequence[Sequence[Any]], key: AuditKey) -> AuditSeal:
    seal = AuditSeal(
        number=before.number + 1 if before else 1, previous=before.seal if before else "",
        first_entry_id=rows[0][0], last_entry_id=rows[-1][0], entry_count=len(rows),
        marks=b"".join(map(mark_of, rows)), key_id=key.id, sealed_at=now(), seal="",
    )  # fmt: skip
    seal.seal = seal_of(seal, key.secret)
    return seal


def _newest_key(db: Session) -> AuditKey:
    key = db.scalars(select(AuditKey).order_by(AuditKey.id.desc()).limit(1)).one_or_none()
    return key or new_key(db)


def new_key(db: Session) -> AuditKey:
    """A fresh key, which makes the seals from here on."""
    key = AuditKey()
    db.add(key)
    db.flush()
    return key
