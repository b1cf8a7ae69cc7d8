"""Taking a backup: one instant of a database in use, streamed into a locked file that appears when it is whole."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pyrage.x25519 import Recipient
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import OperationalError

from app import VERSION
from app.backups.archive import About, pack
from app.backups.errors import BackupError
from app.backups.rows import AT_ONCE, describe, read_rows
from app.backups.sealing import lock
from app.kernel.clock import now
from app.kernel.db import Base, Database
from app.kernel.schema import revision_of

UNFINISHED = ".part"
Progress = Callable[[int], None]
"""Told how many rows more were written or read."""
Begun = Callable[[About], Progress]
"""Told what is coming; gives whoever wants to hear how far it is."""


@dataclass(frozen=True)
class Taken:
    """A backup that was taken: where it is, its size in bytes, and what it says of itself."""

    path: Path
    size: int
    about: About


def silent(_about: About) -> Progress:
    """For those who do not want to hear how far it is."""
    return lambda _rows: None


def take(
    database: Database,
    path: Path,
    recipients: Sequence[Recipient],
    *,
    begun: Begun = silent,
) -> Taken:
    """Write everything the database holds at this instant into a new file; nobody else has to wait.

    The file appears when it is whole and safely on the disk; when anything fails nothing of it is left.

    Raises:
        BackupError: the file exists, the disk is full, or the database was never migrated.

    """
    if path.exists():
        raise BackupError(f"{path} is there already. A backup is never overwritten.")
    try:
        with _one_instant(database) as connection, _appearing(path) as file:
            about = about_now(connection)
            tell = begun(about)
            lock(pack(about, lambda table: _told(read_rows(connection, table), tell)), file, recipients)
            size = file.tell()
    except OSError as wrong:
        raise BackupError(f"The backup could not be written: {wrong.strerror}. Nothing was left of it.") from wrong
    except OperationalError as wrong:
        raise BackupError(f"The database could not be read: {wrong.orig}. Nothing was left of the backup.") from wrong
    return Taken(path, size, about)


def about_now(connection: Connection) -> About:
    """What a backup of this database would say of itself.

    Raises:
        BackupError: the database was never migrated.

    """
    revision = revision_of(connection)
    if revision is None:
        raise BackupError("The database is empty: there is nothing to back up.")
    here = set(inspect(connection).get_table_names())
    names = sorted(here.intersection(Base.metadata.tables))
    return About(
        product=VERSION,
        revision=revision,
        kind=connection.dialect.name,
        taken_at=now(),
        tables=describe(connection, names),
    )


def _told(rows: Iterator[list[Any]], tell: Progress) -> Iterator[list[Any]]:
    """The same rows; who wants to hear of them does so now and then, for that takes time too."""
    since = 0
    for row in rows:
        yield row
        since += 1
        if since == AT_ONCE:
            tell(since)
            since = 0
    tell(since)


@contextmanager
def _one_instant(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it is now, until the end of the block, and writes nothing."""
    options: dict[str, Any] = {"writes": False}
    if database.engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A new file, readable by its owner alone, that gets its name when it is whole and on the disk."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            unfinished.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """See that a new name in this folder outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
