"""The running product on the database that is asked for, and what can go wrong with that database."""

import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, make_url

from tests.faults.trouble import Outage
from tests.postgres import stopped, temporary_postgres
from tests.stack import PASSWORD, ROOT, SECRET_KEY, Stack, eventually

OUTLIVES_KILLS = {"synchronous_commit": "on"}
"""What a commit has promised is with the system, which nobody kills here; the disk need not have it."""

SMALL = 256 * 1024
"""Bytes. What the programs say (their logs) is shorter."""


class Ground:
    """Databases filled with the invented charity, as many as one likes; the filling is done once.

    `kind` is sqlite (files in `folder`) or postgresql (on `server`, the address of one).
    """

    def __init__(self, kind: str, folder: Path, server: str) -> None:
        self.kind, self._folder, self._server, self._many = kind, folder, server, 0
        self._filled = self._new("filled")
        for words in (("db", "upgrade"), ("seed", "--password", PASSWORD)):
            env = {**os.environ, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": self._filled, "QUEUE_URL": "none"}
            subprocess.run(Stack.flask(*words), cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)

    def _new(self, name: str, template: str = "template0") -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self._folder / f'{name}.db'}"
        server = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            # Until then the copy's sequences hand out numbers that a crash takes back: the original's promise of the
            # next 32 was copied with them, but is in the journal for the original alone.
            connection.exec_driver_sql("CHECKPOINT")
        server.dispose()
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def fresh(self) -> str:
        """The address of another one."""
        self._many += 1
        made = self._new(f"copy_{self._many}", "filled")
        if self.kind == "sqlite":
            with (
                closing(sqlite3.connect(path_of(self._filled))) as source,
                closing(sqlite3.connect(path_of(made))) as copy,
            ):
                source.backup(copy)  # with what is still in its journal
        return made

    @contextmanager
    def started(self, folder: Path, **options: Any) -> Iterator[Stack]:
        """The running product on a fresh one."""
        with Stack(folder, database_url=self.fresh(), is_filled=True, **options) as stack:
            yield stack


@contextmanager
def ground(kind: str, folder: Path) -> Iterator[Ground]:
    """Databases of this kind; for PostgreSQL on a server that ends with the block."""
    with temporary_postgres(OUTLIVES_KILLS) if kind == "postgresql" else nullcontext("") as server:
        yield Ground(kind, folder, server)


def path_of(url: str) -> Path:
    """The file of an SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def without_a_process(stack: Stack) -> Iterator[None]:
    """The web server's own process dies, not the server: which starts another by itself.

    Unless that one dies within seconds too: then it gives up, and is started again as systemd would.
    """
    leader, before = stack.running["site"], set(stack.pids_of("site"))
    for pid in before - {leader.pid}:
        os.kill(pid, signal.SIGKILL)
    yield
    eventually(lambda: set(stack.pids_of("site")) - before or leader.poll() is not None, "another process")
    if leader.poll() is not None:
        del stack.running["site"]
        stack.restart("site")
    stack.wait_until_up("site")


def gone(stack: Stack) -> Outage:
    """The database gone for a while: PostgreSQL stopped, or SQLite locked by somebody else."""
    on_sqlite = stack.database_url.startswith("sqlite")
    return partial(locked, path_of(stack.database_url)) if on_sqlite else partial(stopped, stack.database_url)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The time during which somebody else holds an SQLite file for themselves."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def full(stack: Stack) -> Outage:
    """No space left for the database, nor for the queue beside it."""
    on_sqlite = stack.database_url.startswith("sqlite")
    return partial(_no_more_bytes, stack) if on_sqlite else partial(_no_more_rows, stack.database_url)


@contextmanager
def _no_more_rows(url: str) -> Iterator[None]:
    """PostgreSQL says of every row that its disk is full (SQLSTATE 53100), as it does when a table cannot grow."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        tables = inspect(server).get_table_names()
        for table in tables:
            connection.exec_driver_sql(
                f'CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON "{table}" EXECUTE FUNCTION disk_is_full()'
            )
        try:
            yield
        finally:
            connection.exec_driver_sql("DROP FUNCTION disk_is_full CASCADE")
    server.dispose()


@contextmanager
def _no_more_bytes(stack: Stack) -> Iterator[None]:
    """No file of site and worker may grow (RLIMIT_FSIZE): what SQLite adds to its journals cannot be written.

    The journals are made long and kept from beginning anew by somebody who goes on reading.
    """
    with ExitStack() as leaving:
        for url in (stack.database_url, stack.env["QUEUE_URL"]):
            leaving.enter_context(_long_journal(path_of(url)))
        programs = [pid for name in (*stack.sites, *stack.workers) for pid in stack.pids_of(name)]
        before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, -1)) for pid in programs}
        try:
            yield
        finally:
            for pid, limits in before.items():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def _long_journal(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as writer:
            writer.execute("CREATE TABLE filler (content)")
            writer.execute("INSERT INTO filler VALUES (randomblob(?))", (3 * SMALL,))
            writer.execute("DROP TABLE filler")
        yield
        reader.execute("ROLLBACK")
