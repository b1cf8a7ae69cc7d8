"""A key pair, a place for backups, and empty databases to restore into."""

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyrage import x25519
from sqlalchemy import create_engine, make_url

from app.factory import create_app
from app.web.application import Application

MakeApp = Callable[..., Application]


@pytest.fixture(scope="session")
def identity():
    """The private key, which the server never has."""
    return x25519.Identity.generate()


@pytest.fixture(scope="session")
def recipients(identity):
    """The public key, as the settings have it."""
    return [identity.to_public()]


@pytest.fixture
def key_file(tmp_path, identity) -> Path:
    """The private key as `age-keygen` writes it."""
    path = tmp_path / "key.txt"
    path.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["postgresql", "sqlite"] if os.environ.get("TEST_DATABASE_URL") else ["sqlite"])
def elsewhere(request, tmp_path_factory) -> Iterator[str]:
    """The address of an empty database somewhere else: of the kind the suite runs on, and always one on SQLite."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('another machine') / 'data' / 'sahayog.db'}"
    else:
        yield from empty_postgresql(os.environ["TEST_DATABASE_URL"], "restored")


def empty_postgresql(url: str, name: str) -> Iterator[str]:
    """A new database on the same server, gone afterwards."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(scope="module")
def make_app(settings) -> Iterator[MakeApp]:
    """Another installation with the same secrets: `make_app(DATABASE_URL=…)`."""
    made: list[Application] = []

    def make(**changed: str) -> Application:
        application = create_app(dataclasses.replace(settings, **changed))
        application.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        made.append(application)
        return application

    yield make
    for each in made:
        each.database.close()


@pytest.fixture(scope="module")
def there(elsewhere, make_app) -> Application:
    """Another installation, whose database is empty."""
    return make_app(DATABASE_URL=elsewhere)
