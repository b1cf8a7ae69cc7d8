"""A backup of a busy installation shows one instant of it; whatever is killed meanwhile, nothing is half-believed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backups.proving import prove
from app.backups.restoring import restore
from app.backups.taking import take
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.kernel.organisation import the_organisation
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_offline_gift

pytestmark = pytest.mark.db
ROOT = Path(__file__).parents[2]
PATIENCE = 120
LOCKED = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"


@pytest.fixture
def giving(app, db):
    """Two people who record gifts with receipts without a pause; how many there are by now."""
    french_organisation(db)
    fund = make_fund(db)
    db.commit()
    stop, recorded, faults = threading.Event(), [], []

    def record():
        while not stop.is_set():
            try:
                with app.database.writing() as own:
                    act_as(own, SYSTEM)
                    recorded.append(make_offline_gift(own, make_contact(own), fund=fund).id)
            except Exception as fault:  # noqa: BLE001 - told by the test
                faults.append(fault)
                return

    clerks = [threading.Thread(target=record) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    yield recorded
    stop.set()
    for clerk in clerks:
        clerk.join()
    assert faults == []


def wait_for(look):
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def test_a_backup_taken_while_gifts_are_recorded_is_in_balance(app, giving, identity, tmp_path, make_app):
    for number in range(3):
        seen = len(giving)
        wait_for(lambda seen=seen: len(giving) > seen + 2)
        backup = take(app.database, tmp_path / f"{number}.age", [identity.to_public()])
    seen = len(giving)
    wait_for(lambda: len(giving) > seen)

    there = make_app(DATABASE_URL=f"sqlite:///{tmp_path / 'there.db'}")
    restore(there.database, backup.path, [identity])

    proofs = list(prove(there.work))
    assert [(name, words) for name, is_well, words in proofs if not is_well] == []
    with there.database.reading() as db:
        gifts = db.scalar(text("SELECT count(*) FROM gift"))
    assert 9 <= gifts <= seen + 2
    assert gifts == next(table.rows for table in backup.about.tables if table.name == "gift")


@pytest.fixture
def command(settings, identity):
    """A command of the product in a process of its own, on the database of the test."""
    found = []

    def start(*words, blocks="unlimited"):
        env = {
            **os.environ, "SECRET_KEY": settings.SECRET_KEY, "DATABASE_URL": settings.DATABASE_URL, "QUEUE_URL": "none",
            "BACKUP_RECIPIENT": str(identity.to_public()),
        }  # fmt: skip
        limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"]
        program = [*limited, sys.executable, "-m", "flask", "--app", "wsgi", *map(str, words)]
        running = subprocess.Popen(
            program,
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        found.append(running)
        return running

    yield start
    for running in found:
        running.kill()
        running.communicate()


def test_a_restore_that_is_killed_leaves_what_was_there(app, db, command, identity, key_file):
    make_contact(db)
    db.commit()
    backup = take(app.database, key_file.with_name("backup.age"), [identity.to_public()])
    make_contact(db, given_name="Since", family_name="Then")
    db.commit()
    db.close()
    app.database.engine.dispose()
    name = app.database.engine.url.database.rpartition("/")[2]

    def is_under_way(running):
        assert running.poll() is None, running.communicate()
        if app.database.url.startswith("sqlite"):
            return list(Path(app.database.url.removeprefix("sqlite:///")).parent.glob(".*.restoring"))
        with watching.engine.connect() as connection:
            return connection.scalar(text(LOCKED))

    watching = Database(os.environ.get("TEST_DATABASE_URL") or app.database.url)
    running = command("restore", backup.path, "--key", key_file, "--replace")
    running.stdin.write(f"{name}\n")
    running.stdin.flush()
    wait_for(lambda: is_under_way(running))
    running.send_signal(signal.SIGKILL)
    running.wait()
    watching.close()

    with app.database.reading() as looking:
        assert looking.scalar(text("SELECT count(*) FROM contact")) == 2
    app.database.engine.dispose()

    again = command("restore", backup.path, "--key", key_file, "--replace")
    said, _ = again.communicate(f"{name}\n", timeout=PATIENCE * 2)
    assert again.returncode == 0, said
    with app.database.reading() as looking:
        assert looking.scalar(text("SELECT count(*) FROM contact")) == 1


def test_a_full_disk_costs_no_backup_that_is_there(app, db, command, tmp_path, key_file):
    """A limit on the size of files stands for the disk: writing ends in an error of the operating system."""
    the_organisation(db).purpose = os.urandom(200_000).hex()
    db.commit()
    said, _ = command("backup", "take", tmp_path / "first.age").communicate(timeout=PATIENCE)
    before = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert before["first.age"] > 200_000, said

    full = command("backup", "take", tmp_path / "second.age", blocks=200)
    said, _ = full.communicate(timeout=PATIENCE)

    assert full.returncode == 1
    assert "could not be written: File too large. Nothing was left of it." in said
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == before
