"""A trail to seal, and hands that rewrite it as only somebody with the database itself could."""

from collections.abc import Callable

from sqlalchemy import insert, text

from app.kernel.audit import AuditEntry
from app.kernel.clock import now
from app.kernel.db import Database

TABLES = ("audit_entry", "audit_seal")


def write_entries(database: Database, count: int) -> None:
    """So many entries of one transaction."""
    with database.writing() as db:
        db.execute(insert(AuditEntry.__table__), [
            {"actor_kind": "staff", "actor_id": 7, "actor_name": "Asha Gurung", "address": "192.0.2.1",
             "request_id": "request-12345", "action": "changed", "record_type": "fund", "record_id": number,
             "changes": {"name": ["École", f"पाठशाला {number}"], "goal_minor": [None, 5000]}, "created_at": now()}
            for number in range(1, count + 1)
        ])  # fmt: skip


def let_rewrite(database: Database) -> None:
    """Take away what keeps the tables from being rewritten."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.writing() as db:
        for table in TABLES:
            if not is_sqlite:
                db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                continue
            for name in ("never_changes", "never_vanishes", "never_replaced"):
                db.execute(text(f"DROP TRIGGER {table}_{name}"))


def rewriter(database: Database) -> Callable[..., None]:
    """`rewrite("UPDATE …", name=value)` past everything that guards the trail."""
    let_rewrite(database)

    def rewrite(statement: str, **values: object) -> None:
        with database.writing() as db:
            db.execute(text(statement), values)

    return rewrite
