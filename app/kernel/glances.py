"""Questions that every request asks, such as whether a page that is kept is still true: answered in microseconds."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import PoolProxiedConnection

from app.kernel.db import Database

WHOLE_NUMBERS = frozenset({20, 21, 23})
"""PostgreSQL's own numbers (OID) of int8, int2 and int4."""
_NUMBERS = count(1)


class Glance:
    """A question that every request asks: worded once, answered with one row, without a transaction around it.

    Values go to the driver as they are, and come back so: whole numbers and text, nothing that our types translate.
    """

    def __init__(self, database: Database, question: Select[*tuple[Any, ...]]) -> None:
        is_postgresql = database.engine.dialect.name == "postgresql"
        # Numbered places ($1) are those of PostgreSQL itself, which is asked without the driver's own cursors.
        numbered: Any = postgresql.dialect
        dialect = numbered(paramstyle="numeric_dollar") if is_postgresql else database.glances.dialect
        compiled = question.compile(dialect=dialect)
        self._database, self._question, self._words = database, question, str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._order: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self._ask_over: Callable[[PoolProxiedConnection, Sequence[object]], Sequence[Any] | None]
        self._ask_over = self._ask_postgresql if is_postgresql else self._ask_sqlite
        self._name = b"glance_%d" % next(_NUMBERS)
        self._faults = database.glances.dialect.loaded_dbapi.Error

    def __call__(self, **values: object) -> Sequence[Any] | None:
        """The first row; None when there is none.

        A connection that was lost meanwhile costs a second question, asked the usual way, which fails as usual.
        """
        try:
            return self._ask({**self._constants, **values})
        except self._faults:
            with self._database.reading() as db:
                return db.execute(self._question, values).first()

    def _ask(self, values: Mapping[str, object]) -> Sequence[Any] | None:
        connection = self._database.glances.pool.connect()
        try:
            row = self._ask_over(connection, [values[name] for name in self._order])
        except self._faults:
            connection.invalidate()
            raise
        connection.close()
        return row

    def _ask_sqlite(self, connection: PoolProxiedConnection, values: Sequence[object]) -> Sequence[Any] | None:
        cursor = connection.cursor()
        cursor.execute(self._words, values)
        row: Sequence[Any] | None = cursor.fetchone()
        cursor.close()
        return row

    def _ask_postgresql(self, connection: PoolProxiedConnection, values: Sequence[object]) -> Sequence[Any] | None:
        """Ask the library of PostgreSQL itself: the driver's cursor takes longer than the answer."""
        driver: Any = connection.dbapi_connection
        server = driver.pgconn
        if self._name not in connection.info:
            _answered(server.prepare(self._name, self._words.encode()))
            connection.info[self._name] = True
        found = _answered(server.exec_prepared(self._name, [_as_text(value) for value in values]))
        if not found.ntuples:
            return None
        return tuple(_value(found, column) for column in range(found.nfields))


def _answered(found: PGresult) -> PGresult:
    """What the server said, unless that was a complaint."""
    if found.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise psycopg.OperationalError(found.error_message.decode(errors="replace"))
    return found


def _as_text(value: object) -> bytes:
    text = str(value).encode()
    if b"\0" in text:
        raise psycopg.DataError("PostgreSQL has no text with NUL in it")
    return text


def _value(found: PGresult, column: int) -> Any:
    content = found.get_value(0, column)
    if content is None:
        return None
    return int(content) if found.ftype(column) in WHOLE_NUMBERS else content.decode()
