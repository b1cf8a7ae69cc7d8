"""Several tables held at once, without ever making anybody wait for one of them while waiting for the next.

A migration that changes two tables one after the other holds the first while it waits for the second; a request that
has read the second and now wants the first then waits in a circle, and PostgreSQL ends one of the two with an error.
"""

import time
from itertools import chain

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

PATIENCE = 30.0
"""Seconds after which a migration gives up: somebody holds one of the tables for long."""
PAUSE = 0.05


def hold(*tables: str) -> None:
    """Take all these tables for the rest of the migration, in one moment in which nobody uses any of them.

    Until then others go on undisturbed. SQLite needs nothing of the kind: it has one writer.

    Raises:
        OperationalError: there was no such moment; nothing has changed.

    """
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    names = ", ".join(sorted(set(tables)))
    until = time.monotonic() + PATIENCE
    for pause in chain([PAUSE] * 100, iter(lambda: 5 * PAUSE, None)):
        try:
            with bind.begin_nested():
                bind.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT"))
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(pause)
        else:
            return
