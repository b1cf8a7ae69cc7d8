"""Whoever rewrites the sealed past, by whatever hole, is found out, and it is said where."""

import pytest

from app.kernel import sealing
from app.kernel.sealing import newest_seal, seal_all
from app.kernel.secrets import Keyring, keyring_of, unlock
from app.kernel.verifying import Fault, Flaw, verify
from tests.kernel.chain import rewriter, write_entries

pytestmark = pytest.mark.db
INSERTED = (
    "INSERT INTO audit_entry (id, actor_kind, actor_name, action, record_type, changes, created_at) "
    "SELECT {}, actor_kind, actor_name, action, record_type, changes, created_at FROM audit_entry WHERE id = 1"
)
SEAL = "number, first_entry_id, last_entry_id, entry_count, marks, previous, key_id, sealed_at, seal"


@pytest.fixture
def trail(database, monkeypatch):
    """Three seals of ten entries each, the entry 15 taken out before it was sealed, and five entries more."""
    monkeypatch.setattr(sealing, "BATCH", 10)
    write_entries(database, 31)
    rewrite = rewriter(database)
    rewrite("DELETE FROM audit_entry WHERE id = 15")
    seal_all(database)
    write_entries(database, 5)
    return rewrite


def flaws(database, **how):
    return [(flaw.fault, flaw.seal, flaw.entry) for flaw in verify(database, **how).flaws]


def test_a_trail_that_was_left_alone_is_well_and_says_how_much_it_holds(database, trail):
    verdict = verify(database)

    assert verdict.is_well
    assert (verdict.seals, verdict.entries, verdict.unsealed) == (3, 30, 5)
    with database.reading() as db:
        assert verdict.head == newest_seal(db).seal


def test_an_empty_trail_is_well(database):
    verdict = verify(database)

    assert (verdict.is_well, verdict.seals, verdict.head) == (True, 0, "")


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'Nobody'", "actor_id = 8", "actor_kind = 'system'", "address = NULL", "request_id = 'x'",
        "action = 'created'", "record_type = 'gift'", "record_id = 99", "changes = '{}'",
        "created_at = '2020-01-01 00:00:00+00:00'",
    ],
)  # fmt: skip
def test_any_change_of_an_entry_is_found_by_its_key(database, trail, change):
    trail(
        f"UPDATE audit_entry SET {change.replace('+00:00', '') if 'sqlite' in database.url else change} WHERE id = 12"
    )

    assert flaws(database) == [(Fault.ENTRY_CHANGED, 2, 12)]


def test_an_entry_that_is_no_entry_any_more_is_a_changed_one(database, trail):
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL stores no such thing")
    trail("UPDATE audit_entry SET changes = 'not json' WHERE id = 12")
    trail("UPDATE audit_entry SET created_at = 'some day' WHERE id = 22")
    trail("UPDATE audit_entry SET actor_name = x'ff' WHERE id = 3")

    assert flaws(database) == [
        (Fault.ENTRY_CHANGED, 1, 3), (Fault.ENTRY_CHANGED, 2, 12), (Fault.ENTRY_CHANGED, 3, 22),
    ]  # fmt: skip


@pytest.mark.parametrize("entry", [1, 10, 11, 14, 31])
def test_an_entry_that_was_taken_away_is_named(database, trail, entry):
    trail(f"DELETE FROM audit_entry WHERE id = {entry}")

    assert [(fault, key) for fault, _seal, key in flaws(database)] == [(Fault.ENTRY_MISSING, entry)]


@pytest.mark.parametrize("entry", [0, -3, 15])
def test_an_entry_that_was_put_into_the_past_is_named(database, trail, entry):
    trail(INSERTED.format(entry))

    assert [(fault, key) for fault, _seal, key in flaws(database)] == [(Fault.ENTRY_INSERTED, entry)]


