"""Encrypted columns: unreadable in the database, readable with any key of the ring, bound to their place."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Column, MetaData, Table, bindparam, create_engine, insert, select, text

from app.kernel.clock import now
from app.kernel.db import Json
from app.kernel.retention import Forgettings, forget
from app.kernel.secrets import Encrypted, Keyring, SealedError, keyring_of, stored_text, unlock
from app.payments.models import EventStatus, GatewayEvent

OLD, NEW = ("winter", b"o" * 32), ("spring", b"n" * 32)
SECRET = "a secret that is only for tests, and long enough"


def ring(*keys):
    return Keyring.of(keys, SECRET)


def make_event(payload, number=1):
    return GatewayEvent(
        reference=f"evt_{number}", kind="charge.succeeded", object_reference="ch_1", is_test=True,
        api_version="2026", happened_at=now(), payload=payload,
    )  # fmt: skip


def test_what_was_closed_is_opened_and_says_nothing_meanwhile():
    stored = ring(NEW).close("Théo, 75011 Paris".encode(), "gift.note")

    assert stored.startswith("v1:spring:")
    assert "Paris" not in stored
    assert ring(NEW).open(stored, "gift.note").decode() == "Théo, 75011 Paris"


@pytest.mark.db
def test_an_object_comes_back_as_it_was_with_words_of_all_scripts_and_numbers_of_all_sizes(db):
    payload = {"name": "Théo, विष्णु", "large": 2**80, "amount": 5000, "rate": 0.1, "none": None, "list": [True, {}]}
    db.add(make_event(payload))
    db.commit()

    assert db.scalars(select(GatewayEvent).execution_options(populate_existing=True)).one().payload == payload


def test_the_same_words_never_look_the_same():
    assert ring(NEW).close(b"same", "a.b") != ring(NEW).close(b"same", "a.b")


def test_the_first_key_writes_and_all_of_them_read():
    old = ring(OLD).close(b"words", "a.b")
    both = ring(NEW, OLD)

    assert both.open(old, "a.b") == b"words"
    assert both.close(b"words", "a.b").startswith("v1:spring:")


def test_what_was_written_before_keys_were_given_is_still_read():
    assert ring(NEW).open(ring().close(b"words", "a.b"), "a.b") == b"words"


def test_another_secret_key_makes_another_name_so_that_the_refusal_tells_which_is_missing():
    stored = ring().close(b"words", "a.b")
    name = stored.split(":")[1]

    with pytest.raises(SealedError, match=name):
        Keyring.of((), "another secret that is long enough as well").open(stored, "a.b")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda stored: stored.replace("spring", "autumn"), "ENCRYPTION_KEYS"),
        (lambda stored: stored[:-6] + ("AAAA==" if not stored.endswith("AAAA==") else "BBBB=="), "altered"),
        (lambda stored: stored[:20], "altered"),
        (lambda stored: stored + "é", "altered"),
        (lambda stored: "v1:spring:", "never encrypted"),
        (lambda stored: "plain words", "never encrypted"),
        (lambda stored: "", "never encrypted"),
    ],
)
def test_what_was_altered_is_refused_and_the_refusal_names_the_column_alone(spoil, told):
    stored = ring(NEW).close(b"my secret words", "a.b")

    with pytest.raises(SealedError, match=told) as refused:
        ring(NEW).open(spoil(stored), "a.b")
    assert str(refused.value).startswith("a.b ")
    assert "words" not in str(refused.value).replace("plain words", "")


def test_a_value_moved_to_another_column_is_refused_there():
    with pytest.raises(SealedError, match="altered"):
        ring(NEW).open(ring(NEW).close(b"words", "a.b"), "a.c")


def test_a_key_of_the_same_name_but_other_bytes_opens_nothing():
    with pytest.raises(SealedError, match="altered"):
        ring(("spring", b"x" * 32)).open(ring(NEW).close(b"words", "a.b"), "a.b")


def test_a_ring_never_shows_its_keys():
    assert "oooo" not in repr(ring(OLD))


def test_a_database_that_was_not_unlocked_neither_reads_nor_writes():
    engine = create_engine("sqlite://")
    with pytest.raises(SealedError, match="without its keys"):
        keyring_of(engine.dialect)


def test_a_column_of_text_is_encrypted_in_the_table_and_text_in_python():
    engine = create_engine("sqlite://")
    unlock(engine, ring(NEW))
    notes = Table("note", MetaData(), Column("words", Encrypted("note.words")))
    with engine.begin() as connection:
        notes.create(connection)
        connection.execute(insert(notes), [{"words": "आशा"}, {"words": None}, {"words": ""}])
        raw = connection.execute(select(stored_text(notes.c.words))).scalars().all()

        assert connection.execute(select(notes)).scalars().all() == ["आशा", None, ""]
    assert raw[0].startswith("v1:spring:")
    assert raw[1] is None
    assert raw[2].startswith("v1:spring:")


@pytest.mark.db
def test_a_message_of_the_gateway_is_unreadable_in_the_database(database, db):
    db.add(make_event({"name": "Jeanne Moreau", "amount": 5000}))
    db.commit()

    raw = db.scalar(text("SELECT CAST(payload AS text) FROM gateway_event"))
    assert "Jeanne" not in raw
    assert json.loads(raw).startswith("v1:secret-")
    with database.reading() as looking:
        assert looking.scalars(select(GatewayEvent)).one().payload == {"name": "Jeanne Moreau", "amount": 5000}


@pytest.mark.db
def test_a_message_stored_plain_before_is_read_as_it_stands(db):
    db.add(make_event({}))
    db.flush()
    plain = bindparam("plain", {"name": "Jeanne"}, type_=Json)
    db.execute(text("UPDATE gateway_event SET payload = :plain").bindparams(plain))
    db.expire_all()

    assert db.scalars(select(GatewayEvent)).one().payload == {"name": "Jeanne"}


@pytest.mark.db
def test_old_messages_are_still_forgotten_and_only_once(app, db):
    event = make_event({"name": "Jeanne"})
    db.add(event)
    event.status, event.worked_at = EventStatus.IGNORED, now()
    db.commit()
    (payloads,) = (each for each in app.ports.get(Forgettings) if each.name == "gateway_payloads")
    at_once = replace(payloads, keep=timedelta(0))

    assert forget(app.database, at_once) == 1
    assert forget(app.database, at_once) == 0
    db.expire_all()
    assert db.scalars(select(GatewayEvent)).one().payload == {}
