"""Migrations lead to what the models say, and back, on both databases."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from app.kernel.schema import alembic_config
from app.models import Base
from migrations.comparing import include

pytestmark = pytest.mark.db


def migrate(database, step, to):
    config = alembic_config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        getattr(command, step)(config, to)
        connection.commit()


def reference(table, key):
    """The name of a reference; SQLite does not tell that of one which came together with its column."""
    return key["name"] or f"fk_{table}_{'_'.join(key['constrained_columns'])}_{key['referred_table']}"


def constraints(database):
    """Every named rule of every table, so that a CHECK cannot be forgotten in a migration."""
    seen = inspect(database.engine)
    return {
        table: (
            {check["name"] for check in seen.get_check_constraints(table)},
            {unique["name"] for unique in seen.get_unique_constraints(table)},
            {reference(table, key) for key in seen.get_foreign_keys(table)},
            {index["name"] for index in seen.get_indexes(table)} - {"ix_contact_search_key_trigrams"},
        )
        for table in Base.metadata.tables
    }


def test_the_migrations_end_where_the_models_are(fresh):
    migrate(fresh, "upgrade", "head")

    with fresh.engine.connect() as connection:
        options = {"include_object": include, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []


def test_the_migrations_make_every_constraint_of_the_models(fresh):
    migrate(fresh, "upgrade", "head")
    migrated = constraints(fresh)
    migrate(fresh, "downgrade", "base")
    Base.metadata.create_all(fresh.engine)

    assert constraints(fresh) == migrated


def test_each_migration_can_be_taken_back(fresh):
    migrate(fresh, "upgrade", "head")
    migrate(fresh, "downgrade", "base")

    assert set(inspect(fresh.engine).get_table_names()) <= {"alembic_version"}
    migrate(fresh, "upgrade", "head")


def test_a_new_installation_has_its_organisation_roles_rates_and_wordings(fresh):
    migrate(fresh, "upgrade", "head")

    with fresh.engine.connect() as connection:
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("organisation", "role", "statutory_rate", "consent_wording")
        }
    assert counts == {"organisation": 1, "role": 4, "statutory_rate": 6, "consent_wording": 2}
