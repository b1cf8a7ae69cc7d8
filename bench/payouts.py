"""Are the lines of a long payout read, matched and stored quickly? On SQLite and on PostgreSQL.

A payout of twenty thousand lines: payments that we know, their refunds and disputes, fees, and some that are not ours.
They come through the adapter for Stripe, page by page, from its sandbox in this process; what that takes alone is
shown beside. The limit is a minute for all of it. The yardstick is the database's driver inserting the same rows, as
many at once, each lot in a transaction of its own as well.
"""

import sys
import time
import tracemalloc
from typing import Any

from sqlalchemy import func, insert, select

from app.factory import create_app
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database
from app.payments import payout_books
from app.payments.following import follow
from app.payments.gateway import Topic
from app.payments.itemising import AT_ONCE
from app.payments.models import LineKind, Method, Payment, PaymentStatus, Payout, PayoutLine, Refund, RefundStatus
from app.web.application import Application
from bench._serving import both_databases, migrated, settings
from config import Config
from sandbox import money_movements
from tests.sandbox_world import SandboxWorld

LINES, LIMIT = 20_000, 60.0
MOST_MEMORY = 64 * 2**20
REFUNDS, FEES, STRANGERS = 1_000, 500, 20
PAYMENTS = LINES - REFUNDS - FEES - STRANGERS
AMOUNT, FEE, REFUNDED = 5_000, 100, 1_000


def know_payments(database: Database) -> None:
    """The payments and refunds that the payout is of, as they were booked when they came."""
    born = now()
    with database.writing() as db:
        act_as(db, SYSTEM)
        payments = [
            {"method": Method.CARD, "amount_minor": AMOUNT, "currency": "EUR", "is_test": True, "created_at": born,
             "token": f"p{number}", "status": PaymentStatus.SETTLED, "settled_at": born, "reference": f"pi_{number}",
             "charge_reference": f"ch_{number}", "settlement_minor": AMOUNT, "settlement_currency": "EUR",
             "fee_minor": FEE, "net_minor": AMOUNT - FEE, "balance_reference": f"t{number}",
             "refunded_minor": REFUNDED if number < REFUNDS else 0, "disputed_minor": 0, "is_disputed": False,
             "bank_reference": ""}
            for number in range(PAYMENTS)
        ]  # fmt: skip
        db.execute(insert(Payment.__table__), payments)  # type: ignore[arg-type]
        few = select(Payment.id).order_by(Payment.id).limit(REFUNDS)
        refunds = [
            {"payment_id": key, "amount_minor": REFUNDED, "currency": "EUR", "reason": "", "requested_by": "",
             "token": f"r{number}", "reference": f"re_{number}", "status": RefundStatus.SUCCEEDED, "created_at": born}
            for number, key in enumerate(db.scalars(few))
        ]  # fmt: skip
        db.execute(insert(Refund.__table__), refunds)  # type: ignore[arg-type]


def pay_out(world: SandboxWorld) -> str:
    """The same at the gateway, paid out at once; the payout's name."""
    there = world.sandbox.world
    movements = [("charge", f"ch_{number}", AMOUNT, FEE, "charge") for number in range(PAYMENTS)]
    movements += [("refund", f"re_{number}", -REFUNDED, 0, "refund") for number in range(REFUNDS)]
    movements += [("stripe_fee", "", -7, 0, "fee")] * FEES
    movements += [("charge", f"ch_stranger_{number}", 900, 30, "charge") for number in range(STRANGERS)]
    with there.store.transaction():
        for kind, source, amount, fee, category in movements:
            money_movements.record(there, kind, {"id": source}, amount=amount, fee=fee, reporting_category=category)
    world.pay_out()
    name: str = world.stored("payout")[0]["id"]
    return name


def rows_of(database: Database) -> list[dict[str, Any]]:
    """What was stored, ready to be inserted again."""
    with database.reading() as db:
        return [dict(row._mapping) for row in db.execute(select(PayoutLine.__table__))]  # noqa: SLF001


def inserted_again(database: Database, rows: list[dict[str, Any]]) -> float:
    """Seconds that the driver alone takes to insert the rows, as its own kind of values."""
    connection = database.engine.raw_connection()
    columns = list(rows[0])
    is_sqlite = database.engine.dialect.name == "sqlite"
    marks = ", ".join(["?" if is_sqlite else "%s"] * len(columns))
    statement = f"INSERT INTO payout_line ({', '.join(columns)}) VALUES ({marks})"
    values = [[_plain(row[name], is_sqlite=is_sqlite) for name in columns] for row in rows]
    try:
        cursor = connection.cursor()
        cursor.execute("DELETE FROM payout_line")
        connection.commit()
        began = time.perf_counter()
        for start in range(0, len(values), AT_ONCE):
            if is_sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(statement, values[start : start + AT_ONCE])
            connection.commit()
        return time.perf_counter() - began
    finally:
        connection.close()


def _plain(value: Any, *, is_sqlite: bool) -> Any:
    """A value as the driver takes it."""
    if isinstance(value, LineKind):
        return value.value
    return str(value) if is_sqlite and hasattr(value, "isoformat") else value


def reconcile(app: Application, payout: str) -> tuple[float, int]:
    """Seconds from the first question to the last commit, and the bytes that it held at once."""
    began = time.perf_counter()
    follow(app.work, Topic.PAYOUT, payout)
    seconds = time.perf_counter() - began
    tracemalloc.start()
    follow(app.work, Topic.PAYOUT, payout)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, most


def is_right(database: Database) -> bool:
    """Whether each line is there, once, with what it is about, and all of it adds up."""
    with database.snapshot() as db:
        lines = db.scalar(select(func.count(PayoutLine.id)))
        strangers = db.scalar(select(func.count(PayoutLine.id)).where(~PayoutLine.is_explained))
        payout = db.scalars(select(Payout)).one()
        findings = [finding for look in payout_books.CHECKS for finding in look(db)]
    return (lines, strangers, payout.reconciled_at is not None, findings) == (LINES, STRANGERS, True, [])


def measure(name: str, url: str) -> bool:
    """Fill, reconcile, say; whether the limits are kept."""
    migrated(url).database.close()
    app = create_app(Config.from_env(settings(url)))
    know_payments(app.database)
    with SandboxWorld(app) as world:
        payout = pay_out(world)
        began = time.perf_counter()
        read = sum(1 for _part in world.gateway.payout_parts(payout))
        reading = time.perf_counter() - began
        seconds, memory = reconcile(app, payout)
    is_well = read == LINES and is_right(app.database)
    bare = inserted_again(app.database, rows_of(app.database))
    app.database.close()
    is_kept = is_well and seconds <= LIMIT and memory <= MOST_MEMORY
    print(
        f"payouts, {name:<10} {LINES} lines reconciled in {seconds:5.1f} s, of which {reading:.1f} s reading from the"
        f" gateway; {bare:.1f} s just inserted (ratio {(seconds - reading) / bare:.1f}); {memory / 2**20:.0f} MB;"
        f" limit {LIMIT:.0f} s: {'ok' if is_kept else 'TOO SLOW' if is_well else 'WRONG'}"
    )
    return is_kept


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with both_databases(is_durable=True) as databases:
        kept = [measure(name, url) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
