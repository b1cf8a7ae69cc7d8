"""Figures for machines: guarded, few labels, nothing of a person's, and true."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from app.factory import create_app
from app.kernel import jobs
from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus, enqueue, job
from app.kernel.rounds import RoundRun
from app.web.application import Application
from config import Config

pytestmark = pytest.mark.db
TOKEN = "a token that is long enough and only for tests"
HEADER = {"Authorization": f"Bearer {TOKEN}"}


@job("test.measured")
def be_measured(work: object, *, fails: bool) -> None:
    if fails:
        raise ValueError("asha@example.org")


@pytest.fixture
def measured(app: Application, settings: Config) -> Iterator[Application]:
    """The product with a token, on the clean database."""
    made = create_app(replace(settings, METRICS_TOKEN=TOKEN))
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield made
    made.database.close()


def figures(app: Flask) -> dict[tuple[str, ...], float]:
    """{(name, label values …): value} of what /metrics says."""
    answer = app.test_client().get("/metrics", headers=HEADER)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {
        (each.name, *(value for _name, value in sorted(each.labels.items()))): each.value
        for family in families
        for each in family.samples
    }


def test_without_a_token_in_the_settings_there_is_no_page(app: Application) -> None:
    assert app.test_client().get("/metrics", headers=HEADER).status_code == 404
    assert "meters" not in app.extensions


@pytest.mark.parametrize(
    "shown", ["", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"]
)
def test_without_the_token_nothing_is_said(measured: Application, shown: str) -> None:
    answer = measured.test_client().get("/metrics", headers={"Authorization": shown} if shown else {})
    assert (answer.status_code, answer.get_data()) == (401, b"")


def test_requests_are_counted_by_view_and_never_by_address(measured: Application) -> None:
    client = measured.test_client()
    for address in ("/healthz", "/healthz", "/contacts/1", "/asha@example.org", "/give/x?email=asha@example.org"):
        client.get(address)
    client.open("/healthz", method="BREW")
    found = figures(measured)
    assert found["sahayog_request_seconds_count", "GET", "2xx", "health.alive"] == 2
    assert found["sahayog_request_seconds_count", "GET", "4xx", "(none)"] == 1
    assert found["sahayog_request_seconds_count", "other", "4xx", "(none)"] == 1
    assert "asha" not in str(found)
    views = {*measured.view_functions, "(none)"}
    assert {key[3] for key in found if key[0] == "sahayog_request_seconds_count"} <= views


def test_jobs_are_counted_by_kind_and_outcome(measured: Application) -> None:
    with measured.database.writing() as db:
        for fails in (False, False, True):
            enqueue(db, be_measured, fails=fails)
    jobs.run_due(measured.work)
    found = figures(measured)
    assert found["sahayog_job_seconds_count", "test.measured", "done"] == 2
    assert found["sahayog_job_seconds_count", "test.measured", "failed"] == 1


def test_the_database_tells_of_queue_duties_and_gifts(measured: Application) -> None:
    at = now()
    with measured.database.writing() as db:
        db.add_all([Job(kind="test", status=JobStatus.PARKED), Job(kind="test", due_at=at.replace(year=2020))])
        db.add(RoundRun(name="books.check", began_at=at, ended_at=at, is_well=True))
        db.add(RoundRun(name="payments.sweep", began_at=at, ended_at=at, is_well=False, error="Outside at x:1"))
    found = figures(measured)
    assert found["sahayog_jobs", "parked"] == 1
    assert found["sahayog_jobs", "late"] == 1
    assert found["sahayog_oldest_late_job_seconds",] > 100_000_000
    assert found["sahayog_round_success_timestamp_seconds", "books.check"] == pytest.approx(at.timestamp())
    assert ("sahayog_round_success_timestamp_seconds", "payments.sweep") not in found
    assert found["sahayog_round_well", "payments.sweep"] == 0
    assert found["sahayog_gateway_events", "failed"] == 0
    assert found["sahayog_database_up",] == 1
    assert ("sahayog_gateway_event_last_timestamp_seconds",) not in found


def test_a_database_that_is_gone_is_a_figure_too(measured: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: object, **_options: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(measured.database, "reading", gone)
    assert figures(measured)["sahayog_database_up",] == 0


TWO_PROCESSES = """
import os, sys
from app.web.metrics import Meters

class Nothing:
    figures = ()

class Engine:
    pool = None

class Database:
    engine = Engine()

meters = Meters(Database(), Nothing())
if os.fork() == 0:
    meters.request("health.alive", "GET", 200, 0.01)
    meters.job("test.forked", "done", 0.01)
    os._exit(0)
os.wait()
meters.request("health.alive", "GET", 200, 0.01)
sys.stdout.write(meters.report(os.environ["PROMETHEUS_MULTIPROC_DIR"]).decode())
"""


def test_processes_that_share_a_folder_add_up(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_PROCESSES], env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}, capture_output=True,
        text=True, check=False, cwd=Path(__file__).parent.parent.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert 'sahayog_request_seconds_count{method="GET",status="2xx",view="health.alive"} 2.0' in done.stdout
    assert 'sahayog_job_seconds_count{kind="test.forked",outcome="done"} 1.0' in done.stdout
