"""Mandates for direct debits, and what donors are told before each debit.

Revision ID: 0027
Revises: 0026
"""

# downtime: none; two tables, a column and two settings. The mandates of debits of before are read by the daily round.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold
from migrations.page_marks import unwatch, watch

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
STATUSES = ("pending", "active", "inactive")
A_CODE = "length(currency) = 3 AND trim(currency, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') = ''"


def upgrade() -> None:
    """Two tables, the mandate of a payment, and settings."""
    hold("checkout", "organisation", "payment", "recurring_gift")
    _mandates()
    _notices()
    op.add_column("payment", sa.Column("mandate_reference", sa.String(), nullable=True))
    is_made_anew = op.get_bind().dialect.name == "sqlite"
    if is_made_anew:
        unwatch()
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("creditor_identifier", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("debit_notice_days", sa.Integer(), server_default="14", nullable=False))
        batch_op.create_check_constraint(
            op.f("ck_organisation_notice_is_at_most_four_weeks"), "debit_notice_days BETWEEN 0 AND 28"
        )
    if is_made_anew:
        watch()


def downgrade() -> None:
    """Without them."""
    hold("checkout", "debit_notice", "mandate", "organisation", "payment", "recurring_gift")
    is_made_anew = op.get_bind().dialect.name == "sqlite"
    if is_made_anew:
        unwatch()
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_organisation_notice_is_at_most_four_weeks"), type_="check")
        batch_op.drop_column("debit_notice_days")
        batch_op.drop_column("creditor_identifier")
    if is_made_anew:
        watch()
    op.drop_column("payment", "mandate_reference")
    op.drop_table("debit_notice")
    op.drop_table("mandate")


def _mandates() -> None:
    status = sa.Enum(*STATUSES, name="mandatestatus", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "mandate",
        sa.Column("checkout_id", KEY, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("creditor_identifier", sa.String(), nullable=False),
        sa.Column("given_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(number) BETWEEN 1 AND 35", name=op.f("ck_mandate_number_is_a_number")),
        sa.CheckConstraint(
            "(status = 'inactive') = (ended_at IS NOT NULL)", name=op.f("ck_mandate_inactive_has_an_instant")
        ),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkout.id"], name=op.f("fk_mandate_checkout_id_checkout")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("reference", name=op.f("uq_mandate_reference")),
    )
    op.create_index(op.f("ix_mandate_checkout_id"), "mandate", ["checkout_id"])


def _notices() -> None:
    op.create_table(
        "debit_notice",
        sa.Column("recurring_gift_id", KEY, nullable=False),
        sa.Column("mandate_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("debit_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_debit_notice_amount_is_positive")),
        sa.CheckConstraint("number > 0", name=op.f("ck_debit_notice_number_is_positive")),
        sa.CheckConstraint(A_CODE, name=op.f("ck_debit_notice_currency_is_a_code")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_debit_notice_mandate_id_mandate")),
        sa.ForeignKeyConstraint(
            ["recurring_gift_id"], ["recurring_gift.id"], name=op.f("fk_debit_notice_recurring_gift_id_recurring_gift")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debit_notice")),
        sa.UniqueConstraint("recurring_gift_id", "number", name=op.f("uq_debit_notice_recurring_gift_id_number")),
    )
    op.create_index(op.f("ix_debit_notice_mandate_id"), "debit_notice", ["mandate_id"])
