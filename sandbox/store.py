"""The state: one SQLite connection, JSON objects by id, one lock, one transaction at a time.

With a file the state survives a kill -9 (write-ahead log); without one it lives in memory.
"""
# ruff: noqa: S608 (the only names put into SQL are this package's own: tables and JSON paths)

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, Json, not_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_type ON event (type, seq);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, endpoint_id TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL, last_answer TEXT);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at);
CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event_id);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, created INTEGER NOT NULL, fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS task (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due_at INTEGER NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS task_due ON task (due_at, id);
CREATE INDEX IF NOT EXISTS task_ref ON task (ref, kind);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""
#: JSON paths that lists are filtered by often enough to deserve an index.
_INDEXED = (
    "customer",
    "payment_intent",
    "charge",
    "invoice",
    "subscription",
    "_payout",
    "_intent",
    "_payment_method",
    "parent.subscription_details.subscription",
    "payment.payment_intent",
)
_TABLES = ("object", "event", "delivery", "idempotency", "task", "setting")


class Store:
    """Objects are JSON hashes with `id`, `object` and `created`; keys that begin with `_` are private."""

    def __init__(self, path: Path | None) -> None:
        self.lock = threading.RLock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        target = str(path) if path is not None else ":memory:"
        self.db = sqlite3.connect(target, check_same_thread=False, isolation_level=None, timeout=10)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_SCHEMA)
        for field in _INDEXED:
            name = field.replace(".", "_")
            expression = f"json_extract(body, '$.{field}')"
            self.db.execute(
                f"CREATE INDEX IF NOT EXISTS object_by_{name} ON object (kind, {expression}) "
                f"WHERE {expression} IS NOT NULL"
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, roll back on any exception. Nests into the outer one."""
        with self.lock:
            if self.db.in_transaction:
                yield
                return
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def put(self, thing: Json) -> Json:
        """Insert or replace an object; it is the caller's to go on using."""
        with self.lock:
            self.db.execute(
                "INSERT INTO object (id, kind, created, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (thing["id"], thing["object"], thing.get("created", 0), json.dumps(thing)),
            )
        return thing

    def get(self, kind: str, identifier: Any, param: str = "id") -> Json:
        """The object, or ApiError 404 `resource_missing`."""
        found = self.seek(identifier)
        if found is None or found["object"] != kind:
            raise not_found(kind, str(identifier), param)
        return found

    def seek(self, identifier: Any) -> Json | None:
        """The object with this id, whatever its kind, or None."""
        with self.lock:
            row = self.db.execute("SELECT body FROM object WHERE id = ?", (identifier,)).fetchone()
        return None if row is None else _load(row[0])

    def remove(self, identifier: str) -> None:
        """Forget an object."""
        with self.lock:
            self.db.execute("DELETE FROM object WHERE id = ?", (identifier,))

    def all(self, kind: str, where: Mapping[str, Any] | None = None, *, limit: int = -1) -> list[Json]:
        """Objects of a kind, newest first, whose JSON paths have the given values."""
        clauses, values = _conditions(where or {})
        with self.lock:
            rows = self.db.execute(
                f"SELECT body FROM object WHERE kind = ?{clauses} ORDER BY seq DESC LIMIT ?",
                (kind, *values, limit),
            ).fetchall()
        return [_load(row[0]) for row in rows]

    def page(
        self, kind: str, where: Mapping[str, Any], params: Json, *, excluding: Mapping[str, Any] | None = None
    ) -> tuple[list[Json], bool]:
        """One page as Stripe pages: `limit`, `starting_after`, `ending_before`, `created`; and `has_more`."""
        clauses, values = _conditions(where)
        for path, value in (excluding or {}).items():
            clauses, values = f"{clauses} AND json_extract(body, '$.{path}') <> ?", (*values, value)
        created, bounds = created_range(params.get("created"))
        return self._page("object", f"kind = ?{clauses}{created}", (kind, *values, *bounds), params)

    def event_page(self, clauses: str, values: tuple[Any, ...], params: Json) -> tuple[list[Json], bool]:
        """One page of the event log, under the same rules."""
        return self._page("event", clauses, values, params)

    def _page(self, table: str, clauses: str, values: tuple[Any, ...], params: Json) -> tuple[list[Json], bool]:
        limit = params.get("limit", 10)
        if not 1 <= limit <= 100:
            raise ApiError("Invalid limit: must be between 1 and 100", param="limit")
        backwards = "ending_before" in params
        cursor = params.get("ending_before") or params.get("starting_after")
        if cursor:
            clauses += f" AND seq {'>' if backwards else '<'} ?"
            values = (*values, self._position(table, cursor, "ending_before" if backwards else "starting_after"))
        order = "ASC" if backwards else "DESC"
        with self.lock:
            rows = self.db.execute(
                f"SELECT body FROM {table} WHERE {clauses} ORDER BY seq {order} LIMIT ?",
                (*values, limit + 1),
            ).fetchall()
        found = [_load(row[0]) for row in rows[:limit]]
        return (found[::-1] if backwards else found), len(rows) > limit

    def _position(self, table: str, identifier: str, param: str) -> int:
        query = f"SELECT seq FROM {table} WHERE id = ?"
        with self.lock:
            row = self.db.execute(query, (identifier,)).fetchone()
        if row is None:
            raise not_found(table, identifier, param)
        return int(row[0])

    def setting(self, name: str, default: Any) -> Any:
        """A stored setting (knobs, the clock's offset), or the default."""
        with self.lock:
            row = self.db.execute("SELECT body FROM setting WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting."""
        with self.lock:
            self.db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in _TABLES:
                self.db.execute(f"DELETE FROM {table}")


def created_range(created: Any) -> tuple[str, tuple[int, ...]]:
    """The SQL for a `created` filter: an instant, or bounds `gt`, `gte`, `lt`, `lte`."""
    if created is None:
        return "", ()
    if isinstance(created, int):
        return " AND created = ?", (created,)
    signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    return "".join(f" AND created {signs[name]} ?" for name in created), tuple(created.values())


def _conditions(where: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    clauses = "".join(f" AND json_extract(body, '$.{path}') = ?" for path in where)
    return clauses, tuple(where.values())


def _load(text: str) -> Json:
    thing: Json = json.loads(text)
    return thing
