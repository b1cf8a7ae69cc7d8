"""Donors come in: links that are mailed to them, and the sign-ins that begin with one.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
REASONS = ("signed_out", "everywhere", "replaced")
IS_OPEN = sa.text("used_at IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    """Two tables."""
    hold("contact", "contact_email")
    _links()
    _sessions()


def downgrade() -> None:
    """Without them."""
    hold("contact", "contact_email")
    op.drop_table("donor_session")
    op.drop_table("donor_link")


def _links() -> None:
    op.create_table(
        "donor_link",
        sa.Column("contact_email_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_donor_link_used_or_withdrawn")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_donor_link_expires_after_it_is_made")),
        sa.ForeignKeyConstraint(
            ["contact_email_id"],
            ["contact_email.id"],
            name=op.f("fk_donor_link_contact_email_id_contact_email"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donor_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_donor_link_token_hash")),
    )
    op.create_index(
        "uq_donor_link_open",
        "donor_link",
        ["contact_email_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_donor_link_contact_email_id", "donor_link", ["contact_email_id", "created_at"])


def _sessions() -> None:
    words = sa.Enum(*REASONS, name="signinend", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "donor_session",
        sa.Column("contact_email_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=True),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", words, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_donor_session_ended_has_a_reason")
        ),
        sa.CheckConstraint("expires_at > started_at", name=op.f("ck_donor_session_expires_after_it_starts")),
        sa.CheckConstraint("last_seen_at >= started_at", name=op.f("ck_donor_session_seen_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["contact_email_id"],
            ["contact_email.id"],
            name=op.f("fk_donor_session_contact_email_id_contact_email"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_donor_session_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donor_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_donor_session_key_hash")),
    )
    op.create_index("ix_donor_session_contact_email_id", "donor_session", ["contact_email_id", "ended_at"])
    op.create_index("ix_donor_session_contact_id", "donor_session", ["contact_id"])
