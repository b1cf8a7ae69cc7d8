"""Keys from the command line."""

import base64

import pytest
from sqlalchemy import select

from app.kernel.audit import AuditEntry
from app.kernel.secrets import Keyring, keyring_of, unlock
from config import Config
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
