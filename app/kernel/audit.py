"""Who changed what, before and after, when and from where: written with the change, in the same transaction.

Changes of audited records are noticed by themselves when the session flushes; `note` adds entries for deeds that
have a name of their own (a receipt issued, a protected record read). A transaction's entries gather in the session and
are written together at its end; those of a savepoint that is rolled back are dropped with it.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from enum import Enum
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import Index, event, inspect
from sqlalchemy.orm import Mapped, Mapper, Session, SessionTransaction, mapped_column

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.db import Record
from app.kernel.money import Money
from app.kernel.secrets import Encrypted, EncryptedJson

MASK = "•••"
UNSHOWN_BYTES = "(bytes)"
NOT_READ = "(not read)"
"""Before a change of something that was never loaded: unknown, which is not the same as empty."""
PLAIN = frozenset({str, int, bool, float})
"""Types whose values JSON holds as they are, and which nobody can change afterwards."""
UNTOLD = frozenset({"id", "created_at"})


class AuditEntry(Record):
    """One thing that was done. Never changed and never deleted."""

    __tablename__ = "audit_entry"
    __audited__: ClassVar[bool] = False
    __table_args__ = (Index("ix_audit_entry_record", "record_type", "record_id", "id"),)

    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    action: Mapped[str] = mapped_column(index=True)
    record_type: Mapped[str]
    record_id: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)


def act_as(db: Session, actor: Actor) -> None:
    """From here on, changes in this session are this actor's."""
    db.info["actor"] = actor


def note(db: Session, actor: Actor, action: str, record: Record, **facts: object) -> None:
    """Write down a deed with a name of its own ("gift.reversed") and the facts that matter."""
    note_each(db, actor, action, {record: facts})


def note_each(db: Session, actor: Actor, action: str, each: Mapping[Record, Mapping[str, object]]) -> None:
    """Write down the same deed with many records."""
    db.flush()  # their keys are needed for the entries
    _gathered(db).extend(
        _row(actor, action, record, {name: _plain(value) for name, value in facts.items()})
        for record, facts in each.items()
    )


def watch(db_class: type[Session] = Session) -> None:
    """Notice every change of an audited record. Called once, when the product starts."""
    if not event.contains(db_class, "after_flush", _on_flush):
        event.listen(db_class, "before_flush", _keep_entries)
        event.listen(db_class, "after_flush", _on_flush)
        event.listen(db_class, "before_commit", _write_gathered)
        event.listen(db_class, "after_transaction_create", _mark_savepoint)
        event.listen(db_class, "after_commit", _keep_savepoint)
        event.listen(db_class, "after_transaction_end", _drop_gathered)


def _plain(value: object) -> Any:
    """A value as JSON can hold it."""
    if value is None or type(value) in PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Money):
        return f"{value.to_decimal()} {value.currency}"
    if isinstance(value, bytes):
        return UNSHOWN_BYTES
    if isinstance(value, list | dict | str | int | float):
        return deepcopy(value)  # a list may be changed once more before it is written
    return str(value)  # days, instants, decimals


@cache
def _watched(mapper: Mapper[Any]) -> tuple[dict[str, Any], list[str]]:
    """The columns of a kind of record that entries tell of, by attribute, and its many-to-many ties."""
    columns = {each.key: each.columns[0] for each in mapper.column_attrs if each.key not in UNTOLD}
    return columns, [tie.key for tie in mapper.relationships if tie.secondary is not None and not tie.viewonly]


def _changes(record: Record, *, is_new: bool) -> dict[str, Any]:
    """{"column": [before, after]}, and the same of many-to-many ties as lists of keys; secret columns are masked."""
    state = inspect(record)
    columns, ties = _watched(state.mapper)
    found: dict[str, Any] = {}
    for key, column in columns.items():
        if is_new:
            if (value := state.dict.get(key)) is not None:
                found[key] = [None, _shown(column, value)]
        elif key in state.committed_state and (history := state.attrs[key].history).has_changes():
            before = history.deleted[0] if history.deleted else NOT_READ
            found[key] = [_shown(column, each) for each in (before, history.added[0] if history.added else None)]
    for tie in ties:
        history = state.attrs[tie].history
        if history.has_changes():
            found[tie] = [_keys(history.non_added()), _keys(history.non_deleted())]
    return found


def _last_values(record: Record) -> dict[str, Any]:
    """{"column": [before, None]} of a record that is deleted."""
    attributes = [each for each in inspect(record).mapper.column_attrs if each.key not in UNTOLD]
    values = {each.key: _shown(each.columns[0], record.__dict__.get(each.key)) for each in attributes}
    return {key: [value, None] for key, value in values.items() if value is not None}


def _shown(column: Any, value: object) -> Any:
    """A value as the entry keeps it; of secret columns (`info={"secret": True}`) and encrypted ones only that it is."""
    is_secret = column.info.get("secret") or isinstance(column.type, Encrypted | EncryptedJson)
    return MASK if is_secret and value is not None else _plain(value)


def _keys(records: Iterable[Any]) -> list[int]:
    return sorted(each.id for each in records)


def _keep_entries(db: Session, _context: object, _instances: object) -> None:
    for record in (*db.dirty, *db.deleted):
        if isinstance(record, AuditEntry) and (record in db.deleted or db.is_modified(record)):
            raise TypeError("An audit entry is never changed and never deleted")


def _on_flush(db: Session, _context: object) -> None:
    for action, records in (("created", db.new), ("changed", db.dirty), ("deleted", db.deleted)):
        for record in records:
            if not isinstance(record, Record) or not record.__audited__:
                continue
            is_gone = action == "deleted"
            changes = _last_values(record) if is_gone else _changes(record, is_new=action == "created")
            if changes or is_gone:
                _gathered(db).append(_row(_actor(db), action, record, changes))


def _gathered(db: Session) -> list[dict[str, Any]]:
    """What this transaction has to write down in its end."""
    rows: list[dict[str, Any]] = db.info.setdefault("audit_gathered", [])
    return rows


def _write_gathered(db: Session) -> None:
    """Write everything down as the last thing before a commit; a savepoint's entries wait for the whole."""
    if db.in_nested_transaction():
        return
    db.flush()
    rows = db.info.pop("audit_gathered", None)
    if rows:
        db.connection().execute(AuditEntry.__table__.insert(), rows)  # type: ignore[attr-defined]


def _mark_savepoint(db: Session, begun: SessionTransaction) -> None:
    if begun.nested:
        db.info.setdefault("audit_marks", {})[begun] = len(_gathered(db))


def _keep_savepoint(db: Session) -> None:
    """One that is released is part of the whole from here on."""
    released = db.get_nested_transaction()
    if released is not None:
        db.info["audit_marks"].pop(released)


def _drop_gathered(db: Session, ended: SessionTransaction) -> None:
    """What is rolled back was not done: nor are its entries."""
    if ended.parent is None:
        db.info.pop("audit_gathered", None)
        db.info.pop("audit_marks", None)
    elif ended in db.info.get("audit_marks", {}):
        del _gathered(db)[db.info["audit_marks"].pop(ended) :]


def _actor(db: Session) -> Actor:
    actor = db.info.get("actor")
    if not isinstance(actor, Actor):
        raise TypeError("Somebody must be named with audit.act_as() before anything is changed")
    return actor


def _row(actor: Actor, action: str, record: Record, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name, "address": actor.address,
        "request_id": actor.request_id, "action": action, "record_type": record.__tablename__,
        "record_id": record.id, "changes": changes, "created_at": now(),
    }  # fmt: skip
