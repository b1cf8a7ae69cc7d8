"""New e-mail addresses of donors: each waits until its reader follows the link that is mailed there.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
IS_OPEN = sa.text("used_at IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    """One table."""
    hold("contact")
    op.create_table(
        "donor_new_email",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "used_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_donor_new_email_used_or_withdrawn")
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_donor_new_email_expires_after_it_is_made")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_donor_new_email_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donor_new_email")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_donor_new_email_token_hash")),
    )
    op.create_index(
        "uq_donor_new_email_open",
        "donor_new_email",
        ["contact_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_donor_new_email_contact_id", "donor_new_email", ["contact_id", "created_at"])
    op.create_index("ix_donor_new_email_folded", "donor_new_email", ["folded", "created_at"])


def downgrade() -> None:
    """Without it."""
    hold("contact")
    op.drop_table("donor_new_email")
