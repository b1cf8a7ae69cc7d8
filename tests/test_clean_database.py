"""Every test begins with the migrated database, whatever the one before has done to it."""

import os

import pytest
from sqlalchemy import NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from app.accounts.models import Role
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Database
from tests.clean_database import CATALOGUES, OURS, PostgresTemplate

pytestmark = pytest.mark.db
ON_POSTGRESQL = bool(os.environ.get("TEST_DATABASE_URL"))
on_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite's file is copied whole")
TAKE_ANY_ROW = """
DO $$ DECLARE found record; BEGIN
    FOR found IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.place, found.conname); END LOOP;
    FOR found IN SELECT attrelid::regclass AS place, attname FROM pg_attribute
        WHERE attnotnull AND attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')
        AND attrelid >= 16384 AND attidentity = ''
        AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey))
    LOOP EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL', found.place, found.attname); END LOOP;
END $$"""
KEYS = {"BIGINT": "7", "INTEGER": "7", "VARCHAR": "'x'", "DATE": "'2000-01-01'", "TIMESTAMP": "now()"}


def picture(url: str) -> dict[str, list]:
    """Everything in a database: what there is, each row where it lies, the numbers to come."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as db:
        look = inspect(db)
        if url.startswith("sqlite"):
            found = {"sqlite_master": "SELECT * FROM sqlite_master"}
            found |= {name: f'SELECT * FROM "{name}"' for name in look.get_table_names()}
        else:
            found = {name: f"SELECT {name}::text FROM {name} WHERE {key} >= {OURS}" for name, key in CATALOGUES.items()}
            found["pg_class"] = f"SELECT oid, relname, relfilenode, relnatts FROM pg_class WHERE oid >= {OURS}"
            found |= {name: f'SELECT * FROM "{name}" ORDER BY ctid' for name in look.get_table_names()}
            found |= {name: f'SELECT last_value, is_called FROM "{name}"' for name in look.get_sequence_names()}
        rows = {name: list(map(str, db.execute(text(query)))) for name, query in found.items()}
    return {name: sorted(listed) if name in CATALOGUES else listed for name, listed in rows.items()}


def kept(database: Database) -> str:
    """Where the migrated database lies, that every test begins with."""
    url = make_url(database.url)
    if ON_POSTGRESQL:
        return url.set(database=f"{url.database}_template").render_as_string(hide_password=False)
    return database.url.replace(".db", ".template")


@pytest.fixture
def lax(database):
    """A database of its own whose tables take any row, and let go of them as unwillingly as the product's."""
    server, name = create_engine(os.environ["TEST_DATABASE_URL"], isolation_level="AUTOCOMMIT"), "lax"
    with server.connect() as db:
        db.exec_driver_sql(f'CREATE DATABASE {name} TEMPLATE "{make_url(kept(database)).database}"')
    server.dispose()
    made = Database(make_url(database.url).set(database=name).render_as_string(hide_password=False))
    with made.engine.begin() as db:
        db.execute(text(TAKE_ANY_ROW))
    template = PostgresTemplate(made, os.environ["TEST_DATABASE_URL"])
    yield made, template
    template.close()


def dirty_everything(database: Database) -> None:
    """Take all rows away, put one of another kind into every table, and use up a number of every sequence."""
    with database.engine.begin() as db:
        db.exec_driver_sql("SET LOCAL session_replication_role = replica")
        look = inspect(db)
        for name in look.get_table_names():
            db.exec_driver_sql(f'DELETE FROM "{name}"')
            columns = {each["name"]: each for each in look.get_columns(name)}
            keys = [columns[key] for key in look.get_pk_constraint(name)["constrained_columns"]]
            keys = {key["name"]: KEYS[str(key["type"]).partition("(")[0]] for key in keys if not key["default"]}
            values = f"({', '.join(keys)}) VALUES ({', '.join(keys.values())})" if keys else "DEFAULT VALUES"
            db.exec_driver_sql(f'INSERT INTO "{name}" {values}')
        for name in look.get_sequence_names():
            db.exec_driver_sql(f"SELECT nextval('\"{name}\"')")


@on_postgresql
def test_every_table_and_every_sequence_is_put_back_without_a_new_database(lax, monkeypatch):
    database, template = lax
    before = picture(database.url)
    dirty_everything(database)
    after = picture(database.url)
    assert [name for name in before if name not in CATALOGUES and after[name] == before[name]] == []
    monkeypatch.setattr(template, "recreate", lambda: pytest.fail("Everything was made anew"))

    template.restore()

    assert picture(database.url) == before == picture(kept(database))
    template.restore()
    assert picture(database.url) == before


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE role SET name = 'Other' WHERE id = 1",
        "DELETE FROM statutory_rate WHERE id = 1",
        "INSERT INTO tally (name, day, count, last_at, created_at) SELECT 'x', '2026-01-01', 1, d, d FROM "
        "(SELECT created_at AS d FROM role WHERE id = 1) AS found",
        "CREATE TABLE another (id integer)",
        "ALTER TABLE role ADD COLUMN another integer",
        "ALTER TABLE staff_user RENAME COLUMN name TO another",
        "DROP INDEX ix_audit_entry_action",
    ],
)
def test_rows_and_schema_are_put_back(template, database, deed):
    before = picture(kept(database))
    assert picture(database.url) == before
    with database.engine.begin() as db:
        db.exec_driver_sql(deed)
    assert picture(database.url) != before

    template.restore()

    assert picture(database.url) == before


@on_postgresql
@pytest.mark.parametrize(
    "deed",
    [
        "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only",
        "CREATE FUNCTION another() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER SEQUENCE gift_id_seq INCREMENT 5",
        "TRUNCATE page_mark RESTART IDENTITY",
        "ALTER TABLE gift ALTER COLUMN id SET DEFAULT 5",
        "CREATE SCHEMA another CREATE TABLE elsewhere (id integer)",
    ],
)
def test_what_only_postgresql_has_is_put_back(template, database, deed):
    before = picture(kept(database))
    with database.engine.begin() as db:
        db.exec_driver_sql(deed)

    template.restore()

    assert picture(database.url) == before


def test_a_number_that_was_given_to_nobody_is_given_again(template, database):
    with database.session(writes=True) as db:
        act_as(db, SYSTEM)
        db.add(Role(name="Nobody's", capabilities=[]))
        db.flush()
        db.rollback()

    template.restore()

    assert picture(database.url) == picture(kept(database))


def test_whoever_is_still_in_the_middle_of_something_is_thrown_out(template, database):
    left, other = database.session(writes=True), Database(database.url)
    act_as(left, SYSTEM)
    left.add(Role(name="Nobody's", capabilities=[]))
    left.flush()
    look = other.session(writes=False)
    look.execute(text("SELECT 1"))

    template.restore()

    assert picture(database.url) == picture(kept(database))
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(Role(name="Somebody's", capabilities=[]))
    for session in (left, look):
        try:
            session.close()
        except OperationalError:
            assert ON_POSTGRESQL
    other.close()


@on_postgresql
def test_idle_connections_stay_and_forget_what_they_were_told(template, database):
    with database.engine.connect() as db:
        db.exec_driver_sql("SET statement_timeout = 1234")
        db.exec_driver_sql("SELECT pg_advisory_lock(77)")
        db.exec_driver_sql("CREATE TEMPORARY TABLE passing (id integer)")
        db.commit()

    template.restore()

    with database.engine.connect() as db:
        asked = "SELECT current_setting('statement_timeout'), to_regclass('passing'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"  # noqa: E501
        assert db.exec_driver_sql(asked).one() == ("0", None, 0)
