"""Dated exchange rates, and the files they were taken from.

Revision ID: 0026
Revises: 0025
"""

# downtime: none; two new tables, and a capability for two roles.

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
GRANTED = {"Administrator": ["currencies.rates"], "Finance": ["currencies.rates"]}
RATE_CHECKS = {
    "currency_is_a_code": f"length(currency) = 3 AND trim(currency, '{LETTERS}') = ''",
    "the_euro_has_none": "currency <> 'EUR'",
    "units_are_a_positive_decimal": (
        "length(units_per_euro) BETWEEN 1 AND 20 AND trim(units_per_euro, '0123456789.') = '' "
        "AND units_per_euro NOT LIKE '%.%.%' AND trim(units_per_euro, '0.') <> ''"
    ),
    "version_is_positive": "version >= 1",
    "corrections_have_a_reason": "version = 1 OR reason <> ''",
}
IMPORT_CHECKS = {
    "no_more_done_than_there_are": "done BETWEEN 0 AND total",
    "no_more_added_than_done": "added BETWEEN 0 AND done",
    "no_more_differ_than_done": "differing BETWEEN 0 AND done",
    "ended_keeps_no_content": "(ended_at IS NULL) = (content IS NOT NULL)",
}


def upgrade() -> None:
    """Two tables and a capability."""
    op.create_table(
        "rate_import",
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("skipped", JSON, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.Column("differences", JSON, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_rate_import_{name}")) for name, rule in IMPORT_CHECKS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_import")),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("units_per_euro", sa.String(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("ecb", "hand", name="ratesource", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("import_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_exchange_rate_{name}")) for name, rule in RATE_CHECKS.items()),
        sa.ForeignKeyConstraint(["import_id"], ["rate_import.id"], name=op.f("fk_exchange_rate_import_id_rate_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
        sa.UniqueConstraint("currency", "day", "version", name=op.f("uq_exchange_rate_currency_day_version")),
    )
    op.create_index("ix_exchange_rate_import_id", "exchange_rate", ["import_id"])
    _change_roles(lambda held, granted: [*held, *(each for each in granted if each not in held)])


def downgrade() -> None:
    """Without them."""
    _change_roles(lambda held, granted: [each for each in held if each not in granted])
    op.drop_table("exchange_rate")
    op.drop_table("rate_import")


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capability, or take it away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
