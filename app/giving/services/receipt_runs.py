"""Runs of yearly receipts: begun, stopped, and walked through by a job or a command, a part at a time.

Each part is one short transaction: it sees that the run still stands where it was, issues the receipts of some donors,
and moves it on. Whoever is killed in between leaves whole parts behind, and the next job goes on from there; two at
once do nothing twice.
"""

from datetime import date
from time import monotonic

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.access import ISSUE_RECEIPTS
from app.giving.models import ReceiptRun, RunStatus
from app.giving.queries.yearly_receipts import count_due, days_of, next_donors
from app.giving.services import thanks
from app.giving.services.yearly_receipts import issue_year
from app.kernel import audit
from app.kernel.actors import SYSTEM, Actor
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import LEASE, Closing, Job, JobStatus, Work, enqueue, job, retry
from app.kernel.organisation import Organisation, the_organisation

KIND = "giving.yearly_receipts"
ASKED_AT_ONCE = 5_000
"""Donors whose keys are asked for together."""
TOGETHER = 25
"""Donors a transaction: enough to share its cost, few enough that nobody waits for it."""
LONGEST = 20.0
"""Seconds after which a job leaves the rest to the next one; its lease is much longer."""


def is_over(year: int, day: date) -> bool:
    """Whether a calendar year lies behind us on that day."""
    return days_of(year)[1] < day


def begin_run(db: Session, year: int, *, actor: Actor) -> ReceiptRun:
    """Have the receipts of a year issued by a job. One that is under way is taken up, not begun a second time.

    Raises:
        Refused: the year is not over yet, or no gift of it waits for a yearly receipt.

    """
    day = today(the_organisation(db).time_zone)
    if not is_over(year, day):
        raise Refused(_l("The year %(year)s is not over yet: its receipts can be issued from January on.", year=year))
    db.execute(select(Organisation.id).with_for_update(key_share=True))  # two who begin at once take turns
    mine = (ReceiptRun.year == year, ReceiptRun.status == RunStatus.RUNNING)
    run = db.scalars(select(ReceiptRun).where(*mine)).one_or_none()
    if run is None:
        total = count_due(db, year)
        if not total:
            raise Refused(_l("No gift of %(year)s waits for a yearly receipt.", year=year))
        run = ReceiptRun(year=year, asked_by_id=actor.id, total=total)
        db.add(run)
        audit.note(db, actor, "receipt_run.begun", run, year=year, donors=total)
        go_on_later(db, run.id)
    else:
        _take_up(db, run, actor)
    return run


def parked_jobs_of(db: Session, run_id: int) -> list[Job]:
    """The jobs of a run that gave up after many attempts and wait for a person; none while one is still at it."""
    left = (Job.kind == KIND, Job.status.in_((JobStatus.WAITING, JobStatus.PARKED)))
    mine = [each for each in db.scalars(select(Job).where(*left).order_by(Job.id)) if each.ids.get("run_id") == run_id]
    return mine if all(each.status is JobStatus.PARKED for each in mine) else []


def _take_up(db: Session, run: ReceiptRun, actor: Actor) -> None:
    """Have it gone on with: the job that gave up tries again, else another one looks whether there is more to do."""
    parked = parked_jobs_of(db, run.id)
    for each in parked:
        retry(db, each)
    if parked:
        audit.note(db, actor, "receipt_run.taken_up", run, year=run.year, issued=run.issued)
    else:
        go_on_later(db, run.id)


def stop_run(db: Session, run_id: int, *, actor: Actor) -> None:
    """Let it go no further than the part it is at. One that has ended meanwhile stays as it is."""
    run = _held(db, run_id)
    if run.is_under_way:
        run.end(now(), is_stopped=True)
        audit.note(db, actor, "receipt_run.stopped", run, issued=run.issued)
        for each in parked_jobs_of(db, run.id):
            retry(db, each)  # it finds that nothing is left to do, and waits for nobody any more


@job(KIND, lease=LEASE)
def walk(work: Work, *, run_id: int) -> Closing | None:
    """Go on with a run until it is done or stopped; after a while the next job goes on with it."""
    until = monotonic() + LONGEST
    while go_on(work, run_id, until):
        if monotonic() > until:
            return lambda db: go_on_later(db, run_id)
    return None


def go_on_later(db: Session, run_id: int) -> None:
    """Have a job go on with a run."""
    enqueue(db, walk, run_id=run_id)


def go_on(work: Work, run_id: int, until: float) -> bool:
    """Look who is next and work through them until that moment of the monotonic clock; whether there is more to do.

    There is not, as far as this caller is concerned, where somebody else is at it.
    """
    with work.database.reading() as db:
        run = db.get(ReceiptRun, run_id)
        if run is None or not run.is_under_way:
            return False
        reached = run.reached_id
        keys = next_donors(db, run.year, reached, ASKED_AT_ONCE)
    for start in range(0, len(keys), TOGETHER):
        part = keys[start : start + TOGETHER]
        if not _issue_part(work, run_id, part, reached):
            return False
        reached = part[-1]
        if monotonic() > until:
            return True
    return len(keys) == ASKED_AT_ONCE or _end(work, run_id, reached)


def _issue_part(work: Work, run_id: int, donors: list[int], reached: int) -> bool:
    """One part; false when the run has been stopped, or somebody else went on with it."""
    with work.database.writing() as db:
        run = _held(db, run_id)
        if not run.is_under_way or run.reached_id != reached:
            return False
        actor = run.asked_by.as_actor() if run.asked_by else SYSTEM
        audit.act_as(db, actor)
        if run.asked_by and not (run.asked_by.is_active and actor.may(ISSUE_RECEIPTS)):
            run.end(now(), is_stopped=True)
            audit.note(db, SYSTEM, "receipt_run.stopped", run, issued=run.issued)
            return False
        issued, left_out = issue_year(db, run.year, donors, actor=actor)
        thanks.send_each_later(db, issued)
        run.went_on(donors[-1], donors=len(donors), issued=len(issued), left_out=left_out)
    return True


def _end(work: Work, run_id: int, reached: int) -> bool:
    with work.database.writing() as db:
        run = _held(db, run_id)
        if run.is_under_way and run.reached_id == reached:
            run.end(now())
            told = {"year": run.year, "issued": run.issued, "left_out": run.left_out}
            audit.note(db, run.asked_by.as_actor() if run.asked_by else SYSTEM, "receipt_run.done", run, **told)
    return False


def _held(db: Session, run_id: int) -> ReceiptRun:
    """A run as it is this instant, held until the transaction ends."""
    audit.act_as(db, SYSTEM)
    return db.get_one(ReceiptRun, run_id, with_for_update=True, populate_existing=True)
