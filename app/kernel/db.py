"""The database: the base of all records, the column types, and the two kinds of session (reading and writing).

SQLite runs in WAL mode; a writing session takes its lock at the beginning (BEGIN IMMEDIATE), so that a
transaction that reads and then writes waits for its turn instead of failing half-way.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum as PythonEnum
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    String,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from app.kernel.clock import now

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
IDLE = 0.05
"""Seconds after which a connection of the pool may have died unheard; within a request it is asked once."""
Key = BigInteger().with_variant(Integer, "sqlite")
Bytewise = String().with_variant(String(collation="C"), "postgresql")
"""Text sorted by its bytes on every database, so that lists and prefixes never depend on a server's locale."""
Json = JSON().with_variant(JSONB, "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC, on databases that keep the zone and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What its values are."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive instants: they are always a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A naive instant: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Always aware."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def is_currency(column: str = "currency") -> CheckConstraint:
    """The rule that a column holds the code of a currency: three capitals (ISO 4217)."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return CheckConstraint(f"length({column}) = 3 AND trim({column}, '{letters}') = ''", name=f"{column}_is_a_code")


def _values(states: type[PythonEnum]) -> list[str]:
    return [str(state.value) for state in states]


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False, repr=False):
    """What every table's class is. Constructors are typed, and defaults exist before the first flush."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        date: Date,
        bytes: LargeBinary,
        str: String,
        dict[str, Any]: Json,
        dict[str, str]: Json,
        list[Any]: Json,
        list[str]: Json,
        list[int]: Json,
        PythonEnum: Enum(PythonEnum, native_enum=False, create_constraint=True, length=32, values_callable=_values),
    }


class Record(Base):
    """A row with a key of its own and its birth instant. Every change of it is audited unless it says otherwise."""

    __abstract__ = True
    __audited__: ClassVar[bool] = True

    id: Mapped[int] = mapped_column(Key, primary_key=True, init=False)
    created_at: Mapped[datetime] = mapped_column(default_factory=now, init=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__.get('id')}>"


def _prepare_sqlite(engine: Engine) -> None:
    """Foreign keys, patience, WAL, transactions that begin when we say so, and that outlive a power cut."""

    @event.listens_for(engine, "do_connect")
    def before_connect(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
        if arguments and arguments[0] != ":memory:":
            Path(arguments[0]).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout=15000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        writes, wanted = options.get("writes", True), "FULL" if options.get("outlasts_power", True) else "NORMAL"
        if writes and connection.info.get("synchronous", "FULL") != wanted:
            connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
            connection.info["synchronous"] = wanted
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _beside(engine: Engine) -> Engine:
    """A few connections of their own for single questions: without a transaction, and without asking whether they live.

    They are let go of together with the others.
    """
    made = create_engine(
        engine.url, hide_parameters=True, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True,
        pool_reset_on_return=None,
    )  # fmt: skip
    event.listen(engine, "engine_disposed", lambda _engine: made.dispose())
    return made


def _prepare_postgresql(engine: Engine) -> None:
    """Commits that need not outlast a power cut do not wait for the disk; idle connections are asked if they live."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: ConnectionPoolEntry, _fairy: Any) -> None:
        if monotonic() - record.info.get("idle since", -IDLE) < IDLE:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as lost:
            raise InvalidatePoolError from lost  # all the others were made before: new ones take their place

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("outlasts_power", True):
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")


class ReadingSession(Session):
    """A session for looking only: a change in it would be lost without a word, so it is refused aloud."""

    def flush(self, objects: Any = None) -> None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse changes.

        Raises:
            RuntimeError: something was changed in a session that is never committed.

        """
        if self.new or self.deleted or any(self.is_modified(each) for each in self.dirty):
            raise RuntimeError("This session is for looking only")
        super().flush()


class Database:
    """One database: an engine and its sessions. `info` is what every session carries (reactions, carrier)."""

    def __init__(self, url: str) -> None:
        is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {} if is_sqlite else {"pool_size": 10, "max_overflow": 20}
        self.url = url
        # Errors are logged, and the values of a statement are people's.
        self.engine = create_engine(url, hide_parameters=True, **options)
        (_prepare_sqlite if is_sqlite else _prepare_postgresql)(self.engine)
        self.glances = _beside(self.engine)
        self.info: dict[str, Any] = {}
        # PostgreSQL shows each question what was committed until then, so a transaction around them would only cost.
        lonely = {} if is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        reading = self.engine.execution_options(writes=False, **lonely)
        passing = self.engine.execution_options(outlasts_power=False)
        self._writing_sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._passing_sessions = sessionmaker(passing, expire_on_commit=False)
        self._reading_sessions = sessionmaker(reading, class_=ReadingSession, expire_on_commit=False)

    def session(self, *, writes: bool) -> Session:
        """A session that the caller closes. A reading one never blocks writers and is never committed."""
        return self._made(self._writing_sessions if writes else self._reading_sessions)

    def _made(self, sessions: Callable[[], Session]) -> Session:
        session = sessions()
        session.info.update(self.info)
        return session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self.session(writes=True) as session, session.begin():
            yield session

    @contextmanager
    def passing(self) -> Iterator[Session]:
        """One transaction like `writing`, for notes that a power cut of the machine may take back.

        It outlasts the death of our own processes, and does not wait for the disk. What was committed after it with
        `writing` never outlives it.
        """
        with self._made(self._passing_sessions) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only."""
        with self.session(writes=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session for looking only, before which everything stands still: for proofs that compare many answers.

        On SQLite each reading session is one; PostgreSQL shows each statement what was committed until then, unless
        it is asked for REPEATABLE READ.
        """
        with self.reading() as session:
            if self.engine.dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def broken_rule(error: IntegrityError) -> str:
    """The name of the constraint that refused (PostgreSQL), or its table and columns (SQLite); never a value."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return name or str(error.orig).partition("failed: ")[2]
