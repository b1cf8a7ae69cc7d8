"""The page on how the installation is doing, the line on the dashboard, and the letter to the operator."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.kernel.audit import AuditEntry
from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Message
from app.kernel.rounds import Findings, Round, RoundRun, Rounds, carry_out
from app.operations.telling import Operator
from app.operations.views.status import in_words, size_in_words
from app.web.application import Application

pytestmark = pytest.mark.db
SignIn = Callable[..., FlaskClient]


def page_of(client: FlaskClient, address: str = "/status") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def note_watch(app: Application, *, is_well: bool, **facts: str) -> None:
    with app.database.writing() as db:
        db.add(RoundRun(name="watch", began_at=now(), ended_at=now(), is_well=is_well, facts=dict(facts)))


def test_every_duty_and_every_part_is_named_in_words(app: Application, sign_in: SignIn) -> None:
    page = page_of(sign_in("operations.read", "jobs.retry"))
    for each in app.ports.get(Rounds):
        assert each.name in page
    for words in ("Something is broken", "Background worker", "never", "Regular duties", "Do it now", "Needs a look"):
        assert words in page


def test_the_page_in_french_and_nepali(sign_in: SignIn) -> None:
    assert "Tâches régulières" in page_of(sign_in("operations.read", language="fr"))
    assert page_of(sign_in("operations.read", language="ne"))


def test_a_duty_can_be_asked_for_and_who_asked_is_written_down(
    app: Application, sign_in: SignIn, run_jobs: Callable[[], int]
) -> None:
    client = sign_in("operations.read", "jobs.retry")
    answer = client.post("/status/duties/books.check/run", follow_redirects=True)
    assert "It is being done" in answer.get_data(as_text=True)
    client.post("/status/duties/books.check/run")
    run_jobs()
    with app.database.reading() as db:
        (run,) = db.scalars(select(RoundRun).where(RoundRun.name == "books.check"))
        assert run.is_well
        (entry,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "round.asked"))
        assert entry.changes == {"round": "books.check"}
    assert "The books are in balance." in page_of(client)
    assert client.post("/status/duties/nothing/run").status_code == 404


def test_whoever_may_only_look_starts_nothing(sign_in: SignIn) -> None:
    client = sign_in("operations.read")
    assert "Do it now" not in page_of(client)
    assert client.post("/status/duties/books.check/run").status_code == 403


def test_looking_is_for_those_who_may(sign_in: SignIn) -> None:
    client = sign_in("reports.read")
    assert client.get("/status").status_code == 403
    assert client.post("/status/duties/books.check/run").status_code == 403


def test_the_dashboard_warns_those_who_may_do_something(app: Application, sign_in: SignIn) -> None:
    client = sign_in("reports.read", "operations.read")
    assert "No background worker has been at work yet" in page_of(client, "/dashboard")
    note_watch(app, is_well=False, queue="look", disk="broken")
    assert "The installation needs a look: Queue of tasks, Disk." in page_of(client, "/dashboard")
    note_watch(app, is_well=True)
    assert "How it is doing" not in page_of(client, "/dashboard")
    note_watch(app, is_well=False, disk="look")
    assert "How it is doing" not in page_of(sign_in("reports.read"), "/dashboard")


@pytest.fixture
def operator(app: Application) -> Iterator[Operator]:
    """Somebody to write to."""
    before = app.ports.get(Operator)
    found = replace(before, email="operator@example.org")
    app.ports.provide(Operator, found)
    yield found
    app.ports.provide(Operator, before)


def told(app: Application) -> list[Message]:
    with app.database.reading() as db:
        return list(db.scalars(select(Message).where(Message.purpose == "operations.found").order_by(Message.id)))


class Finding:
    """A round whose findings a test sets."""

    def __init__(self, app: Application) -> None:
        self.app, self.found = app, Findings(is_well=True)

    def __call__(self, **facts: int) -> None:
        duty = self.app.ports.get(Rounds).get("books.check")
        assert duty is not None
        found = Findings(not facts, {"findings": sum(facts.values()), **facts})
        carry_out(self.app.work, Round(duty.name, duty.label, duty.every, lambda _work: found, wording=duty.wording))


def test_the_operator_is_written_to_once_for_the_same_findings(
    app: Application, operator: Operator, run_jobs: Callable[[], int]
) -> None:
    night = Finding(app)
    wrong = {"totals_are_true": 2}
    for facts in ({}, wrong, {"totals_are_true": 3}, {"allocations_add_up": 1}, {}, wrong):
        night(**facts)
        run_jobs()
    letters = told(app)
    assert [letter.to_address for letter in letters] == [operator.email] * 3
    assert letters[0].subject == "Our organisation: Check that the books add up"
    assert "2 things do not add up." in letters[0].text
    assert "totals_are_true: 2" in letters[0].text
    assert operator.page_url in letters[0].html


def test_a_letter_is_written_once_though_its_job_runs_twice(
    app: Application, operator: Operator, run_jobs: Callable[[], int]
) -> None:
    Finding(app)(totals_are_true=1)
    run_jobs()
    with app.database.writing() as db:
        (job,) = db.scalars(select(Job).where(Job.kind == "operations.tell"))
        again = Job(kind=job.kind, ids=job.ids, status=JobStatus.WAITING)
        db.add(again)
    run_jobs()
    assert len(told(app)) == 1
    assert operator.email


def test_without_an_operator_nobody_is_written_to(app: Application, run_jobs: Callable[[], int]) -> None:
    Finding(app)(totals_are_true=1)
    run_jobs()
    assert told(app) == []


@pytest.mark.parametrize(
    ("span", "words"),
    [(None, "—"), (0.4, "0 seconds"), (1, "1 second"), (120, "2 minutes"), (7200, "2 hours"), (300_000, "3 days")],
)
def test_spans_are_told_as_people_say_them(span: float | None, words: str) -> None:
    assert in_words(span) == words


def test_sizes_are_told_as_people_say_them() -> None:
    assert [size_in_words(1_500_000), size_in_words(2_340_000_000)] == ["1.5 MB", "2.3 GB"]


def test_the_commands_list_and_run_duties_and_report_what_would_be_forgotten(app: Application) -> None:
    runner = app.test_cli_runner()
    listed = runner.invoke(args=["rounds", "list"])
    assert "books.check" in listed.output
    assert "never" in listed.output
    assert runner.invoke(args=["rounds", "run", "books.check"]).exit_code == 0
    assert "switched off" in listed.output
    assert runner.invoke(args=["rounds", "run", "nothing"]).exit_code == 1
    report = runner.invoke(args=["retention", "report"])
    assert "abandoned_submissions" in report.output
    with app.database.writing() as db:
        db.add(RoundRun(name="retention"))
    assert "under way elsewhere" in runner.invoke(args=["rounds", "run", "retention"]).output
