"""Who changed what, before and after, when and from where: written with the change, in the same transaction.

Changes of audited records are noticed by themselves when the session flushes; `note` adds entries for deeds that
have a name of their own (a receipt issued, a protected record read).
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

from sqlalchemy import Index, event, inspect
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.db import Record

MASK = "•••"
UNSHOWN_BYTES = "(bytes)"


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
    db.flush()  # its key is needed for the entry
    db.add(_entry(actor, action, record, {name: _plain(value) for name, value in facts.items()}))


def watch(db_class: type[Session] = Session) -> None:
    """Notice every change of an audited record. Called once, when the product starts."""
    if not event.contains(db_class, "after_flush", _on_flush):
        event.listen(db_class, "after_flush", _on_flush)


def _entry(actor: Actor, action: str, record: Record, changes: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(
        actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name, address=actor.address,
        request_id=actor.request_id, action=action, record_type=record.__tablename__, record_id=record.id,
        changes=dict(changes),
    )  # fmt: skip


def _plain(value: object) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return UNSHOWN_BYTES
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)


def _changes(record: Record, *, is_new: bool) -> dict[str, Any]:
    """{"column": [before, after]}; secret columns (`info={"secret": True}`) are masked."""
    state = inspect(record)
    found: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        if attribute.key in {"id", "created_at"}:
            continue
        history: Any = state.attrs[attribute.key].history
        if not history.has_changes() or (is_new and history.added[0] is None):
            continue
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        is_secret = bool(attribute.columns[0].info.get("secret"))
        found[attribute.key] = [MASK if is_secret and v is not None else _plain(v) for v in (before, after)]
    return found


def _on_flush(db: Session, _context: object) -> None:
    rows: list[dict[str, Any]] = []
    for action, records in (("created", db.new), ("changed", db.dirty), ("deleted", db.deleted)):
        for record in records:
            if not isinstance(record, Record) or not record.__audited__:
                continue
            changes = {} if action == "deleted" else _changes(record, is_new=action == "created")
            if changes or action == "deleted":
                rows.append(_row(_actor(db), action, record, changes))
    if rows:
        db.connection().execute(AuditEntry.__table__.insert(), rows)  # type: ignore[attr-defined]


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
