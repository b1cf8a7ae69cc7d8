"""What has served its purpose is forgotten, in small steps, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.jobs import Job, JobStatus
from app.kernel.retention import KERNEL_FORGETS, Forgetting, Forgettings, count_forgettable, forget
from app.kernel.rounds import RoundRun, Rounds, carry_out
from app.web.application import Application

pytestmark = pytest.mark.db
JOBS, _TALLIES, RUNS = KERNEL_FORGETS
LONG_AGO = timedelta(days=31)


def left(database: Database, model: type[Job] | type[RoundRun]) -> int:
    with database.reading() as db:
        return len(db.scalars(select(model.id)).all())


def done_job(age: timedelta) -> Job:
    at = now() - age
    return Job(kind="test.forgotten", due_at=at, status=JobStatus.DONE, done_at=at)


def test_done_jobs_are_forgotten_after_a_month_and_no_others(database: Database) -> None:
    at = now() - LONG_AGO
    with database.writing() as db:
        db.add_all([done_job(LONG_AGO), done_job(timedelta(days=29))])
        db.add_all(Job(kind="test.forgotten", due_at=at, status=each) for each in (JobStatus.WAITING, JobStatus.PARKED))
    assert count_forgettable(database, JOBS) == 1
    assert left(database, Job) == 4
    assert [forget(database, JOBS), forget(database, JOBS), count_forgettable(database, JOBS)] == [1, 0, 0]
    assert left(database, Job) == 3


def test_it_is_done_in_batches_of_their_own_transactions(database: Database) -> None:
    with database.writing() as db:
        db.add_all(done_job(LONG_AGO) for _each in range(7))
    assert forget(database, JOBS, batch=3) == 7
    assert left(database, Job) == 0


def test_what_changes_between_looking_and_forgetting_is_left_alone(database: Database) -> None:
    with database.writing() as db:
        db.add(done_job(LONG_AGO))
    asked = []

    def which(before):
        asked.append(before)
        return [Job.done_at < before, Job.id > (0 if len(asked) % 2 else 10**9)]

    assert forget(database, Forgetting("test", "", JOBS.keep, Job, which)) == 0
    assert left(database, Job) == 1


def run_of(name: str, age: timedelta, *, is_well: bool = True) -> RoundRun:
    at = now() - age
    return RoundRun(name=name, began_at=at, ended_at=at, is_well=is_well)


def test_runs_are_forgotten_but_never_the_last_and_what_was_not_well_is_kept_longer(database: Database) -> None:
    with database.writing() as db:
        for run in (
            run_of("a", timedelta(days=200), is_well=False),
            run_of("a", timedelta(days=40)),
            run_of("a", timedelta(days=39), is_well=False),
            run_of("a", timedelta(days=38)),
            run_of("b", timedelta(days=300)),
        ):
            db.add(run)
            db.flush()
        db.add(RoundRun(name="c", began_at=now() - timedelta(days=300)))
    assert forget(database, RUNS) == 2
    with database.reading() as db:
        kept = [(run.name, run.is_well) for run in db.scalars(select(RoundRun).order_by(RoundRun.id))]
    assert kept == [("a", False), ("a", True), ("b", True), ("c", None)]


def test_the_nightly_round_counts_what_it_forgot(app: Application) -> None:
    with app.database.writing() as db:
        db.add(done_job(LONG_AGO))
    duty = app.ports.get(Rounds).get("retention")
    assert duty is not None
    run = carry_out(app.work, duty)
    assert run is not None
    assert run.is_well
    assert run.facts["jobs"] == 1
    assert set(run.facts) == {what.name for what in app.ports.get(Forgettings)}


def test_gifts_receipts_and_the_audit_trail_are_never_among_what_is_forgotten(app: Application) -> None:
    protected = {"gift", "receipt", "payment", "refund", "allocation", "receipt_sequence", "audit_entry", "contact"}
    assert {what.model.__tablename__ for what in app.ports.get(Forgettings)} & protected == set()
