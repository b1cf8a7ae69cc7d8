"""While a new version is put in place, programs of the version before work on its schema (ADR 12).

Here they are played by the statements that the schema before allows: each table's rows are inserted, read and updated
with the columns it had then. That rules added later fit what old programs really write is shown by
`test_upgrading_while_it_runs`, with old programs.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event, func, inspect, select, update

from app.kernel.schema import alembic_config, known_revisions, upgrade
from tests.migrations.rows import DAY, Rows

pytestmark = pytest.mark.db
RELEASED = "0002"
"""The schema of the last release that had no promise."""
LATER = known_revisions()[known_revisions().index(RELEASED) + 1 :]
APPEND_ONLY = {"audit_entry", "audit_seal", "audit_key"}
"""No program ever updated these."""
REMARK = re.compile(r"^# downtime: \S+", re.MULTILINE)
SMALL = {"role", "organisation", "statutory_rate", "consent_wording", "fund", "campaign", "appeal", "giving_form",
         "giving_form_fund", "staff_user", "staff_role", "receipt_sequence"}  # fmt: skip
"""Tables that never have many rows: whatever a migration does to all of them takes no time."""
ON_POSTGRESQL = {
    r"DROP (TABLE|COLUMN)|ALTER TABLE \w+ DROP (?!CONSTRAINT)": "old programs still name it",
    r"ALTER \w+ \w+ RENAME ": "old programs still use the old name",
    r"ALTER TABLE (?P<table>\w+) ALTER COLUMN \w+ (SET DATA )?TYPE": "rewrites the table, or narrows it",
    r"ALTER TABLE (?P<table>\w+) ALTER COLUMN \w+ SET NOT NULL": "old programs leave it empty, and every row is read",
    r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)\S+ ON (?P<table>\w+)": "nobody can write meanwhile",
    r"ALTER TABLE (?P<table>\w+) ADD CONSTRAINT (?!.*NOT VALID)": "every row is checked meanwhile",
    r"UPDATE (?P<table>\w+) SET": "many rows, one transaction",
}


def at(database, revision):
    with database.engine.connect() as connection:
        upgrade(connection, revision)


def before(revision):
    return known_revisions()[known_revisions().index(revision) - 1]


@pytest.fixture
def old_schema(stairs, revision):
    """A database as the migration before left it."""
    with stairs.standing(before(revision)) as database:
        yield database


def source_of(revision):
    return Path(ScriptDirectory.from_config(alembic_config()).get_revision(revision).path).read_text(encoding="utf-8")


def insert_everywhere(rows, tables, nth):
    """A row in every table that may have more than one, and in whatever it points to."""
    of_a_year = {"fiscal_year": 2026 + nth}
    keys = {
        "statutory_rate": {"valid_from": DAY + nth * timedelta(days=1)}, "receipt_sequence": {"year": 2026 + nth},
        "receipt_run": {"year": 2026 + nth},
        "giving_day": of_a_year, "giving_day_fund": of_a_year,
        "exchange_rate": {"day": DAY + nth * timedelta(days=1)},
    }  # fmt: skip
    for table in tables:
        if table.name not in {"organisation", "page_mark"}:  # there is one; written by triggers
            rows.store(table.name, rows.true(table.name, **keys.get(table.name, {})))


def columns(database):
    """{table: {column: (type, may be empty, has a default)}}, as the database has them."""
    seen = inspect(database.engine)
    return {
        table: {
            each["name"]: (str(each["type"]), each["nullable"], each["default"] is not None)
            for each in seen.get_columns(table)
        }
        for table in seen.get_table_names()
        if not table.startswith(("contact_search", "alembic_version"))
    }


@pytest.mark.parametrize("revision", LATER)
def test_what_old_programs_say_is_understood_after_each_migration(old_schema, revision):
    with old_schema.engine.begin() as connection:
        old = Rows(connection)
        tables = old.tables
        insert_everywhere(old, tables, 0)
    with old_schema.engine.begin() as connection:  # triggers have written their part at the end of the transaction
        counts = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}

    at(old_schema, revision)

    with old_schema.engine.begin() as connection:
        for table in tables:
            assert len(connection.execute(select(table)).all()) == counts[table.name] > 0
        old.go_on(connection)
        insert_everywhere(old, tables, 1)
        for table in tables:
            if table.name not in APPEND_ONLY:
                same = {column.name: column for column in table.columns if not column.primary_key}
                connection.execute(update(table).values(same or {column.name: column for column in table.columns}))


@pytest.mark.parametrize("revision", LATER)
def test_nothing_that_old_programs_name_is_gone_or_has_become_narrower(old_schema, revision):
    was = columns(old_schema)
    at(old_schema, revision)
    now = columns(old_schema)

    for table, named in was.items():
        assert named.keys() <= now.get(table, {}).keys(), f"{table} has lost something"
        for name, (kind, may_be_empty, _default) in named.items():
            assert now[table][name][0] == kind, f"{table}.{name} has another type"
            assert now[table][name][1] >= may_be_empty, f"{table}.{name} may not be empty any more"
        added = now[table].keys() - named.keys()
        forced = [f"{table}.{name}" for name in added if not (now[table][name][1] or now[table][name][2])]
        assert forced == [], "old programs do not fill these in"


@pytest.mark.parametrize("revision", LATER)
def test_no_migration_holds_a_large_table_for_long(database_url, request, revision):
    """PostgreSQL's statements are read as they run. SQLite always makes a table anew: there writers wait."""
    if database_url.startswith("sqlite"):
        return
    old_schema = request.getfixturevalue("old_schema")
    large = set(inspect(old_schema.engine).get_table_names()) - SMALL - {"alembic_version"}
    said = listened(old_schema)

    at(old_schema, revision)

    assert "SET LOCAL lock_timeout = '5s'" in said
    assert slow(said, large) == [] or REMARK.search(source_of(revision)), "explain it: # downtime: why it is harmless"


