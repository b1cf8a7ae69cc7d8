"""Background work in words: what kind it is, what it is about, and why it could not be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Job
from app.web.feature import Concern
from app.web.nav import features

OTHER = _l("Background task")
REASONS: Mapping[str, Text] = {
    "GatewayUnavailable": _l("The payment service did not answer."),
    "GatewayRefused": _l("The payment service refused."),
    "TooEarly": _l("The payment service spoke of something before what it belongs to."),
    "Outside": _l("Another service did not do its part."),
    "OperationalError": _l("The database could not be reached."),
    "WorkerLost": _l("The worker stopped in the middle of it."),
}
FAULT = _l("The program met something it did not expect.")


@dataclass(frozen=True)
class ShownJob:
    """One job as a page shows it. `reason` is in words; `job.last_error` is for whoever looks into it."""

    job: Job
    label: str
    reason: str
    concern: Concern | None


def shown_jobs(db: Session, jobs: Sequence[Job]) -> list[ShownJob]:
    """These jobs in words, in their order; at most one question to the database for each kind."""
    known = features().jobs
    concerns: dict[int, Concern | None] = {}
    for kind in {job.kind for job in jobs}:
        words = known.get(kind)
        if words is not None and words.concerns is not None:
            mine = [job for job in jobs if job.kind == kind]
            found = words.concerns(db, [job.ids[words.about] for job in mine if words.about in job.ids])
            concerns |= {job.id: found.get(job.ids.get(words.about)) for job in mine}
    return [
        ShownJob(
            job, str(known[job.kind].label if job.kind in known else OTHER), reason_of(job), concerns.get(job.id)
        )
        for job in jobs
    ]  # fmt: skip


def reason_of(job: Job) -> str:
    """Why it could not be done, in words; empty when nothing went wrong yet."""
    if not job.last_error:
        return ""
    name = job.last_error.partition(" ")[0].rstrip(":")
    return str(REASONS.get(name, FAULT))
