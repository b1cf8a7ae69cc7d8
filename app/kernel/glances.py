"""Questions that every request asks, such as whether a page that is kept is still true: answered in microseconds."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select

from app.kernel.db import Database


class Glance:
    """A question that every request asks: worded once, answered with one row, without a transaction around it.

    Values go to the driver as they are, and come back so: whole numbers and text, nothing that our types translate.
    """

    def __init__(self, database: Database, question: Select[*tuple[Any, ...]]) -> None:
        compiled = question.compile(database.glances)
        self._database, self._question, self._words = database, question, str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
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

    def _ask(self, values: dict[str, object]) -> Sequence[Any] | None:
        connection = self._database.glances.pool.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(self._words, values if self._order is None else [values[name] for name in self._order])
            row: Sequence[Any] | None = cursor.fetchone()
            cursor.close()
        except self._faults:
            connection.invalidate()
            raise
        connection.close()
        return row
