"""What came in on each day, kept beside the gifts, and indexes of the few gifts that need a person.

Revision ID: 0021
Revises: 0020
"""

# downtime: four looks through the gifts, twenty seconds for five million; gifts wait that long. The worker reckons the
# days afterwards; until it has, pages with sums over years are as slow as before, and as right.

import sqlalchemy as sa
from alembic import op

from migrations import changed_days
from migrations.locking import hold

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
A_CODE = "length(currency) = 3 AND trim(currency, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') = ''"
A_YEAR = "fiscal_year BETWEEN 1900 AND 2999"
FEW = {
    "ix_gift_disputed": (["received_on", "id"], "is_disputed = 1", "is_disputed"),
    "ix_gift_returned": (["received_on", "id"], "returned_minor > 0", "returned_minor > 0"),
    "ix_gift_not_received": (["status", "received_on", "id"], "status <> 'received'", "status <> 'received'"),
}


def upgrade() -> None:
    """Every day is noted as changed, so that the worker reckons it; from now on triggers note them."""
    hold("allocation", "fund", "gift", "receipt")
    _changed_day()
    _giving_day()
    _giving_day_fund()
    for name, (columns, sqlite, postgresql) in FEW.items():
        op.create_index(name, "gift", columns, sqlite_where=sa.text(sqlite), postgresql_where=sa.text(postgresql))
    op.execute("INSERT INTO changed_day (received_on) SELECT DISTINCT received_on FROM gift")
    changed_days.watch()


def downgrade() -> None:
    """Without them."""
    hold("allocation", "fund", "gift", "receipt")
    changed_days.unwatch()
    for name in FEW:
        op.drop_index(name, "gift")
    op.drop_table("giving_day_fund")
    op.drop_table("giving_day")
    op.drop_table("changed_day")


def _changed_day() -> None:
    op.create_table(
        "changed_day",
        sa.Column("id", KEY, nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changed_day")),
    )
    op.create_index("ix_changed_day_received_on", "changed_day", ["received_on"])


def _giving_day() -> None:
    op.create_table(
        "giving_day",
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.CheckConstraint(A_CODE, name=op.f("ck_giving_day_currency_is_a_code")),
        sa.CheckConstraint(A_YEAR, name=op.f("ck_giving_day_fiscal_year_is_a_year")),
        sa.CheckConstraint("entries > 0 AND amount_minor >= 0", name=op.f("ck_giving_day_figures_make_sense")),
        sa.CheckConstraint("received BETWEEN 0 AND entries", name=op.f("ck_giving_day_no_more_received_than_entered")),
        sa.CheckConstraint(
            "waiting BETWEEN 0 AND received", name=op.f("ck_giving_day_no_more_wait_than_were_received")
        ),
        sa.PrimaryKeyConstraint("received_on", "fiscal_year", "currency", name=op.f("pk_giving_day")),
    )


def _giving_day_fund() -> None:
    op.create_table(
        "giving_day_fund",
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("fund_id", KEY, nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.CheckConstraint(A_CODE, name=op.f("ck_giving_day_fund_currency_is_a_code")),
        sa.CheckConstraint(A_YEAR, name=op.f("ck_giving_day_fund_fiscal_year_is_a_year")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_giving_day_fund_amount_is_not_negative")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_giving_day_fund_fund_id_fund")),
        sa.PrimaryKeyConstraint("received_on", "fiscal_year", "currency", "fund_id", name=op.f("pk_giving_day_fund")),
    )
