"""Recognition of people for gifts that others made.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ROLES = ("solicitor", "household", "employee", "founder", "other")


def upgrade() -> None:
    """One table."""
    hold("contact", "gift")
    op.create_table(
        "soft_credit",
        sa.Column("gift_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column(
            "role",
            sa.Enum(*ROLES, name="creditrole", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_soft_credit_amount_is_positive")),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_soft_credit_gift_id_gift")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_soft_credit_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_soft_credit")),
        sa.UniqueConstraint("gift_id", "contact_id", name=op.f("uq_soft_credit_gift_id_contact_id")),
    )
    op.create_index(op.f("ix_soft_credit_contact_id"), "soft_credit", ["contact_id"])


def downgrade() -> None:
    """Without it."""
    op.drop_table("soft_credit")
