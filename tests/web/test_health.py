"""Whether requests may be sent here, in one word for whoever balances the load."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kernel.db import Database
from app.kernel.queue import HueyCarrier, make_huey
from app.web.application import Application

pytestmark = pytest.mark.db


def ready(app: Application) -> tuple[int, str | None]:
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.get_json().get("reason")


def test_a_process_with_its_database_and_schema_is_ready(app: Application) -> None:
    assert app.test_client().get("/healthz").get_json() == {"status": "ok"}
    assert ready(app) == (200, None)


@pytest.mark.parametrize(("revision", "found"), [("0005", (503, "schema")), ("9999", (200, None))])
def test_a_database_that_lacks_migrations_is_not_ready_and_one_from_the_future_is(
    app: Application, revision: str, found: tuple[int, str | None]
) -> None:
    with app.database.writing() as db:
        before = db.scalar(text("SELECT version_num FROM alembic_version"))
        db.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    assert ready(app) == found
    with app.database.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": before})


def test_a_database_that_is_gone_is_named_without_details(
    app: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    gone = Database(f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    monkeypatch.setattr(app, "database", gone)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "not ready", "reason": "database"})


@pytest.fixture
def carrier(app: Application, tmp_path: Path) -> Iterator[HueyCarrier]:
    """A queue in a file of its own."""
    found = HueyCarrier(partial(make_huey, f"sqlite:///{tmp_path / 'queue.db'}", app.database.url), app.work)
    app.database.info["carrier"] = found
    yield found
    del app.database.info["carrier"]


def test_a_queue_that_can_be_reached_is_ready(app: Application, carrier: HueyCarrier) -> None:
    assert ready(app) == (200, None)
    carrier.huey.storage.close()


def test_a_queue_that_cannot_be_reached_is_named(app: Application, carrier: HueyCarrier) -> None:
    def refuse() -> None:
        raise ConnectionError("redis://:password@queue.example is down")

    carrier._open_queue = refuse  # the queue is opened when it is first asked
    assert ready(app) == (503, "queue")
