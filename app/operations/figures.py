"""What machines that watch are told of queue, duties and letters."""

from sqlalchemy.orm import Session

from app.kernel.clock import now
from app.operations import queries
from app.web.feature import Figure

Values = dict[tuple[str, ...], float]


def jobs(db: Session) -> Values:
    """How many jobs wait, are late, or were given up."""
    state = queries.queue_state(db)
    return {("waiting",): state.waiting, ("late",): state.late, ("parked",): state.parked}


def oldest_late(db: Session) -> Values:
    """For how many seconds the oldest job that is due has been waiting; 0 when none is late."""
    oldest = queries.queue_state(db).oldest_due
    return {(): (now() - oldest).total_seconds() if oldest else 0.0}


def round_successes(db: Session) -> Values:
    """When each round last began without failing, as Unix time."""
    return {(name,): began.timestamp() for name, began in queries.last_successes(db).items()}


def rounds_well(db: Session) -> Values:
    """Whether each round's last end was well: 1 or 0."""
    return {(name,): 1.0 if is_well else 0.0 for name, is_well in queries.last_ends(db).items()}


def letters(db: Session) -> Values:
    """How many letters wait to leave."""
    return {(): queries.mail_state(db)[0]}


FIGURES = (
    Figure("jobs", "Background jobs by state.", jobs, ("state",)),
    Figure("oldest_late_job_seconds", "How late the oldest job is that is due and in nobody's hands.", oldest_late),
    Figure("round_success_timestamp_seconds", "When a round last began without failing.", round_successes, ("round",)),
    Figure("round_well", "Whether a round found nothing wrong when it last ended.", rounds_well, ("round",)),
    Figure("letters_waiting", "Letters that have not left.", letters),
)