TOUCHED = re.compile(
    r"^ALTER TABLE (\w+)|^CREATE TRIGGER .* ON (\w+)|REFERENCES (\w+)|^UPDATE (\w+) SET|^CREATE .*INDEX .* ON (\w+)"
)


@pytest.mark.parametrize("revision", LATER)
def test_a_migration_of_several_tables_takes_them_in_one_moment(database_url, request, revision):
    """Or it would wait for the second while somebody, who has it, waits for the first."""
    if database_url.startswith("sqlite"):
        return
    old_schema = request.getfixturevalue("old_schema")
    there = set(inspect(old_schema.engine).get_table_names()) - {"alembic_version"}
    said = listened(old_schema)

    at(old_schema, revision)

    touched = {name for statement in said for found in TOUCHED.findall(statement) for name in found if name in there}
    held = {name.strip(",") for statement in said if statement.startswith("LOCK TABLE") for name in statement.split()}
    assert len(touched) < 2 or touched - held == set()


def listened(database):
    """The statements that are run from now on."""
    said = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_others):
        said.append(" ".join(statement.replace('"', "").split()))

    return said


def slow(said, large):
    """Statements of these that hold up others, with why."""
    found = []
    for statement in said:
        for pattern, why in ON_POSTGRESQL.items():
            match = re.match(pattern, statement, re.IGNORECASE)
            if match and match.groupdict().get("table", next(iter(large))) in large:
                found.append(f"{statement[:80]}: {why}")
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE gift",
        "ALTER TABLE gift DROP COLUMN amount_minor",
        "ALTER TABLE gift RENAME TO present",
        "ALTER TABLE gift RENAME COLUMN amount_minor TO amount",
        "ALTER TABLE gift ALTER COLUMN note TYPE VARCHAR(20)",
        "ALTER TABLE gift ALTER COLUMN note SET NOT NULL",
        "CREATE INDEX ix_gift_note ON gift (note)",
        "CREATE UNIQUE INDEX uq_gift_note ON gift (note)",
        "ALTER TABLE gift ADD CONSTRAINT ck_gift_note CHECK (note <> '')",
        "UPDATE gift SET note = ''",
    ],
)
def test_the_reading_knows_what_holds_others_up(statement):
    assert len(slow([statement], {"gift"})) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE present (id BIGINT)",
        "CREATE INDEX CONCURRENTLY ix_gift_note ON gift (note)",
        "CREATE INDEX ix_fund_code ON fund (code)",
        "ALTER TABLE gift ADD COLUMN note VARCHAR",
        "ALTER TABLE gift ADD CONSTRAINT ck_gift_note CHECK (note <> '') NOT VALID",
        "INSERT INTO role (name) VALUES ('Treasurer')",
    ],
)
def test_the_reading_lets_pass_what_does_not(statement):
    assert slow([statement], {"gift"}) == []