def test_two_entries_that_changed_places_are_both_changed(database, trail):
    for old, new in ((12, 900), (13, 12), (900, 13)):
        trail(f"UPDATE audit_entry SET id = {new} WHERE id = {old}")

    assert flaws(database) == [(Fault.ENTRY_CHANGED, 2, 12), (Fault.ENTRY_CHANGED, 2, 13)]


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = '2020-01-01 00:00:00'", "last_entry_id = 22", "first_entry_id = 10", "previous = 'x'",
        "marks = substr(marks, 1, 360), entry_count = 9", "number = 50",
        "seal = '0000000000000000000000000000000000000000000000000000000000000000'",
    ],
)  # fmt: skip
def test_a_seal_that_was_changed_is_named(database, trail, change):
    trail(f"UPDATE audit_seal SET {change} WHERE number = 2")

    found = flaws(database)
    assert (Fault.SEAL_CHANGED, 50 if "number" in change else 2, None) in found
    assert {seal for fault, seal, _ in found if fault is Fault.SEAL_MISSING} == ({2} if "number" in change else set())
    assert not [flaw for flaw in found if flaw[0] in {Fault.ENTRY_CHANGED, Fault.ENTRY_MISSING, Fault.ENTRY_INSERTED}]


def test_a_seal_that_is_none_any_more_is_a_changed_one(database, trail):
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL stores no such thing")
    trail("UPDATE audit_seal SET sealed_at = 'some day' WHERE number = 2")

    assert flaws(database) == [(Fault.SEAL_CHANGED, 2, None)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_chain_with_a_seal_taken_out_is_cut(database, trail, number):
    trail(f"DELETE FROM audit_seal WHERE number = {number}")

    assert flaws(database) == [(Fault.SEAL_MISSING, number, None)]


def test_a_chain_without_any_seal_is_not_taken_for_a_new_one(database, trail):
    trail("DELETE FROM audit_seal")

    assert flaws(database) == [(Fault.SEAL_MISSING, 1, None)]


def test_a_tail_cut_off_with_its_seals_shows_against_a_head_that_was_noted(database, trail):
    head = verify(database).head
    trail("DELETE FROM audit_entry WHERE id > 21")
    trail("DELETE FROM audit_seal WHERE number = 3")

    assert verify(database).is_well
    assert flaws(database, expect=head) == [(Fault.TAIL_CUT, 2, None)]


def test_a_head_that_was_noted_earlier_is_still_in_a_chain_that_has_grown(database, trail):
    head = verify(database).head
    seal_all(database)

    assert verify(database).head != head
    assert verify(database, expect=head).is_well


def test_a_head_written_into_a_false_seal_is_not_believed(database, trail):
    head = verify(database).head
    trail("DELETE FROM audit_entry WHERE id > 21")
    trail("UPDATE audit_seal SET entry_count = 1, marks = :mark, last_entry_id = first_entry_id WHERE number = 3",
          mark=bytes(40))  # fmt: skip

    assert (Fault.TAIL_CUT, 2, None) in flaws(database, expect=head)


def test_a_chain_sealed_anew_with_another_key_is_found_out(database, trail):
    """Somebody with the database alone has no key of the ring: what they wrap a key of theirs with does not open."""
    before = keyring_of(database.engine.dialect)
    trail("UPDATE audit_entry SET actor_name = 'Nobody' WHERE id = 12")
    trail("DELETE FROM audit_seal")
    trail("DELETE FROM audit_key")
    unlock(database.engine, Keyring((("secret-1", b"x" * 32),)))
    seal_all(database)
    unlock(database.engine, before)

    assert {fault for fault, _seal, _entry in flaws(database)} == {Fault.KEY_LOST}


def test_many_flaws_are_counted_and_the_first_ones_told(database, trail, monkeypatch):
    monkeypatch.setattr("app.kernel.verifying.MOST", 3)
    trail("UPDATE audit_entry SET actor_name = 'Nobody'")

    verdict = verify(database)
    assert (len(verdict.flaws), verdict.flaw_count) == (3, 30)


def test_a_flaw_is_told_in_words_with_its_place():
    assert str(Flaw(Fault.ENTRY_CHANGED, 2, 12)) == "entry changed, entry 12, seal 2"
    assert str(Flaw(Fault.TAIL_CUT, 2)) == "tail cut off, seal 2"
