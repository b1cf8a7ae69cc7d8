"""What every test stands on: a real database (SQLite, or PostgreSQL when TEST_DATABASE_URL is set), the product, a browser's client."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Role, StaffUser
from app.factory import create_app
from app.kernel import jobs
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.models import Base
from app.web.application import Application
from app.web.db_commands import alembic_config
from app.web.limits import limiter
from config import Config

SignIn = Callable[..., FlaskClient]
KEPT = {"alembic_version", "organisation", "role", "statutory_rate", "consent_wording"}


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database's address."""
    return os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.db'}"


@pytest.fixture(scope="session")
def settings(database_url: str) -> Config:
    """Settings of a small installation in test mode."""
    return Config(
        SECRET_KEY="a secret that is only for tests, and long enough",
        DATABASE_URL=database_url,
        QUEUE_URL="none",
        PUBLIC_URL="http://localhost",
        STRIPE_SECRET_KEY="sk_test_for_the_sandbox",
        STRIPE_WEBHOOK_SECRETS="whsec_for_tests",
        STRIPE_API_BASE="http://127.0.0.1:1",
        STRIPE_CHECKOUT_ORIGINS="http://127.0.0.1:1",
        LOG_LEVEL="ERROR",
    )


@pytest.fixture(scope="session")
def whole_app(settings: Config) -> Iterator[Application]:
    """The product, made once, on a migrated database."""
    application = create_app(settings)
    application.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with application.database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    with application.database.engine.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
        config = alembic_config()
        config.attributes["connection"] = connection
        command.stamp(config, "0001")
        command.upgrade(config, "head")
        connection.commit()
    _save_template(application.database)
    yield application
    application.database.close()


def _save_template(database: Database) -> None:
    if database.url.startswith("sqlite"):
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        database.engine.dispose()
        path = Path(database.url.removeprefix("sqlite:///"))
        shutil.copy(path, path.with_suffix(".template"))


def _restore(database: Database) -> None:
    """The database as it was after the migrations."""
    if database.url.startswith("sqlite"):
        database.engine.dispose()
        path = Path(database.url.removeprefix("sqlite:///"))
        for extra in ("-wal", "-shm"):
            path.with_name(path.name + extra).unlink(missing_ok=True)
        shutil.copy(path.with_suffix(".template"), path)
        return
    names = ", ".join(name for name in Base.metadata.tables if name not in KEPT)
    with database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def app(whole_app: Application) -> Iterator[Application]:
    """The product on a clean database."""
    _restore(whole_app.database)
    limiter.reset()
    yield whole_app
    whole_app.database.engine.dispose()


@pytest.fixture
def database(app: Application) -> Database:
    """The clean database. Open short transactions on it with `with database.writing() as db:`."""
    return app.database


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """One writing session, acting as the system. Commit it (or use `database`) before a client or job looks."""
    with database.session(writes=True) as session:
        act_as(session, SYSTEM)
        yield session


@pytest.fixture
def client(app: Application) -> FlaskClient:
    """A browser's client that is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Application) -> SignIn:
    """Sign in as staff with these capabilities: `client = sign_in("gifts.read")`; all of them with none named."""

    def enter(*capabilities: str, language: str = "en") -> FlaskClient:
        known = {capability.name for capability in app.extensions["features"].capabilities}
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            role = Role(name=f"Role {os.urandom(4).hex()}", capabilities=sorted(capabilities or known))
            user = StaffUser(
                email=f"{os.urandom(4).hex()}@example.org",
                name="Asha Gurung",
                password_hash="x",
                language=language,
                roles=[role],
            )
            db.add(user)
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = user.get_id()
            session["_fresh"] = True
        return client

    return enter


@pytest.fixture
def run_jobs(app: Application) -> Callable[[], int]:
    """Carry out every job that is due, and what follows; how many were done."""
    return lambda: jobs.run_due(app.work)
