"""Keys change without a pause: every value is written anew, what is stopped goes on, and nothing is lost."""

import pytest
from sqlalchemy import bindparam, func, insert, select, text

from app.kernel import rotation
from app.kernel.clock import now
from app.kernel.db import Base, Json
from app.kernel.rotation import encrypted_columns, rotate
from app.kernel.secrets import Keyring, SealedError, keyring_of, stored_text, unlock
from app.payments.models import GatewayEvent

pytestmark = pytest.mark.db
OLD, NEW = ("winter", b"o" * 32), ("spring", b"n" * 32)
EVENTS = GatewayEvent.__table__


@pytest.fixture
def turn(database):
    """`turn(*keys)`: open the database with other keys, for this test."""
    before = keyring_of(database.engine.dialect)
    yield lambda *keys: unlock(database.engine, Keyring(keys))
    unlock(database.engine, before)


def store(database, count, first=1):
    with database.writing() as db:
        db.execute(insert(EVENTS), [
            {"reference": f"evt_{number}", "kind": "charge.succeeded", "object_reference": "ch_1", "is_test": True,
             "api_version": "2026", "happened_at": now(), "payload": {"name": f"Donor {number}"}, "status": "waiting",
             "effect": "", "attempts": 0, "created_at": now()}
            for number in range(first, first + count)
        ])  # fmt: skip


def under(database, key):
    with database.reading() as db:
        stored = stored_text(EVENTS.c.payload)
        return db.scalar(select(func.count()).where(stored.like(f'"v1:{key}:%')))


def names(database):
    with database.reading() as db:
        return [payload["name"] for payload in db.scalars(select(GatewayEvent.payload).order_by(GatewayEvent.id))]


def test_every_value_is_written_anew_in_batches_and_the_old_key_may_go(database, turn, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 3)
    turn(OLD)
    store(database, 8)
    turn(NEW, OLD)
    store(database, 2, first=9)
    heard = []

    done = rotate(database, Base.metadata, told=lambda name, rows: heard.append((name, rows)))

    assert done["gateway_event.payload"] == 8
    assert [rows for name, rows in heard if name == "gateway_event.payload"] == [3, 6, 8]
    turn(NEW)
    assert under(database, "spring") == 10
    assert names(database) == [f"Donor {number}" for number in range(1, 11)]


def test_the_second_time_there_is_nothing_to_do(database, turn):
    turn(OLD)
    store(database, 2)
    turn(NEW, OLD)
    rotate(database, Base.metadata)

    assert set(rotate(database, Base.metadata).values()) == {0}


def test_what_was_stopped_half_way_goes_on(database, turn, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    turn(OLD)
    store(database, 5)
    turn(NEW, OLD)

    def stop(_name, _rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(database, Base.metadata, told=stop)
    assert (under(database, "spring"), under(database, "winter")) == (2, 3)
    assert rotate(database, Base.metadata)["gateway_event.payload"] == 3


def test_a_key_that_is_missing_is_named_and_nothing_is_lost(database, turn):
    turn(OLD)
    store(database, 2)
    turn(NEW)

    with pytest.raises(SealedError, match="winter"):
        rotate(database, Base.metadata)
    turn(OLD)
    assert names(database) == ["Donor 1", "Donor 2"]


def test_what_was_plain_before_is_encrypted_and_what_is_empty_is_left_so(database, turn):
    turn(NEW)
    store(database, 2)
    with database.writing() as db:
        plain = bindparam("plain", {"name": "Jeanne"}, type_=Json)
        db.execute(text("UPDATE gateway_event SET payload = :plain WHERE id = 1").bindparams(plain))
        empty = bindparam("empty", {}, type_=Json)
        db.execute(text("UPDATE gateway_event SET payload = :empty WHERE id = 2").bindparams(empty))

    assert rotate(database, Base.metadata)["gateway_event.payload"] == 1
    assert under(database, "spring") == 1


def test_every_encrypted_column_binds_its_values_to_its_own_name():
    assert encrypted_columns(Base.metadata)
    for column in encrypted_columns(Base.metadata):
        assert column.type.context == f"{column.table.name}.{column.name}"


def test_every_encrypted_column_can_be_written_anew_by_its_key():
    assert {tuple(column.table.primary_key.columns.keys()) for column in encrypted_columns(Base.metadata)} == {("id",)}
