"""Restoring: the whole file is read and checked first, then loaded so that there is never half of it.

PostgreSQL: one transaction. SQLite: a new file beside the old, which takes its place when it is whole.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pyrage.x25519 import Identity
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from app.backups.archive import About, Unpacked
from app.backups.errors import BackupError
from app.backups.loading import target_of
from app.backups.sealing import opened
from app.backups.taking import Begun, Progress, silent, sync_folder
from app.contacts.models import search_index
from app.kernel.db import Base, Database
from app.kernel.schema import known_revisions, upgrade

SQLITE = "sqlite:///"
IN_USE = "The database is in use. Stop the web processes and the workers first, then try again."


def verify(path: Path, identities: Sequence[Identity], *, begun: Begun = silent) -> About:
    """Read a backup from its first byte to its last; what it says of itself.

    Raises:
        BackupError: it is damaged, cut off, locked for another key, or of a schema these programs do not know.

    """
    with _file(path) as file:
        return _verify(file, identities, begun)


def restore(
    database: Database,
    path: Path,
    identities: Sequence[Identity],
    *,
    replace: bool = False,
    begun: Begun = silent,
) -> About:
    """Put a backup into an empty database, or in place of everything there is (`replace`); what it says of itself.

    The file is checked from end to end before anything is touched, and whatever goes wrong then leaves the database as
    it was. At the end the schema is the one of these programs.

    Raises:
        BackupError: the file is not good, the database is not empty or in use, or it refuses a row.

    """
    with _file(path) as file:
        about = _verify(file, identities, begun)
        if not replace and not is_empty(database):
            raise BackupError("The database is not empty. --replace puts the backup in place of everything there is.")

        def fill(connection: Connection) -> None:
            file.seek(0)
            with opened(file, identities) as plain:
                _load(connection, Unpacked(plain), about, begun(about))

        into = _into_postgresql if database.engine.dialect.name == "postgresql" else _into_sqlite
        try:
            into(database, fill)
        except OperationalError as wrong:  # the disk, the server, a lock: words about them, never about people
            raise BackupError(f"The database gave up: {wrong.orig}. What was there before is untouched.") from wrong
    return about


def is_empty(database: Database) -> bool:
    """Whether there is none of our tables yet. Asking does not make the file of a SQLite database."""
    if database.url.startswith(SQLITE) and not _path_of(database).exists():
        return True
    with database.engine.execution_options(writes=False).connect() as connection:
        return not _ours(connection)


def name_of(database: Database) -> str:
    """What the database is called, for whoever is asked whether it may be replaced."""
    return _path_of(database).name if database.url.startswith(SQLITE) else str(database.engine.url.database)


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as wrong:
        raise BackupError(f"{path} cannot be read: {wrong.strerror}.") from None
    with file:
        yield file


def _verify(file: BinaryIO, identities: Sequence[Identity], begun: Begun) -> About:
    with opened(file, identities) as plain:
        unpacked = Unpacked(plain)
        tell = begun(unpacked.about)
        for _table, rows in unpacked.pieces():
            tell(len(rows))
    if unpacked.about.revision not in known_revisions():
        raise BackupError(
            f"The backup is of schema {unpacked.about.revision} (Sahayog {unpacked.about.product}), which these "
            "programs do not know: it was made by a newer version. Restore it with that version."
        )
    return unpacked.about


def _load(connection: Connection, unpacked: Unpacked, about: About, tell: Progress) -> None:
    if unpacked.about != about:
        raise BackupError("The backup has changed since it was checked.")
    upgrade(connection, about.revision)
    target = target_of(connection)
    target.check(about.tables)
    with target.unguarded(about.tables):
        for table, rows in unpacked.pieces():
            target.load(table, rows)
            tell(len(rows))
    target.count(about.tables)


def _ours(connection: Connection) -> list[str]:
    return sorted({*Base.metadata.tables, "alembic_version"}.intersection(inspect(connection).get_table_names()))


def _into_postgresql(database: Database, fill: Callable[[Connection], None]) -> None:
    """Everything in one transaction; then forward to today's schema, as `flask db upgrade` would do it."""
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        if connection.scalar(text(_OTHERS)):
            raise BackupError(IN_USE)
        try:
            _clear(connection)
        except OperationalError:
            raise BackupError(IN_USE) from None
        fill(connection)
    try:
        with database.engine.connect() as connection:
            upgrade(connection)
        with database.engine.connect() as connection, connection.begin():
            _find_again(connection, search_index.POSTGRESQL_ANEW)
            connection.execute(text("ANALYZE"))
    except OperationalError as wrong:
        raise BackupError(
            f"Every row is in place, but not the schema of these programs: {wrong.orig}. Run: flask db upgrade"
        ) from wrong


def _clear(connection: Connection) -> None:
    """Take away our tables, with the functions that their triggers call."""
    tables = _ours(connection)
    if not tables:
        return
    tables += [search_index.TABLE] if search_index.TABLE in inspect(connection).get_table_names() else []
    functions = connection.scalars(text(_FUNCTIONS), {"tables": tables}).all()
    connection.execute(text("DROP TABLE " + ", ".join(f'"{name}"' for name in tables) + " CASCADE"))
    for function in functions:
        connection.execute(text(f"DROP FUNCTION {function}"))


def _find_again(connection: Connection, statements: Sequence[str]) -> None:
    """What finding people stands on is in no backup: rows came in past the triggers that keep it."""
    for statement in statements:
        connection.exec_driver_sql(statement)


def _into_sqlite(database: Database, fill: Callable[[Connection], None]) -> None:
    path = _path_of(database)
    database.engine.dispose()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.restoring")
    _remove(fresh)
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        made = Database(f"{SQLITE}{fresh}")
        try:
            _fill_sqlite(made, fill)
        finally:
            made.close()
        _let_go(path)
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as wrong:
        raise BackupError(f"The database could not be written: {wrong.strerror}. The old one is untouched.") from None
    finally:
        _remove(fresh)


def _fill_sqlite(made: Database, fill: Callable[[Connection], None]) -> None:
    with made.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")  # without effect within a transaction, so before it begins
        with connection.begin():
            fill(connection)
        with connection.begin():
            upgrade(connection)
        with connection.begin():
            _find_again(connection, search_index.SQLITE_ANEW)
        driver.execute("ANALYZE")
        driver.execute("PRAGMA journal_mode=DELETE")  # one file and no journal: renaming it moves all of it


def _let_go(path: Path) -> None:
    """See that nobody has the old file open, and take its journal away.

    Raises:
        BackupError: somebody has.

    """
    if not path.exists():
        return
    old = Database(f"{SQLITE}{path}")
    try:
        with old.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA busy_timeout=500")
            driver.execute("PRAGMA journal_mode=DELETE")  # refused while another connection is open
    except (OperationalError, sqlite3.OperationalError):
        raise BackupError(IN_USE) from None
    finally:
        old.close()


def _path_of(database: Database) -> Path:
    return Path(database.url.removeprefix(SQLITE))


def _remove(path: Path) -> None:
    for extra in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + extra).unlink(missing_ok=True)


_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""
_FUNCTIONS = """
    SELECT DISTINCT tgfoid::regprocedure::text
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND relname = ANY(:tables) AND relnamespace = current_schema()::regnamespace
      AND pronamespace = current_schema()::regnamespace
"""
