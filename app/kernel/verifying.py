"""The sealed trail read again: all is well, or exactly what was changed, taken away, put in or cut off."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.audit import AuditEntry
from app.kernel.db import Database
from app.kernel.sealing import (
    COLUMNS,
    HASH_BYTES,
    ID_BYTES,
    MARK_BYTES,
    AuditKey,
    AuditSeal,
    canonical,
    entries_between,
    seal_of,
)
from app.kernel.secrets import SealedError

CHUNK = 2000
MOST = 100
"""Flaws that are told one by one; beyond that they are counted."""


class Fault(StrEnum):
    """What may be wrong with the trail."""

    ENTRY_CHANGED = "entry changed"
    ENTRY_MISSING = "entry missing"
    ENTRY_INSERTED = "entry inserted"
    SEAL_CHANGED = "seal changed"
    SEAL_MISSING = "seal missing"
    CHAIN_CUT = "chain cut"
    TAIL_CUT = "tail cut off"
    KEY_LOST = "key lost"


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong, and where."""

    fault: Fault
    seal: int | None = None
    entry: int | None = None

    def __str__(self) -> str:
        """As the command says it."""
        places = {"entry": self.entry, "seal": self.seal}
        return ", ".join([str(self.fault), *(f"{name} {key}" for name, key in places.items() if key is not None)])


@dataclass(frozen=True)
class Verdict:
    """What reading the chain showed. `head` is the newest seal; `unsealed` entries wait for the next round."""

    seals: int
    entries: int
    unsealed: int
    head: str
    flaws: tuple[Flaw, ...]
    flaw_count: int

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaw_count


@dataclass
class _Reading:
    """What is known while the chain is read: counts, and where the last seal that is as it was made left off."""

    keys: dict[int, str | None]
    seals: int = 0
    entries: int = 0
    number: int = 0
    head: str = ""
    last_entry_id: int | None = None
    is_expected_seen: bool = False
    changed: set[int] = field(default_factory=set)


def verify(database: Database, *, expect: str = "") -> Verdict:
    """Read the whole chain and every entry under it, in constant memory.

    With `expect`, a head noted earlier, the chain must still have that seal: whoever cuts off the tail of entries and
    seals together is found out by this alone.
    """
    with database.snapshot() as db:
        found, count = _Reading(_keys(db)), 0
        told: list[Flaw] = []
        for flaw in _flaws(db, found, expect):
            count += 1
            if len(told) < MOST:
                told.append(flaw)
        unsealed = select(func.count()).select_from(AuditEntry)
        if found.last_entry_id is not None:
            unsealed = unsealed.where(AuditEntry.id > found.last_entry_id)
        return Verdict(found.seals, found.entries, db.scalar(unsealed) or 0, found.head, tuple(told), count)


def _keys(db: Session) -> dict[int, str | None]:
    """The keys of seals; None for one that cannot be opened."""
    keys: dict[int, str | None] = {}
    for key_id in db.scalars(select(AuditKey.id)):
        try:
            keys[key_id] = db.scalar(select(AuditKey.secret).where(AuditKey.id == key_id))
        except SealedError:
            keys[key_id] = None
    return keys


def _flaws(db: Session, found: _Reading, expect: str) -> Iterator[Flaw]:
    for number, seal in _seals(db):
        found.seals += 1
        fault = _fault_of(seal, found.keys)
        if seal is None or fault is not None:
            found.changed.add(number)
            yield Flaw(fault or Fault.SEAL_CHANGED, number)
            continue
        yield from _links(seal, found)
        yield from _entries(db, seal, found)
        found.is_expected_seen |= seal.seal == expect
        found.number, found.head, found.last_entry_id = number, seal.seal, seal.last_entry_id
    if found.keys and not found.seals:
        yield Flaw(Fault.SEAL_MISSING, 1)
    if expect and not found.is_expected_seen:
        yield Flaw(Fault.TAIL_CUT, found.number)


