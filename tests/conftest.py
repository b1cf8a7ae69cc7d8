"""What every test stands on: the product, a client, and a real database.

The database is SQLite, or PostgreSQL when TEST_DATABASE_URL is set.
"""

import gc
import os
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

import pytest
from alembic import command
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as of_hypothesis
from sqlalchemy.orm import Session

from app.accounts.models import Role, SignInMethod, StaffUser
from app.accounts.services import Arrival, begin_session
from app.factory import create_app
from app.kernel import jobs
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from app.kernel.i18n import speaking
from app.web.application import Application
from app.web.db_commands import alembic_config
from app.web.limits import limiter
from config import Config
from tests import cheap_passwords  # noqa: F401 - what it is imported for
from tests.clean_database import PostgresTemplate, SqliteTemplate, Template, new_postgres_database

SignIn = Callable[..., FlaskClient]
# How long anything takes is for bench/ to say: here other runs have the processor too.
of_hypothesis.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
of_hypothesis.load_profile("unhurried")
gc.set_threshold(100_000, 50, 1000)  # looking through all of memory time and again would be a tenth of the run


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test begins in English, whatever the requests of another one spoke."""
    with speaking("en"):
        yield


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """An empty database's address. A file lies in memory where there is such: it lives for one run."""
    server = os.environ.get("TEST_DATABASE_URL")
    if server:
        yield new_postgres_database(server)
        return
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(prefix="sahayog-tests-", dir=memory) as folder:
        yield f"sqlite:///{folder}/test.db"


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
    with application.database.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    yield application
    application.database.close()


@pytest.fixture(scope="session")
def template(whole_app: Application) -> Iterator[Template]:
    """The migrated database, kept aside for every test to begin with."""
    if whole_app.database.url.startswith("sqlite"):
        yield SqliteTemplate(whole_app.database)
        return
    kept = PostgresTemplate(whole_app.database, os.environ["TEST_DATABASE_URL"])
    yield kept
    kept.close()


@pytest.fixture
def app(whole_app: Application, template: Template) -> Application:
    """The product on a clean database."""
    template.restore()
    limiter.reset()
    return whole_app


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
    """Clients signed in as staff: `sign_in("gifts.read")` with that capability, `sign_in()` with all of them.

    They have just proved who they are, so that nothing asks them to confirm it.
    """

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
            record, key = begin_session(db, user, Arrival(SignInMethod.PASSWORD), actor=SYSTEM)
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = record.cookie(key)
        return client

    return enter


@pytest.fixture
def run_jobs(app: Application) -> Callable[[], int]:
    """Carry out every job that is due, and what follows; how many were done."""
    return lambda: jobs.run_due(app.work)
