"""Keys and the trail from the command line, and what the product does of it by itself."""

import base64

import pytest
from sqlalchemy import select

from app.admin import duties
from app.kernel.audit import AuditEntry
from app.kernel.rounds import Rounds, carry_out
from app.kernel.sealing import AuditSeal
from app.kernel.secrets import Keyring, keyring_of, unlock
from app.kernel.verifying import verify
from config import Config
from tests.kernel.chain import rewriter, write_entries
from tests.kernel.test_rotation import NEW, OLD, store

pytestmark = pytest.mark.db


@pytest.fixture
def run(app):
    before = keyring_of(app.database.engine.dialect)
    yield lambda *words: app.test_cli_runner().invoke(args=words)
    unlock(app.database.engine, before)


@pytest.mark.parametrize("name", [(), ("spring",)])
def test_a_fresh_key_is_one_that_the_settings_take(run, name):
    line = run("keys", "new", *name).output.strip()

    made = Config(SECRET_KEY="0123456789abcdef0123456789abcdef", ENCRYPTION_KEYS=line)
    assert len(made.encryption_keys[0][1]) == 32
    assert line != run("keys", "new", *name).output.strip()


def test_changing_keys_says_how_many_rows_of_what_and_leaves_an_entry(app, run):
    unlock(app.database.engine, Keyring((OLD,)))
    store(app.database, 3)
    unlock(app.database.engine, Keyring((NEW, OLD)))

    done = run("keys", "rotate")

    assert done.exit_code == 0
    assert "gateway_event.payload: 3 rows written with the key spring." in done.output
    assert base64.b64encode(NEW[1]).decode() not in done.output
    with app.database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "keys.rotated")).one()
    assert entry.changes == {"rows": 3, "key": "spring"}


def test_a_missing_key_is_named_and_the_command_fails(app, run):
    unlock(app.database.engine, Keyring((OLD,)))
    store(app.database, 1)
    unlock(app.database.engine, Keyring((NEW,)))

    done = run("keys", "rotate")

    assert done.exit_code == 1
    assert "winter" in done.output


def test_the_trail_is_sealed_and_verified_and_its_head_is_told(app, run):
    write_entries(app.database, 3)

    sealed, verified = run("audit", "seal"), run("audit", "verify")

    head = verify(app.database).head
    assert f"Head: {head}" in sealed.output
    assert (verified.exit_code, "3 entries read under 1 seals" in verified.output) == (0, True)
    assert run("audit", "verify", "--expect", head).exit_code == 0


def test_a_trail_that_was_rewritten_fails_and_says_where(app, run):
    write_entries(app.database, 3)
    run("audit", "seal")
    rewriter(app.database)("UPDATE audit_entry SET actor_name = 'Nobody' WHERE id = 2")

    done = run("audit", "verify")
    assert done.exit_code == 1
    assert "WRONG: entry changed, entry 2, seal 1" in done.output


def test_a_head_that_is_not_there_any_more_fails(app, run):
    write_entries(app.database, 1)
    run("audit", "seal")

    assert run("audit", "verify", "--expect", "f" * 64).exit_code == 1


def test_seals_hold_after_the_keys_have_changed_and_the_old_ones_are_gone(app, run):
    unlock(app.database.engine, Keyring((OLD,)))
    write_entries(app.database, 2)
    run("audit", "seal")
    unlock(app.database.engine, Keyring((NEW, OLD)))
    run("keys", "rotate")
    unlock(app.database.engine, Keyring((NEW,)))
    run("audit", "seal")

    verdict = verify(app.database)
    with app.database.reading() as db:
        assert {seal.key_id for seal in db.scalars(select(AuditSeal))} == {1, 2}
    assert (verdict.is_well, verdict.seals) == (True, 2)


def test_each_night_the_chain_must_still_hold_the_head_of_the_night_before(app):
    duty = app.work.ports.get(Rounds).get("audit.verify")
    write_entries(app.database, 2)
    duties.seal_trail(app.work)
    first = carry_out(app.work, duty)
    write_entries(app.database, 1)
    duties.seal_trail(app.work)
    second = carry_out(app.work, duty)
    rewrite = rewriter(app.database)
    rewrite("DELETE FROM audit_seal WHERE number = 2")
    rewrite("DELETE FROM audit_entry WHERE id = 3")
    third = carry_out(app.work, duty)

    assert (first.is_well, second.is_well, third.is_well) == (True, True, False)
    assert third.facts["fault"] == "tail cut off"
    assert duties.verified_in_words(first.facts) == "2 entries are as they were written."
    assert duties.verified_in_words(third.facts) == "The newest seals were cut off. (seal 1)"


def test_what_an_older_key_protects_is_written_anew_by_itself(app, run):
    unlock(app.database.engine, Keyring((OLD,)))
    store(app.database, 2)
    unlock(app.database.engine, Keyring((NEW, OLD)))

    assert duties.rotate_keys(app.work).facts == {"rows": 2}
    assert duties.rotated_in_words({"rows": 0}) == "Everything is written with the newest key."