def _seals(db: Session) -> Iterator[tuple[int, AuditSeal | None]]:
    """Every seal with its number; None for one that cannot even be read any more."""
    last = -1
    while numbers := db.scalars(
        select(AuditSeal.number).where(AuditSeal.number > last).order_by(AuditSeal.number).limit(CHUNK)
    ).all():
        for number in numbers:
            yield number, _seal(db, number)
        last = numbers[-1]


def _seal(db: Session, number: int) -> AuditSeal | None:
    try:
        return db.scalars(select(AuditSeal).where(AuditSeal.number == number)).one()
    except (ValueError, TypeError):
        return None
    finally:
        db.expunge_all()


def _links(seal: AuditSeal, found: _Reading) -> Iterator[Flaw]:
    """Whether it follows the last seal that is as it was made."""
    between = range(found.number + 1, seal.number)
    yield from (Flaw(Fault.SEAL_MISSING, number) for number in between[:MOST] if number not in found.changed)
    if not between and seal.previous != found.head:
        yield Flaw(Fault.CHAIN_CUT, seal.number)


def _fault_of(seal: AuditSeal | None, keys: dict[int, str | None]) -> Fault | None:
    """Whether a seal is as it was made."""
    if seal is None:
        return Fault.SEAL_CHANGED
    key = keys.get(seal.key_id)
    if key is None:
        return Fault.KEY_LOST
    try:
        is_good = hmac.compare_digest(seal_of(seal, key).encode(), seal.seal.encode())
    except (ValueError, TypeError, AttributeError):
        is_good = False
    return None if is_good else Fault.SEAL_CHANGED


def _entries(db: Session, seal: AuditSeal, found: _Reading) -> Iterator[Flaw]:
    """Compare the entries under a seal that is as it was made with its marks.

    Where the seal before it is not, what lies between the two belongs to neither.
    """
    marks = seal.marks
    known = {
        int.from_bytes(marks[at : at + ID_BYTES], "big", signed=True): marks[at + ID_BYTES : at + MARK_BYTES]
        for at in range(0, len(marks), MARK_BYTES)
    }
    after = found.last_entry_id if seal.number == found.number + 1 else seal.first_entry_id - 1
    for entry_id, digest in _digests(db, after, seal.last_entry_id):
        found.entries += 1
        expected = known.pop(entry_id, None)
        if expected is None:
            yield Flaw(Fault.ENTRY_INSERTED, seal.number, entry_id)
        elif expected != digest:
            yield Flaw(Fault.ENTRY_CHANGED, seal.number, entry_id)
    yield from (Flaw(Fault.ENTRY_MISSING, seal.number, entry_id) for entry_id in known)


def _digests(db: Session, after: int | None, last: int) -> Iterator[tuple[int, bytes]]:
    while True:
        rows = _rows(db, after, last)
        for row in rows:
            yield row[0], _digest(row)
        if len(rows) < CHUNK:
            return
        after = rows[-1][0]


def _rows(db: Session, after: int | None, last: int) -> Any:
    """A chunk of entries. One that cannot even be read any more (its JSON or instant spoilt) has its key alone."""
    try:
        return entries_between(db, after, last, CHUNK)
    except (ValueError, TypeError):
        ids = select(AuditEntry.id).where(AuditEntry.id <= last).order_by(AuditEntry.id).limit(CHUNK)
        return [_row(db, key) for key in db.scalars(ids if after is None else ids.where(AuditEntry.id > after))]


def _row(db: Session, entry_id: int) -> Any:
    try:
        return db.execute(select(*COLUMNS).where(AuditEntry.id == entry_id)).one()
    except (ValueError, TypeError):
        return (entry_id,)


def _digest(row: Any) -> bytes:
    """The hash of an entry; zeros for one that is no entry of ours."""
    try:
        return hashlib.sha256(canonical(row)).digest()
    except (ValueError, TypeError, AttributeError):
        return bytes(HASH_BYTES)
