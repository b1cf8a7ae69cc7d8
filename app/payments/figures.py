"""What machines that watch are told of the gateway's messages."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.clock import now
from app.kernel.tallies import happened_since
from app.payments.models import EventStatus, GatewayEvent
from app.payments.services.gateway_events import BAD_SIGNATURE

Values = dict[tuple[str, ...], float]
OPEN = (EventStatus.WAITING, EventStatus.FAILED)


def open_events(db: Session) -> Values:
    """How many messages wait or went wrong."""
    query = select(GatewayEvent.status, func.count()).where(GatewayEvent.status.in_(OPEN)).group_by(GatewayEvent.status)
    found = {row[0]: row[1] for row in db.execute(query)}
    return {(status.value,): found.get(status, 0) for status in OPEN}


def last_event(db: Session) -> Values:
    """When the last message came in, as Unix time; nothing before the first."""
    last = db.scalar(select(func.max(GatewayEvent.created_at)))
    return {(): last.timestamp()} if last else {}


def bad_signatures(db: Session) -> Values:
    """How many messages came under a false signature today."""
    return {(): happened_since(db, BAD_SIGNATURE, now().date())[0]}
