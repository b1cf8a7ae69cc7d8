"""The running product on the database that is asked for, and what can go wrong with that database."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url

from tests.faults.trouble import Outage
from tests.postgres import stopped, temporary_postgres
from tests.stack import PASSWORD, ROOT, SECRET_KEY, Stack

OUTLIVES_KILLS = {"synchronous_commit": "on"}
"""What a commit has promised is with the system, which nobody kills here; the disk need not have it."""


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
        server.dispose()
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def fresh(self) -> str:
        """The address of another one."""
        self._many += 1
        made = self._new(f"copy_{self._many}", "filled")
        if self.kind == "sqlite":
            shutil.copyfile(path_of(self._filled), path_of(made))
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
