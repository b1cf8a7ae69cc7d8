"""`flask backup …`, `flask restore`, and the nightly round, as whoever runs the installation meets them."""

import dataclasses

import pytest

from app.backups.sealing import parse_identities
from app.factory import create_app
from app.kernel.rounds import Rounds, carry_out
from config import Config, ConfigError
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db


@pytest.fixture
def installation(app, settings, db, identity, tmp_path):
    """An installation with backups, and one contact."""
    make_contact(db)
    db.commit()
    (tmp_path / "backups").mkdir()
    changed = {"BACKUP_FOLDER": str(tmp_path / "backups"), "BACKUP_RECIPIENT": str(identity.to_public())}
    application = create_app(dataclasses.replace(settings, **changed))
    yield application
    application.database.close()


@pytest.fixture
def run(installation):
    """Run a command; (exit code, what it said)."""

    def command(*words, typed=None):
        done = installation.test_cli_runner().invoke(args=[str(each) for each in words], input=typed)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return command


def test_backup_alone_takes_one_into_the_folder_and_list_names_it(run, tmp_path):
    code, said = run("backup")

    [path] = (tmp_path / "backups").iterdir()
    assert code == 0
    assert f"{path}: " in said
    assert path.name in run("backup", "list")[1]


def test_a_backup_into_a_named_file_is_verified_and_restored(run, tmp_path, key_file, make_app):
    assert run("backup", "take", tmp_path / "mine.age")[0] == 0
    code, said = run("backup", "verify", tmp_path / "mine.age", "--key", key_file)
    assert (code, "It is whole." in said) == (0, True)

    there = make_app(DATABASE_URL=f"sqlite:///{tmp_path / 'there.db'}")
    done = there.test_cli_runner().invoke(args=["restore", str(tmp_path / "mine.age"), "--key", str(key_file)])

    assert done.exit_code == 0, done.output
    for words in ("Restored. Every row is there.", "ok   books.check", "ok   keys"):
        assert words in done.output


def test_restoring_over_what_is_there_wants_the_flag_and_the_name_typed(run, tmp_path, key_file, database):
    run("backup", "take", tmp_path / "mine.age")
    database.engine.dispose()

    assert "not empty" in run("restore", tmp_path / "mine.age", "--key", key_file)[1]
    code, said = run("restore", tmp_path / "mine.age", "--key", key_file, "--replace", typed="yes\n")
    assert (code, "Nothing was done." in said) == (1, True)
    name = said.partition("Everything in ")[2].partition(" will be")[0]
    code, said = run("restore", tmp_path / "mine.age", "--key", key_file, "--replace", typed=f"{name}\n")

    assert (code, "Restored." in said) == (0, True), said


def test_a_restore_without_the_keys_of_encrypted_columns_says_so_and_fails(run, app, tmp_path, key_file, make_app):
    carry_out(app.work, app.ports.get(Rounds).get("audit.seal"))
    run("backup", "take", tmp_path / "mine.age")

    there = make_app(
        DATABASE_URL=f"sqlite:///{tmp_path / 'there.db'}", SECRET_KEY="another secret than the one it had, long"
    )
    done = there.test_cli_runner().invoke(args=["restore", str(tmp_path / "mine.age"), "--key", str(key_file)])

    assert done.exit_code == 1
    assert "BAD" in done.output


def test_a_key_pair_is_made_without_any_other_tool_and_never_over_another(run, tmp_path):
    code, said = run("backup", "key", tmp_path / "key.age", typed="four words\nfour words\n")
    assert code == 0
    public = said.partition("BACKUP_RECIPIENT=")[2].strip()
    private = (tmp_path / "key.age").read_bytes()
    assert [str(each.to_public()) for each in parse_identities(private, "four words")] == [public]

    assert run("backup", "key", tmp_path / "key.age", typed="four words\nfour words\n")[0] == 1
    assert (tmp_path / "key.age").read_bytes() == private


def test_a_locked_key_asks_for_its_passphrase(run, tmp_path):
    run("backup", "key", tmp_path / "key.age", typed="four words\nfour words\n")
    run("backup", "take", tmp_path / "mine.age")
    words = ("backup", "verify", tmp_path / "mine.age", "--key", tmp_path / "key.age")

    assert "another one" in run(*words, typed="four words\n")[1]
    assert "does not open the key file" in run(*words, typed="other words\n")[1]


def test_mistakes_are_told_in_one_line(run, tmp_path):
    (tmp_path / "not.age").write_text("hello")
    for words in (
        ("backup", "verify", tmp_path / "none.age", "--key", tmp_path / "none.txt"),
        ("restore", tmp_path / "not.age", "--key", tmp_path / "not.age"),
        ("backup", "take", tmp_path / "not.age"),
    ):
        code, said = run(*words)
        assert code == 1
        assert said.startswith("Error: ")
        assert said.count("\n") == 1


def test_every_night_one_is_taken_where_a_folder_is_named(installation, app, tmp_path):
    nightly = installation.ports.get(Rounds).get("backup")
    assert nightly.is_wanted(installation.work)
    run = carry_out(installation.work, nightly)

    [path] = (tmp_path / "backups").iterdir()
    assert run.is_well
    assert (run.facts["file"], run.facts["bytes"]) == (path.name, path.stat().st_size)
    assert path.name in nightly.wording(run.facts)
    assert not nightly.is_wanted(app.work)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"BACKUP_FOLDER": "/backups"}, "BACKUP_RECIPIENT is required"),
        ({"BACKUP_RECIPIENT": "AGE-SECRET-KEY-1"}, "public key"),
        ({"BACKUP_KEEP": "7"}, "BACKUP_KEEP"),
        ({"BACKUP_KEEP": "0,4,12"}, "BACKUP_KEEP"),
    ],
)
def test_settings_that_would_make_no_backup_stop_the_start(changes, why):
    with pytest.raises(ConfigError, match=why):
        Config(SECRET_KEY="x" * 32, **changes)
