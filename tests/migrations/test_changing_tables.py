"""A later migration may rebuild a table that others point to, on a database that is in use."""

import shutil

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.kernel.db import Database
from app.kernel.schema import MIGRATIONS, alembic_config
from tests.factories.funds import make_fund
from tests.factories.giving import make_form

pytestmark = pytest.mark.db
MIGRATION = '''"""A migration of tomorrow."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "tomorrow", "{head}"


def upgrade() -> None:
    {deed}
'''
REBUILD = (
    'with op.batch_alter_table("fund") as t:\n        t.alter_column("name", existing_type=sa.String(), nullable=True)'
)
BREAK = 'op.execute("DELETE FROM fund")'


@pytest.fixture
def tomorrow(tmp_path, app, db):
    """A way to run one more migration on the database of a test that has a form with a fund in it."""
    make_form(db, funds=[make_fund(db)])
    db.commit()
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    config = alembic_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    config.set_main_option("script_location", str(folder))

    def migrate(deed: str) -> None:
        (folder / "versions" / "tomorrow.py").write_text(MIGRATION.format(head=head, deed=deed), encoding="utf-8")
        with app.database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    return migrate


def rows(database: Database) -> list[int]:
    with database.reading() as db:
        return [db.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("fund", "giving_form_fund")]


def test_a_table_that_others_point_to_can_be_changed_and_loses_nothing(tomorrow, database):
    tomorrow(REBUILD)

    assert rows(database) == [1, 1]


def test_foreign_keys_hold_again_afterwards(tomorrow, database):
    tomorrow(REBUILD)

    with database.engine.connect() as connection, pytest.raises(Exception, match=r"(?i)foreign key"):
        connection.execute(text("DELETE FROM fund"))


def test_a_migration_that_leaves_rows_pointing_nowhere_does_not_pass_for_good(tomorrow):
    with pytest.raises(Exception, match=r"(?i)foreign key|giving_form_fund"):
        tomorrow(BREAK)
