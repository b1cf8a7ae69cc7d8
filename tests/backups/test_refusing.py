"""A backup that cannot be trusted, and a database that must not be touched: a clear no, and nothing has changed."""

import dataclasses
import gzip
import io
import json
import os
import tarfile
import tracemalloc

import pyrage
import pytest
from pyrage import x25519
from sqlalchemy import text

from app.backups.archive import About, Unpacked, pack
from app.backups.errors import BackupError
from app.backups.restoring import restore, verify
from app.backups.sealing import lock
from app.backups.taking import take
from app.kernel.db import Database
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db


@pytest.fixture
def backup(tmp_path, database, db, recipients):
    make_contact(db)
    db.commit()
    return take(database, tmp_path / "backup.age", recipients)


@pytest.fixture
def empty(tmp_path):
    """A database that was never migrated."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    yield database
    database.close()


@pytest.fixture
def refused(backup, empty, identity, tmp_path):
    """Try to restore this file; why that was refused. Nothing may be left of the attempt."""

    def attempt(content, *, key=identity):
        path = tmp_path / "other.age"
        path.write_bytes(content)
        before = {each.name for each in tmp_path.iterdir()}
        with pytest.raises(BackupError) as refusal:
            restore(empty, path, [key])
        assert {each.name for each in tmp_path.iterdir()} == before
        return str(refusal.value)

    return attempt


def changed(backup, identity, recipients, change):
    """The backup, opened, with its members changed by `change(members)`, and locked again by somebody."""
    plain = io.BytesIO(pyrage.decrypt(backup.path.read_bytes(), [identity]))
    with tarfile.open(fileobj=plain, mode="r:gz") as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    change(members)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            head = tarfile.TarInfo(name)
            head.size = len(content)
            tar.addfile(head, io.BytesIO(content))
    return pyrage.encrypt(packed.getvalue(), recipients)


def with_about(**values):
    def change(members):
        members["about.json"] = json.dumps({**json.loads(members["about.json"]), **values}).encode()

    return change


def test_a_key_of_somebody_else_opens_nothing(refused, backup):
    assert "another one" in refused(backup.path.read_bytes(), key=x25519.Identity.generate())


@pytest.mark.parametrize("cut", [1, 17, 3_000, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(refused, backup, cut):
    whole = backup.path.read_bytes()
    left = len(whole) - cut if isinstance(cut, int) else int(len(whole) * cut)

    assert "damaged" in refused(whole[:left])


@pytest.mark.parametrize("place", [0.3, 0.6, 0.999])
def test_one_changed_bit_is_found(refused, backup, place):
    content = bytearray(backup.path.read_bytes())
    content[int(len(content) * place)] ^= 1

    assert "damaged" in refused(bytes(content))


@pytest.mark.parametrize("content", [b"", b"hello", b"age-encryption.org/v1\n", os.urandom(5_000)])
def test_what_is_no_backup_is_refused(refused, content):
    assert "not a backup" in refused(content)


def test_something_else_that_is_locked_is_refused(refused, recipients):
    assert "damaged" in refused(pyrage.encrypt(b"a letter", recipients))


def in_a_tar(*members, about=None):
    """An archive as anybody could make it who knows the public key."""
    told = {"format": 1, "product": "1", "revision": "1", "kind": "sqlite", "taken_at": "2026-01-01T00:00:00+00:00",
            "tables": [{"name": "role", "columns": [["id", "integer"]], "rows": 1}]}  # fmt: skip
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in (("about.json", json.dumps(told | (about or {})).encode()), *members):
            head = tarfile.TarInfo(name)
            head.size = len(content)
            tar.addfile(head, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        in_a_tar(("database/role/1.jsonl", b"[" * 100_000)),
        in_a_tar(("database/role/1.jsonl", b"[" + b"[]," * 1_000_000 + b"[]]")),
        in_a_tar(("database/role/1.jsonl", b"[[1]]")),
        in_a_tar(("../../role/1.jsonl", b"[1]")),
        in_a_tar(("checksums.json", b"[" * 100_000)),
        in_a_tar(about={"tables": [{"name": {}, "columns": [], "rows": 1}]}),
        in_a_tar(about={"tables": [{"name": "role", "columns": [[["id"], "integer"]], "rows": 1}]}),
        in_a_tar(about={"revision": []}),
    ],
)
def test_an_archive_that_was_made_to_harm_is_refused_in_one_line(refused, recipients, content):
    assert refused(pyrage.encrypt(content, recipients))


def test_names_that_would_fill_the_memory_are_not_read():
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE):
        head = tarfile.TarInfo("about.json")
        head.type, head.size = kind, 32_000_000
        content = gzip.compress(head.tobuf(tarfile.GNU_FORMAT) + bytes(head.size), 1)
        tracemalloc.start()
        with pytest.raises(BackupError):
            Unpacked(io.BytesIO(content))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < head.size / 4


def test_a_newer_schema_is_refused(refused, backup, identity, recipients):
    content = changed(backup, identity, recipients, with_about(revision="9999"))

    assert "damaged" in refused(content)  # its checksum


def test_a_newer_schema_that_is_whole_is_refused_too(refused, backup, recipients, tmp_path):
    newer = dataclasses.replace(backup.about, revision="9999", tables=())
    path = tmp_path / "newer.age"
    with path.open("wb") as file:
        lock(pack(newer, lambda _table: []), file, recipients)

    assert "made by a newer version" in refused(path.read_bytes())


def test_a_later_format_is_refused(refused, backup, identity, recipients):
    assert "format 2" in refused(changed(backup, identity, recipients, with_about(format=2)))


def test_folders_of_a_later_format_are_not_passed_over(refused, backup, identity, recipients):
    def add(members):
        sums = members.pop("checksums.json")
        members.update({"files/picture.png": b"x", "checksums.json": sums})

    assert "files/picture.png" in refused(changed(backup, identity, recipients, add))


def test_a_missing_piece_is_found(refused, backup, identity, recipients):
    def lose(members):
        del members["database/contact/000001.jsonl"]

    assert "damaged" in refused(changed(backup, identity, recipients, lose))


def test_a_row_that_the_database_refuses_leaves_nothing_and_is_told_to_nobody(empty, backup, recipients, identity):
    contact = next(table for table in backup.about.tables if table.name == "contact")
    about = dataclasses.replace(backup.about, tables=(dataclasses.replace(contact, rows=1),))
    row = ["Secret Name" if kind == "text" else None for _name, kind in contact.columns]
    path = backup.path.with_name("bad.age")
    with path.open("wb") as file:
        lock(pack(about, lambda _table: [row]), file, recipients)

    with pytest.raises(BackupError) as refusal:
        restore(empty, path, [identity])

    assert "refuses a row of contact" in str(refusal.value)
    assert "Secret" not in str(refusal.value)
    assert not path.with_name("empty.db").exists()


def test_a_database_with_something_in_it_is_never_touched_unasked(backup, identity, database):
    with database.reading() as db:
        before = db.execute(text("SELECT * FROM contact")).all()
    with pytest.raises(BackupError, match="not empty"):
        restore(database, backup.path, [identity])
    with database.reading() as db:
        assert db.execute(text("SELECT * FROM contact")).all() == before


def test_a_database_that_somebody_uses_is_not_replaced(backup, identity, database):
    with database.session(writes=False) as db:
        before = db.execute(text("SELECT * FROM contact")).all()
        other = Database(database.url)  # as another process would open it
        with pytest.raises(BackupError, match="in use"):
            restore(other, backup.path, [identity], replace=True)
        other.close()
        assert db.execute(text("SELECT * FROM contact")).all() == before


def test_a_damaged_backup_does_not_cost_the_database_it_should_replace(backup, identity, database):
    backup.path.write_bytes(backup.path.read_bytes()[:-100])

    with pytest.raises(BackupError, match="damaged"):
        restore(database, backup.path, [identity], replace=True)
    with database.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM contact")) == 1


def test_a_backup_is_never_overwritten_and_never_made_of_nothing(backup, database, empty, recipients, tmp_path):
    content = backup.path.read_bytes()
    with pytest.raises(BackupError, match="never overwritten"):
        take(database, backup.path, recipients)
    assert backup.path.read_bytes() == content
    with pytest.raises(BackupError, match="nothing to back up"):
        take(empty, tmp_path / "nothing.age", recipients)
    with pytest.raises(BackupError, match="No such file"):
        take(database, tmp_path / "nowhere" / "b.age", recipients)
    assert {each.suffix for each in tmp_path.iterdir() if "age" in each.name} == {".age"}


def test_a_backup_is_readable_by_its_owner_alone_and_holds_nothing_in_plain_text(backup):
    assert backup.path.stat().st_mode & 0o777 == 0o600
    assert b"contact" not in backup.path.read_bytes()


def test_verifying_says_what_is_in_a_backup(backup, identity):
    about = verify(backup.path, [identity])

    assert about == backup.about
    assert (about.kind, about.rows) == (backup.about.kind, backup.about.rows)


def test_rows_of_another_schema_are_not_forced_into_ours(backup, empty, recipients, identity, tmp_path):
    contact = next(table for table in backup.about.tables if table.name == "contact")
    path = tmp_path / "odd.age"
    for table in (
        dataclasses.replace(contact, name="odd", rows=0),
        dataclasses.replace(contact, columns=contact.columns[1:], rows=0),
    ):
        with path.open("wb") as file:
            lock(pack(dataclasses.replace(backup.about, tables=(table,)), lambda _table: []), file, recipients)
        with pytest.raises(BackupError, match=r"no table odd|other columns"):
            restore(empty, path, [identity])


def test_what_a_backup_says_of_itself_survives_writing_and_reading(backup):
    assert About.from_json(backup.about.to_json()) == backup.about
    packed = b"".join(pack(dataclasses.replace(backup.about, tables=()), lambda _table: []))
    assert list(Unpacked(io.BytesIO(packed)).pieces()) == []


def test_a_server_that_is_away_is_told_in_one_line(backup, recipients, identity, tmp_path):
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(BackupError, match="could not be read"):
        take(away, tmp_path / "away.age", recipients)
    with pytest.raises(BackupError, match="gave up"):
        restore(away, backup.path, [identity], replace=True)
    away.close()
    assert not (tmp_path / "away.age").exists()
