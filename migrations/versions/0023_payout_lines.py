"""The lines of payouts.

Revision ID: 0023
Revises: 0022
"""

# downtime: none; payouts are a few hundred rows. The daily sweep reads the lines of those that there are.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KINDS = ("payment", "refund", "failed_refund", "dispute", "dispute_won", "fee", "adjustment", "transfer", "other")
CHECKS = {
    "currency_is_a_code": f"length(currency) = 3 AND trim(currency, '{LETTERS}') = ''",
    "original_currency_is_a_code": f"length(original_currency) = 3 AND trim(original_currency, '{LETTERS}') = ''",
    "net_is_amount_minus_fee": "net_minor = amount_minor - fee_minor",
    "original_is_whole": "(original_minor IS NULL) = (original_currency IS NULL)",
    "refunds_are_of_payments": (
        "refund_id IS NULL OR (payment_id IS NOT NULL AND kind IN ('refund', 'failed_refund'))"
    ),
    "disputes_are_of_payments": (
        "dispute_id IS NULL OR (payment_id IS NOT NULL AND kind IN ('dispute', 'dispute_won'))"
    ),
    "transfers_are_transfers": "transfer_id IS NULL OR kind = 'transfer'",
    "explanation_has_an_instant": "(explained_at IS NULL) = (explanation = '')",
    "explained_by_something": (
        "is_explained = (kind = 'fee' OR payment_id IS NOT NULL OR transfer_id IS NOT NULL OR explanation <> '')"
    ),
}
POINTS_TO = {"payout_id": "payout", "payment_id": "payment", "refund_id": "refund", "dispute_id": "dispute",
             "transfer_id": "payout"}  # fmt: skip


def upgrade() -> None:
    """No payout that there is has lines yet, so none is called reconciled until they are read."""
    hold("dispute", "payment", "payout", "refund")
    op.add_column("payout", sa.Column("is_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE payout SET reconciled_at = NULL")
    op.create_table(
        "payout_line",
        sa.Column("payout_id", KEY, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="linekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("fee_minor", KEY, nullable=False),
        sa.Column("net_minor", KEY, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("exchange_rate", sa.String(), nullable=True),
        sa.Column("original_minor", KEY, nullable=True),
        sa.Column("original_currency", sa.String(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("available_on", sa.Date(), nullable=True),
        *(sa.Column(name, KEY, nullable=name != "payout_id") for name in POINTS_TO if name != "payout_id"),
        sa.Column("is_explained", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("explained_by", sa.String(), nullable=False),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_payout_line_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_payout_line_{name}_{table}"))
            for name, table in POINTS_TO.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_line")),
        sa.UniqueConstraint("reference", name=op.f("uq_payout_line_reference")),
    )
    op.create_index("ix_payout_line_payout", "payout_line", ["payout_id", "kind", "id"])
    op.create_index(
        "ix_payout_line_unexplained", "payout_line", ["id"],
        sqlite_where=sa.text("is_explained = 0"), postgresql_where=sa.text("NOT is_explained"),
    )  # fmt: skip
    for name in ("payment_id", "refund_id", "dispute_id", "transfer_id"):
        op.create_index(op.f(f"ix_payout_line_{name}"), "payout_line", [name])


def downgrade() -> None:
    """Without them."""
    hold("payout", "payout_line")
    op.drop_table("payout_line")
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.drop_column("is_by_hand")
