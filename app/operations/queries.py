"""What may be asked of how the installation is doing: a few figures each, in a fixed number of questions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Message, MessageStatus
from app.kernel.rounds import RoundRun
from app.kernel.schema import is_behind, known_revisions, revision_of
from app.kernel.tallies import happened_since
from app.payments.models import EventStatus, GatewayEvent
from app.payments.services.gateway_events import BAD_SIGNATURE

RECENT = 20
SOON = timedelta(minutes=2)


@dataclass(frozen=True)
class QueueState:
    """Jobs that wait for their time, that are late (with the instant the oldest was due), and that need a person."""

    waiting: int
    late: int
    oldest_due: datetime | None
    parked: int


def queue_state(db: Session) -> QueueState:
    """How the queue stands. A job is late when it is due and for two minutes nobody has taken it."""
    at = now()
    is_free = or_(Job.lease_until.is_(None), Job.lease_until < at)
    is_late = (Job.status == JobStatus.WAITING) & (Job.due_at < at - SOON) & is_free
    row = db.execute(
        select(
            func.count().filter(Job.status == JobStatus.WAITING),
            func.count().filter(is_late),
            func.min(Job.due_at).filter(is_late),
            func.count().filter(Job.status == JobStatus.PARKED),
        ).where(Job.status.in_([JobStatus.WAITING, JobStatus.PARKED]))
    ).one()
    return QueueState(*row)


@dataclass(frozen=True)
class GatewayState:
    """Messages of the gateway: the last one, how long they take to come in (seconds, the middle of the last twenty).

    And how many wait for longer than they should, went wrong, or came under a false signature today and yesterday.
    """

    last_at: datetime | None
    delay: float | None
    stuck: int
    failed: int
    bad_signatures: int
    bad_signature_at: datetime | None


def gateway_state(db: Session) -> GatewayState:
    """How the gateway's messages come in."""
    at = now()
    open_ones = GatewayEvent.status.in_([EventStatus.WAITING, EventStatus.FAILED])
    is_stuck = (GatewayEvent.status == EventStatus.WAITING) & (GatewayEvent.created_at < at - timedelta(minutes=15))
    stuck, failed = db.execute(
        select(func.count().filter(is_stuck), func.count().filter(GatewayEvent.status == EventStatus.FAILED)).where(
            open_ones
        )
    ).one()
    newest = select(GatewayEvent.created_at, GatewayEvent.happened_at).order_by(
        GatewayEvent.created_at.desc(), GatewayEvent.id.desc()
    )
    recent = db.execute(newest.limit(RECENT)).all()
    delays = [max(0.0, (row.created_at - row.happened_at).total_seconds()) for row in recent]
    bad, bad_at = happened_since(db, BAD_SIGNATURE, (at - timedelta(days=1)).date())
    return GatewayState(
        recent[0].created_at if recent else None, median(delays) if delays else None, stuck, failed, bad, bad_at
    )


def mail_state(db: Session) -> tuple[int, datetime | None]:
    """How many letters wait to leave, and since when the oldest."""
    waits = (Message.status == MessageStatus.WAITING, Message.stopped_at.is_(None))
    query = select(func.count(), func.min(Message.created_at)).where(*waits)
    waiting, oldest = db.execute(query).one()
    return waiting, oldest


@dataclass(frozen=True)
class DatabaseState:
    """Which database it is, how large (bytes), and whether its schema is the one these programs were made for."""

    kind: str
    version: str
    size: int
    revision: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """Whether its migrations are all done. One that is ahead is being upgraded, and serves these programs too."""
        return not is_behind(self.revision)


def head_revision() -> str:
    """The revision these programs were made for."""
    return known_revisions()[-1]


def database_state(db: Session) -> DatabaseState:
    """What the database says of itself."""
    is_postgres = db.get_bind().dialect.name == "postgresql"
    if is_postgres:
        version = str(db.scalar(text("SHOW server_version"))).split(" ")[0]
        size = db.scalar(text("SELECT pg_database_size(current_database())")) or 0
    else:
        version = str(db.scalar(text("SELECT sqlite_version()")))
        pages = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        size = db.scalar(pages) or 0
    kind = "PostgreSQL" if is_postgres else "SQLite"
    return DatabaseState(kind, version, int(size), revision_of(db.connection()), head_revision())


def last_successes(db: Session) -> dict[str, datetime]:
    """When each round last began without failing, by name; whatever it found."""
    query = select(RoundRun.name, func.max(RoundRun.began_at)).where(
        RoundRun.ended_at.is_not(None), RoundRun.error.is_(None)
    )
    return {row[0]: row[1] for row in db.execute(query.group_by(RoundRun.name))}


def first_run(db: Session) -> datetime | None:
    """When the first round that is remembered began: since then at least, workers have been at work here."""
    return db.scalars(select(RoundRun.began_at).order_by(RoundRun.id).limit(1)).one_or_none()


def last_ends(db: Session) -> dict[str, bool]:
    """Whether each round was well when it last ended, by name."""
    newest = select(func.max(RoundRun.id)).where(RoundRun.ended_at.is_not(None)).group_by(RoundRun.name)
    rows = db.execute(select(RoundRun.name, RoundRun.is_well).where(RoundRun.id.in_(newest)))
    return {row.name: bool(row.is_well) for row in rows}


def disk_folder(database_url: str) -> Path:
    """The folder whose disk fills: the SQLite database's, else the one the product runs in."""
    path = Path(database_url.removeprefix("sqlite:///")) if database_url.startswith("sqlite:///") else Path()
    return path.parent if path.name else path
