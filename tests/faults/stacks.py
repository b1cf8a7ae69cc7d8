"""The running product on the database that is asked for, and what can go wrong with that database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.trouble import Outage
from tests.postgres import stopped, temporary_postgres
from tests.stack import Stack

OUTLIVES_KILLS = {"synchronous_commit": "on"}
"""What a commit has promised is with the system, which nobody kills here; the disk need not have it."""


@contextmanager
def started(kind: str, folder: Path, **options: Any) -> Iterator[Stack]:
    """The running product on an empty database: `kind` is sqlite or postgresql (on a server of its own)."""
    server = temporary_postgres(OUTLIVES_KILLS) if kind == "postgresql" else nullcontext("")
    with server as url, Stack(folder, database_url=url, **options) as stack:
        yield stack


def gone(stack: Stack) -> Outage:
    """The database gone for a while: PostgreSQL stopped, or SQLite locked by somebody else."""
    on_sqlite = stack.database_url.startswith("sqlite")
    return partial(_locked, stack.folder / "sahayog.db") if on_sqlite else partial(stopped, stack.database_url)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
