"""Figures for Prometheus at /metrics, for programs that show the token of the settings; without one there is no page.

Labels are names of views, kinds of jobs and states: few, known beforehand, and never anything of a person's. Several
processes add up when PROMETHEUS_MULTIPROC_DIR is in their environment; otherwise each speaks for itself.
"""

import hmac
import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, abort, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from app import VERSION
from app.kernel.db import Database
from app.web.application import Application, this_application
from app.web.auth import public
from app.web.feature import Features, Figure

bp = Blueprint("metrics", __name__)
PREFIX = "sahayog_"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "POST", "HEAD"})
NOWHERE = "(none)"
"""The view of an address that nobody answers: one label for all of them."""


class Meters:
    """What this process counts as it goes: requests by view and outcome, jobs by kind and outcome."""

    def __init__(self, database: Database, features: Features) -> None:
        self.registry = CollectorRegistry()
        self._database, self._features = database, features
        self._requests = Histogram(
            PREFIX + "request_seconds", "Requests by view, method and class of status.",
            ("view", "method", "status"), buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._jobs = Histogram(
            PREFIX + "job_seconds", "Attempts at background jobs by kind and outcome.", ("kind", "outcome"),
            buckets=(0.01, 0.1, 1.0, 10.0, 60.0, 600.0), registry=self.registry,
        )  # fmt: skip
        self._children: dict[tuple[str, str, int], Callable[[float], None]] = {}

    def request(self, view: str | None, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        key = (view or NOWHERE, method if method in METHODS else "other", status // 100)
        observe = self._children.get(key)
        if observe is None:
            observe = self._children[key] = self._requests.labels(key[0], key[1], f"{key[2]}xx").observe
        observe(seconds)

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        """One attempt at a job ended ("done" or "failed")."""
        self._jobs.labels(kind, outcome).observe(seconds)

    def report(self, folder: str) -> bytes:
        """Everything as text: of all processes that share `folder` if there is one, and what the database says."""
        registry = self.registry
        if folder:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        told = CollectorRegistry()
        told.register(DatabaseCollector(self._database, self._features))
        return generate_latest(registry) + generate_latest(told)


class DatabaseCollector(Collector):
    """What features say of the database at this moment, and of the connections to it."""

    def __init__(self, database: Database, features: Features) -> None:
        self._database, self._features = database, features

    def collect(self) -> Iterator[Metric]:
        """One family for each figure; a database that is gone is a figure too, and leaves the others out."""
        yield _version()
        found: list[Metric] = []
        try:
            found = [_family(figure, self._database) for figure in self._features.figures]
        except SQLAlchemyError:
            found = []
        yield _single("database_up", "Whether the database answers.", bool(found) or not self._features.figures)
        pool = self._database.engine.pool
        if isinstance(pool, QueuePool):
            yield _single("database_connections_in_use", "Connections in use by this process.", pool.checkedout())
            yield _single("database_connections_idle", "Connections kept by this process.", pool.checkedin())
        yield from found


def _single(name: str, words: str, value: float) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, words)
    family.add_metric([], value)
    return family


def _version() -> Metric:
    family = GaugeMetricFamily(PREFIX + "build_info", "The version that answers.", labels=("version",))
    family.add_metric([VERSION], 1)
    return family


def _family(figure: Figure, database: Database) -> Metric:
    family = GaugeMetricFamily(PREFIX + figure.name, figure.words, labels=figure.labels)
    with database.reading() as db:
        for labels, value in figure.load(db).items():
            family.add_metric(labels, value)
    return family


def register_metrics(app: Application) -> None:
    """Count what happens, if there is a token to read it with; otherwise nothing is counted and nothing costs."""
    if not app.settings.METRICS_TOKEN:
        return
    meters = Meters(app.database, app.extensions["features"])
    app.extensions["meters"] = meters
    app.database.info["job_observer"] = meters.job

    @app.after_request
    def count(response: Response) -> Response:
        began = g.get("began")
        if began is not None and request.endpoint != "static":
            meters.request(request.endpoint, request.method, response.status_code, time.perf_counter() - began)
        return response


@bp.route("/metrics")
@public
def show() -> ResponseReturnValue:
    """The figures, for whoever shows the token (`Authorization: Bearer …`); 404 where none is set."""
    settings = this_application().settings
    if not settings.METRICS_TOKEN:
        abort(404)
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, b"Bearer " + settings.METRICS_TOKEN.encode()):
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    meters: Meters = this_application().extensions["meters"]
    return Response(meters.report(settings.PROMETHEUS_MULTIPROC_DIR), content_type=CONTENT_TYPE_LATEST)
