"""Regular duties: due when they should be, done once whoever plans them, tried again when they fail."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.errors import Outside
from app.kernel.jobs import PAUSES, Job, JobStatus, Work, run_due, run_job
from app.kernel.ports import Ports
from app.kernel.rounds import (
    LONGEST,
    LOST,
    Findings,
    Round,
    RoundRun,
    Rounds,
    ask_for,
    carry_out,
    last_runs,
    plan_rounds,
    run_before,
)

pytestmark = pytest.mark.db
PARIS = "Europe/Paris"
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
done: list[str] = []


def do_it(_work: Work) -> Findings:
    done.append("nightly")
    return Findings(is_well=True, facts={"seen": 3})


def find_something(_work: Work) -> Findings:
    return Findings(is_well=False, facts={"wrong": 2})


def fail(_work: Work) -> Findings:
    raise Outside("asha@example.org could not be written to")


NIGHTLY = Round("test.nightly", "Nightly", timedelta(days=1), do_it, at=time(3, 15))
OFTEN = Round("test.often", "Often", timedelta(minutes=10), do_it)
FAILING = Round("test.failing", "Failing", timedelta(days=1), fail, at=time(3, 15))


@pytest.fixture
def work(database: Database) -> Iterator[Callable[..., Work]]:
    """Work with these rounds and no others, and nothing done yet."""
    done.clear()

    def make(*rounds: Round) -> Work:
        ports = Ports()
        ports.provide(Rounds, Rounds(rounds))
        return Work(database, ports)

    return make


def runs(database: Database) -> list[RoundRun]:
    with database.reading() as db:
        return list(db.scalars(select(RoundRun).order_by(RoundRun.id)))


def kept_jobs(database: Database) -> list[Job]:
    with database.reading() as db:
        return list(db.scalars(select(Job).where(Job.kind == "rounds.run").order_by(Job.id)))


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2026, 6, 10, 12, tzinfo=UTC), datetime(2026, 6, 10, 1, 15, tzinfo=UTC)),
        (datetime(2026, 6, 10, 1, 15, tzinfo=UTC), datetime(2026, 6, 10, 1, 15, tzinfo=UTC)),
        (datetime(2026, 6, 10, 1, 14, 59, tzinfo=UTC), datetime(2026, 6, 9, 1, 15, tzinfo=UTC)),
        (datetime(2026, 12, 10, 12, tzinfo=UTC), datetime(2026, 12, 10, 2, 15, tzinfo=UTC)),
    ],
)
def test_a_nightly_round_is_due_at_its_hour_of_the_organisation(moment: datetime, due: datetime) -> None:
    assert NIGHTLY.last_due(moment, PARIS) == due
    assert NIGHTLY.next_due(due, PARIS) > moment


def test_a_round_at_an_hour_that_the_clock_skips_is_still_due_once_that_day() -> None:
    skipped = Round("test.skipped", "", timedelta(days=1), do_it, at=time(2, 30))
    at, found = datetime(2026, 3, 27, tzinfo=UTC), []
    while len(found) < 4:
        at = skipped.next_due(at, PARIS)
        found.append(at)
        assert skipped.last_due(at, PARIS) == at
        assert skipped.last_due(at - timedelta(seconds=1), PARIS) < at
    assert [each.day for each in found] == [27, 28, 29, 30]


def test_a_round_at_an_hour_that_comes_twice_is_due_once() -> None:
    twice = Round("test.twice", "", timedelta(days=1), do_it, at=time(2, 30))
    first = twice.last_due(datetime(2026, 10, 25, 12, tzinfo=UTC), PARIS)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert twice.next_due(first, PARIS) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_round_of_every_few_minutes_and_one_of_every_week_are_due_at_even_steps() -> None:
    assert OFTEN.last_due(NOON + timedelta(minutes=9), PARIS) == NOON
    assert OFTEN.next_due(NOON, PARIS) == NOON + timedelta(minutes=10)
    weekly = Round("test.weekly", "", timedelta(days=7), do_it, at=time(3, 15))
    due = weekly.last_due(NOON, PARIS)
    assert weekly.next_due(NOON, PARIS) - due == timedelta(days=7)


@pytest.mark.parametrize(
    ("every", "at"),
    [(timedelta(seconds=5), None), (timedelta(days=40), None), (timedelta(hours=36), time(3, 15))],
)
def test_rounds_that_could_not_be_planned_are_refused(every: timedelta, at: time | None) -> None:
    with pytest.raises(ValueError, match=r"test\.wrong"):
        Round("test.wrong", "", every, do_it, at=at)


def test_two_rounds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="Two rounds"):
        Rounds([NIGHTLY, NIGHTLY])


def test_a_round_is_planned_once_for_each_time_it_is_due(database: Database, work: Callable[..., Work]) -> None:
    ours = work(NIGHTLY)
    with time_machine.travel(NOON, tick=False) as clock:
        assert [plan_rounds(ours), plan_rounds(ours), run_due(ours), plan_rounds(ours)] == [1, 0, 1, 0]
        clock.shift(timedelta(days=1))
        assert [plan_rounds(ours), run_due(ours)] == [1, 1]
    assert done == ["nightly", "nightly"]
    first = runs(database)[0]
    assert (first.is_well, first.facts, first.took) == (True, {"seen": 3}, timedelta(0))


def test_two_workers_that_plan_and_work_at_one_moment_do_it_once(database: Database, work: Callable[..., Work]) -> None:
    ours, start = work(NIGHTLY), Barrier(2)

    def one_worker() -> None:
        start.wait(10)
        plan_rounds(ours)
        run_due(ours)

    workers = [Thread(target=one_worker) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(30)
    run_due(ours)
    assert (len(done), len(runs(database)), len(kept_jobs(database))) == (1, 1, 1)


def test_a_worker_that_was_away_for_a_week_does_it_once(database: Database, work: Callable[..., Work]) -> None:
    ours = work(NIGHTLY, OFTEN)
    with time_machine.travel(NOON, tick=False) as clock:
        plan_rounds(ours)
        clock.shift(timedelta(days=7, minutes=3))
        plan_rounds(ours)
        run_due(ours)
    assert len(runs(database)) == 2
    assert len(kept_jobs(database)) == 2


def test_a_job_that_comes_late_is_covered_by_a_run_after_it_was_due(
    database: Database, work: Callable[..., Work]
) -> None:
    ours = work(NIGHTLY)
    plan_rounds(ours)
    carry_out(ours, NIGHTLY)
    run_due(ours)
    assert len(runs(database)) == 1
    assert [job.status for job in kept_jobs(database)] == [JobStatus.DONE]


def test_a_round_that_fails_is_written_down_and_tried_again(database: Database, work: Callable[..., Work]) -> None:
    ours = work(FAILING)
    with time_machine.travel(NOON, tick=False) as clock:
        plan_rounds(ours)
        run_due(ours)
        clock.shift(PAUSES[0])
        run_due(ours)
    first, second = runs(database)
    assert (first.is_well, second.is_well) == (False, False)
    assert first.error is not None
    assert first.error.startswith("Outside at fail:")
    assert "asha" not in first.error
    (waiting,) = kept_jobs(database)
    assert (waiting.status, waiting.attempts) == (JobStatus.WAITING, 2)


def test_a_round_that_keeps_failing_leaves_one_job_whatever_the_days(
    database: Database, work: Callable[..., Work]
) -> None:
    ours = work(FAILING)
    with time_machine.travel(NOON, tick=False) as clock:
        for _day in range(4):
            plan_rounds(ours)
            run_due(ours)
            clock.shift(timedelta(days=1))
    assert len(kept_jobs(database)) == 1


def test_a_round_is_not_begun_while_it_is_under_way(database: Database, work: Callable[..., Work]) -> None:
    ours = work(OFTEN)
    with database.writing() as db:
        db.add(RoundRun(name=OFTEN.name))
    assert carry_out(ours, OFTEN) is None
    assert done == []


def test_a_run_whose_worker_died_is_given_up_when_it_has_had_its_time(
    database: Database, work: Callable[..., Work]
) -> None:
    ours = work(OFTEN)
    with database.writing() as db:
        db.add(RoundRun(name=OFTEN.name, began_at=now() - timedelta(minutes=11)))
    assert carry_out(ours, OFTEN) is not None
    lost, second = runs(database)
    assert (lost.error, lost.is_well, second.is_well) == (LOST, False, True)


def test_a_planned_round_whose_run_never_ended_is_looked_at_again_until_it_is_done(
    database: Database, work: Callable[..., Work]
) -> None:
    ours = work(NIGHTLY)
    with time_machine.travel(NOON, tick=False) as clock:
        with database.writing() as db:
            db.add(RoundRun(name=NIGHTLY.name))
        plan_rounds(ours)
        run_due(ours)
        (waiting,) = kept_jobs(database)
        assert (waiting.status, done) == (JobStatus.WAITING, [])
        assert (waiting.last_error or "").startswith("UnderWay")
        clock.shift(LONGEST)
        run_due(ours)
    assert done == ["nightly"]
    assert kept_jobs(database)[0].status is JobStatus.DONE


def test_the_database_lets_one_run_of_a_round_be_under_way(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as db:
        db.add_all([RoundRun(name="test.twice"), RoundRun(name="test.twice")])


def test_a_round_that_is_not_wanted_here_is_not_planned(work: Callable[..., Work]) -> None:
    off = Round("test.off", "", timedelta(days=1), do_it, is_wanted=lambda _work: False)
    assert plan_rounds(work(off)) == 0


def test_a_round_can_be_asked_for_and_twice_in_a_minute_is_once(database: Database, work: Callable[..., Work]) -> None:
    ours = work(NIGHTLY)
    with time_machine.travel(NOON, tick=False):
        with database.writing() as db:
            assert [ask_for(db, NIGHTLY) is None, ask_for(db, NIGHTLY) is None] == [False, True]
        assert run_due(ours) == 1
    assert done == ["nightly"]


def test_a_job_of_a_round_that_no_longer_exists_is_done_without_a_word(
    database: Database, work: Callable[..., Work]
) -> None:
    with database.writing() as db:
        ask_for(db, NIGHTLY)
    (waiting,) = kept_jobs(database)
    assert run_job(work(), waiting.id)


def test_what_was_found_can_be_asked_for(database: Database, work: Callable[..., Work]) -> None:
    found = Round("test.finds", "", timedelta(days=1), find_something)
    ours = work(found, NIGHTLY)
    for duty in (found, found, NIGHTLY):
        carry_out(ours, duty)
    with database.writing() as db:
        db.add(RoundRun(name=NIGHTLY.name))
    with database.reading() as db:
        names = [found.name, NIGHTLY.name, "test.never"]
        last = last_runs(db, names)
        assert set(last) == {found.name, NIGHTLY.name}
        assert (last[found.name].is_well, last[found.name].facts) == (False, {"wrong": 2})
        assert last[NIGHTLY.name].is_well is None
        assert last_runs(db, names, ended=True)[NIGHTLY.name].is_well is True
        assert last_runs(db, []) == {}
        before = run_before(db, last[found.name])
        assert before is not None
        assert before.id < last[found.name].id
        assert run_before(db, before) is None
