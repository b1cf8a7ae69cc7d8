"""The trail is sealed in batches that no later commit can overtake, and nobody rewrites it."""

import hashlib
import json
import threading

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app.kernel import sealing
from app.kernel.audit import AuditEntry
from app.kernel.sealing import (
    FIELDS,
    MARK_BYTES,
    AuditKey,
    AuditSeal,
    canonical,
    seal_all,
    settled_entry,
)
from app.kernel.verifying import verify
from tests.kernel.chain import write_entries

pytestmark = pytest.mark.db


@pytest.fixture
def batches_of_ten(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 10)


@pytest.fixture
def postgresql(database):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer, whose keys come in the order of commits")
    return database


def seals(database):
    with database.reading() as db:
        return db.scalars(select(AuditSeal).order_by(AuditSeal.number)).all()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'Nobody' WHERE id = 1",
        "DELETE FROM audit_entry WHERE id = 1",
        "UPDATE audit_seal SET entry_count = 2, marks = marks || marks",
        "DELETE FROM audit_seal",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_trail(database, statement):
    write_entries(database, 1)
    seal_all(database)

    with pytest.raises(IntegrityError), database.writing() as db:
        db.execute(text(statement))
    assert verify(database).is_well


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal"])
def test_the_database_refuses_to_empty_or_replace_the_trail(database, table):
    write_entries(database, 1)
    seal_all(database)
    is_sqlite = database.engine.dialect.name == "sqlite"
    copied = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    statement = copied if is_sqlite else f"TRUNCATE {table} CASCADE"

    with pytest.raises(IntegrityError), database.writing() as db:
        db.execute(text(statement))


def test_the_guards_stand_at_the_head_of_the_migrations(database):
    wanted = {"audit_entry", "audit_seal", "receipt"}
    if database.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        names = {
            f"{table}_{word}" for table in wanted for word in ("never_changes", "never_vanishes", "never_replaced")
        }
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal"
        names = {"audit_entry_append_only", "audit_seal_append_only", "receipt_never_vanishes", "receipt_never_changes"}
    with database.reading() as db:
        assert names <= set(db.scalars(text(query)))


def test_entries_are_sealed_once_in_batches_each_following_the_one_before(database, batches_of_ten):
    write_entries(database, 25)

    first, second = seal_all(database), seal_all(database)

    made = seals(database)
    assert (first.seals, first.entries, second.seals) == (3, 25, 0)
    assert [(seal.number, seal.first_entry_id, seal.last_entry_id, seal.entry_count) for seal in made] == [
        (1, 1, 10, 10), (2, 11, 20, 10), (3, 21, 25, 5),
    ]  # fmt: skip
    assert [seal.previous for seal in made] == ["", made[0].seal, made[1].seal]
    assert first.head == second.head == made[-1].seal


def test_nothing_to_seal_makes_no_seal_and_no_key(database):
    assert seal_all(database) == sealing.Sealed(0, 0, "")
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(AuditKey)) == 0


def test_the_key_of_the_seals_is_unreadable_in_the_database(database):
    write_entries(database, 1)
    seal_all(database)

    with database.reading() as db:
        assert db.scalar(text("SELECT secret FROM audit_key")).startswith("v1:")
        assert len(bytes.fromhex(db.scalar(select(AuditKey.secret)))) == 32


def test_anybody_can_check_the_hash_of_an_entry_by_the_rule_that_is_written_down(database):
    write_entries(database, 2)
    seal_all(database)
    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id)).first()

    facts = {name: getattr(entry, name) for name in FIELDS} | {"created_at": entry.created_at.isoformat()}
    by_hand = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    assert canonical([getattr(entry, name) for name in FIELDS]) == by_hand
    (seal,) = seals(database)
    assert seal.marks[8:MARK_BYTES] == hashlib.sha256(by_hand).digest()


def test_two_that_seal_at_once_seal_once(database, batches_of_ten):
    write_entries(database, 60)
    done = []
    threads = [threading.Thread(target=lambda: done.append(seal_all(database))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(each.entries for each in done) == 60
    assert [seal.number for seal in seals(database)] == [1, 2, 3, 4, 5, 6]
    assert verify(database).is_well


def test_an_entry_that_may_still_come_is_waited_for_and_writers_are_not(postgresql):
    database = postgresql
    with database.session(writes=True) as slow:
        slow.execute(text(INSERT))  # has its key, and has not committed
        write_entries(database, 3)  # later keys, committed at once

        held = seal_all(database, patience=0.2)
        write_entries(database, 1)
        slow.commit()
    sealed = seal_all(database)

    assert (held.is_waiting, held.seals) == (True, 0)
    assert (sealed.is_waiting, sealed.entries) == (False, 5)
    assert verify(database).is_well


def test_who_begins_to_write_later_is_not_waited_for(postgresql):
    database = postgresql
    write_entries(database, 2)
    late = database.session(writes=True)

    def meanwhile(_pause):
        """The one that was written at the beginning ends, and another begins."""
        early.commit()
        late.execute(text(INSERT))

    with late, database.session(writes=True) as early:
        early.execute(text(INSERT))
        write_entries(database, 1)
        settled = settled_entry(database, patience=5, sleep=meanwhile)
        late.rollback()
    assert settled == 4


INSERT = (
    "INSERT INTO audit_entry (actor_kind, actor_name, action, record_type, changes, created_at)"
    " VALUES ('system', 'Sahayog', 'created', 'fund', '{}', now())"
)


def test_whatever_many_writers_do_no_entry_comes_in_below_a_seal(postgresql, batches_of_ten):
    """Writers that hold their keys for a while and commit or give up out of order, and a sealer all the while."""
    database, stop = postgresql, threading.Event()
    faults = []

    def write(number):
        try:
            for turn in range(25):
                with database.session(writes=True) as db:
                    for _ in range(1 + (number + turn) % 4):
                        db.execute(text(INSERT))
                        db.execute(text("SELECT pg_sleep(:pause)"), {"pause": ((number * turn) % 5) / 1000})
                    (db.rollback if (number + turn) % 6 == 0 else db.commit)()
        except Exception as fault:  # noqa: BLE001 - told by the assertion below
            faults.append(fault)

    def seal():
        try:
            while not stop.is_set():
                seal_all(database)
        except Exception as fault:  # noqa: BLE001 - told by the assertion below
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    sealer = threading.Thread(target=seal)
    for thread in (*writers, sealer):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    sealer.join()
    seal_all(database)

    verdict = verify(database)
    with database.reading() as db:
        written = db.scalar(select(func.count()).select_from(AuditEntry))
    assert faults == []
    assert verdict.flaws == ()
    assert (verdict.entries, verdict.unsealed) == (written, 0)
    assert verdict.seals > 5


def test_seals_hold_no_words_of_people(database):
    columns = {column["name"] for column in inspect(database.engine).get_columns("audit_seal")}
    assert columns == set(AuditSeal.__table__.columns.keys())
    write_entries(database, 1)
    seal_all(database)
    assert b"Asha" not in seals(database)[0].marks
