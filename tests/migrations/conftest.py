"""An empty database of the kind the suite runs on."""

import pytest
from sqlalchemy import create_engine, text

from app.kernel.db import Database


@pytest.fixture
def fresh(tmp_path, database_url):
    """An empty database of the kind the suite runs on."""
    if database_url.startswith("sqlite"):
        database = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
        yield database
        database.close()
        return
    server = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS migrating"))
        connection.execute(text("CREATE DATABASE migrating"))
    database = Database(server.url.set(database="migrating").render_as_string(hide_password=False))
    yield database
    database.close()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE migrating"))
    server.dispose()
