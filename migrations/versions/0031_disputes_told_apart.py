"""Disputes and debits that went back told apart, who took note of a loss, and notes on them.

Revision ID: 0031
Revises: 0030
"""

# downtime: none; disputes are a few hundred rows. Those that there are count as taken note of.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
KINDS = ("dispute", "bounced", "taken_back", "unauthorised")
NOT_PAID = (
    "account_closed", "bank_account_restricted", "bank_account_unusable", "bank_cannot_process", "could_not_process",
    "generic_could_not_process", "incorrect_account_details", "insufficient_funds", "invalid_account_number",
    "no_account", "refer_to_customer", "recipient_deceased",
)  # fmt: skip
NOT_ALLOWED = ("debit_not_authorized", "fraudulent", "unrecognized")


def upgrade() -> None:
    """Columns of disputes, and a table of notes."""
    hold("dispute", "payment")
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=32), server_default="dispute", nullable=False))
        batch_op.add_column(sa.Column("opened_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("is_answered", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("seen_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("seen_by", sa.String(), server_default="", nullable=False))
        batch_op.create_check_constraint(op.f("ck_dispute_disputekind"), _one_of("kind", KINDS))
        batch_op.create_check_constraint(op.f("ck_dispute_seen_by_somebody"), "(seen_at IS NULL) = (seen_by = '')")
    _tell_apart()
    _notes()


def downgrade() -> None:
    """Without them."""
    hold("dispute", "dispute_note")
    op.drop_table("dispute_note")
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_dispute_seen_by_somebody"), type_="check")
        batch_op.drop_constraint(op.f("ck_dispute_disputekind"), type_="check")
        for name in ("seen_by", "seen_at", "is_answered", "opened_at", "kind"):
            batch_op.drop_column(name)


def _tell_apart() -> None:
    dispute = sa.table("dispute", sa.column("kind"), sa.column("reason"), sa.column("payment_id"))
    payment = sa.table("payment", sa.column("id"), sa.column("method"))
    kind = sa.case(
        (dispute.c.reason.in_(NOT_PAID), "bounced"), (dispute.c.reason.in_(NOT_ALLOWED), "unauthorised"),
        else_="taken_back",
    )  # fmt: skip
    debits = sa.select(payment.c.id).where(payment.c.method == "sepa_debit")
    op.execute(dispute.update().where(dispute.c.payment_id.in_(debits)).values(kind=kind))
    op.execute("UPDATE dispute SET seen_at = closed_at, seen_by = '—' WHERE status = 'lost'")


def _one_of(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _notes() -> None:
    op.create_table(
        "dispute_note",
        sa.Column("dispute_id", KEY, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("says_answered", sa.Boolean(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 4000", name=op.f("ck_dispute_note_text_says_something")),
        sa.CheckConstraint("written_by <> ''", name=op.f("ck_dispute_note_somebody_wrote_it")),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_note_dispute_id_dispute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_note")),
    )
    op.create_index(op.f("ix_dispute_note_dispute_id"), "dispute_note", ["dispute_id"])
