"""A run of yearly receipts for ten thousand donors: does each take as long as among few? On SQLite and on PostgreSQL.

Every donor gave four times last year, and gets one receipt: held, looked at, numbered, written with its trail, its
letter left to a job; twenty-five a transaction that reaches the disk, twenty seconds a job, as the product does it.
The yardstick is the same run for a few hundred donors on the same database, before the others are there. A donor among
many may take half as long again: what asks anew for all who are left shows here. What it takes to ask who is next is
shown beside, at the beginning and near the end. Letters are not printed and not sent: see `bench.receipts` for those.

Donors are copies of one that the product made, put in by the driver; so their totals are not kept.
"""

import argparse
import sys
import time
from datetime import date
from typing import Any

from sqlalchemy import Table, func, insert, select, text

from app.contacts.models import Contact, ContactAddress, ContactEmail
from app.giving.models import Allocation, Gift, GiftPayment, Receipt, ReceiptChoice, ReceiptGift, ReceiptRun
from app.giving.queries.yearly_receipts import next_donors
from app.giving.services.receipt_runs import ASKED_AT_ONCE, LONGEST, begin_run, go_on
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.db import Database, Record
from app.kernel.jobs import Work
from app.payments.models import Payment
from bench._serving import both_databases, migrated
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_offline_gift

GIFTS, WARMING_UP, FEW, LIMIT = 4, 100, 500, 1.5
AT_ONCE = 1_000
FIRST_KEY = 1_000_000
"""Keys of the copies: far from those that the database gives by itself."""
TABLES: tuple[type[Record], ...] = (Contact, ContactEmail, ContactAddress, Payment, Gift, GiftPayment, Allocation)
Rows = list[tuple[Table, list[dict[str, Any]]]]


def last_year() -> int:
    """The year that the receipts are for."""
    return today().year - 1


def one_donor(work: Work) -> Rows:
    """A donor as the product makes them, with four gifts of last year, read back as rows; they stay out of the run."""
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        donor, fund = make_contact(db, phone=""), make_fund(db)
        for number in range(GIFTS):
            on = date(last_year(), 1 + number * 3, 4)
            make_offline_gift(db, donor, fund=fund, received_on=on, receipt_choice=ReceiptChoice.YEARLY)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        tables: list[Any] = [model.__table__ for model in TABLES]
        found = [(table, [*map(dict, db.execute(select(table).order_by(table.c.id)).mappings())]) for table in tables]
        for gift in db.scalars(select(Gift)):
            gift.receipt_choice = ReceiptChoice.NONE
    return found


def copy_donors(database: Database, pattern: Rows, numbers: range) -> None:
    """Put in as many like them, with keys of their own."""
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        part = range(start, min(start + AT_ONCE, numbers.stop))
        with database.writing() as db:
            act_as(db, SYSTEM)
            for table, rows in pattern:
                db.execute(insert(table), [_copy(pattern, table, row, number) for number in part for row in rows])
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))  # in life autovacuum does
            connection.commit()


def _copy(pattern: Rows, table: Table, row: dict[str, Any], number: int) -> dict[str, Any]:
    """One row for the donor of that number: its own key, and those of the donor's rows that it names."""
    copied = dict(row, id=_key(pattern, table.name, row["id"], number))
    for column in table.columns:
        for each in column.foreign_keys:
            if row[column.name] is not None and each.column.table.name in {known.name for known, _rows in pattern}:
                copied[column.name] = _key(pattern, each.column.table.name, row[column.name], number)
    if "token" in copied:
        copied["token"] = f"{table.name}-{copied['id']}"
    return copied


def _key(pattern: Rows, name: str, key: int, number: int) -> int:
    """The key that a copy of that row has for the donor of that number."""
    keys = next([row["id"] for row in rows] for table, rows in pattern if table.name == name)
    return FIRST_KEY + number * len(keys) + keys.index(key)


def run_them(work: Work, donors: int) -> float:
    """Seconds that a run of so many takes from its beginning to its end, job by job."""
    began = time.perf_counter()
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        run = begin_run(db, last_year(), actor=SYSTEM)
        db.flush()
        run_id = run.id
    while go_on(work, run_id, time.monotonic() + LONGEST):
        pass
    seconds = time.perf_counter() - began
    with work.database.reading() as db:
        done = db.get_one(ReceiptRun, run_id)
        assert (done.is_under_way, done.done, done.issued, done.left_out) == (False, donors, donors, 0)
    return seconds


def asking(database: Database, after: int) -> float:
    """Seconds to ask who is next behind that donor."""
    with database.reading() as db:
        began = time.perf_counter()
        next_donors(db, last_year(), after, ASKED_AT_ONCE)
        return time.perf_counter() - began


def is_right(database: Database, donors: int) -> bool:
    """Whether each donor has one receipt, over all their gifts, and the numbers have no gap."""
    with database.snapshot() as db:
        receipts, givers, last = db.execute(
            select(func.count(Receipt.id), func.count(Receipt.contact_id.distinct()), func.max(Receipt.number))
        ).one()
        lines = db.scalar(select(func.count(ReceiptGift.gift_id.distinct())))
    return (receipts, givers, last, lines) == (donors, donors, donors, donors * GIFTS)


def measure(name: str, url: str, donors: int) -> bool:
    """Run few, then many, say; whether the limit is kept."""
    work = migrated(url).work
    database, pattern = work.database, one_donor(work)
    copy_donors(database, pattern, range(WARMING_UP))
    run_them(work, WARMING_UP)
    before, everybody = WARMING_UP + FEW, WARMING_UP + FEW + donors
    copy_donors(database, pattern, range(WARMING_UP, before))
    few = run_them(work, FEW) / FEW
    copy_donors(database, pattern, range(before, everybody))
    first, near_the_end = asking(database, 0), asking(database, FIRST_KEY + everybody - donors // 10)
    seconds = run_them(work, donors)
    is_well = is_right(database, everybody)
    database.close()
    ratio = seconds / donors / few
    verdict = "WRONG" if not is_well else "ok" if ratio <= LIMIT else "TOO SLOW"
    print(f"yearly receipts, {name:<10} {donors} donors in {seconds:5.1f} s, {donors / seconds:.0f} a second,"
          f" {1 / few:.0f} among {FEW}; asking who is next {first * 1000:.0f} ms, near the end"
          f" {near_the_end * 1000:.0f} ms; ratio {ratio:.2f}, limit {LIMIT}: {verdict}")  # fmt: skip
    return is_well and ratio <= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow, or wrong."""
    wanted = argparse.ArgumentParser(description="A run of yearly receipts for many donors.")
    wanted.add_argument("--donors", type=int, default=2_000, help="how many (2,000)")
    donors = wanted.parse_args().donors
    with both_databases(is_durable=True) as databases:
        kept = [measure(name, url, donors) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
