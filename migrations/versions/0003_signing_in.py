"""Sign-ins that can be listed and ended, invitations and resets by mail, and attempts that failed.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
METHODS = ("password", "provider", "passkey", "link")
REASONS = (
    "signed_out", "replaced", "by_owner", "by_administrator", "new_password", "new_second_factor", "switched_off"
)  # fmt: skip


def words(*values: str, name: str) -> sa.Enum:
    """A column of a few words, which the database checks."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "staff_session",
        sa.Column("staff_user_id", KEY, nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("method", words(*METHODS, name="signinmethod"), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", words(*REASONS, name="endreason"), nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_staff_session_ended_has_a_reason")
        ),
        sa.CheckConstraint("expires_at > started_at", name=op.f("ck_staff_session_expires_after_it_starts")),
        sa.CheckConstraint("last_seen_at >= started_at", name=op.f("ck_staff_session_seen_after_it_starts")),
        sa.CheckConstraint("confirmed_at >= started_at", name=op.f("ck_staff_session_confirmed_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["staff_user_id"],
            ["staff_user.id"],
            name=op.f("fk_staff_session_staff_user_id_staff_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_staff_session_key_hash")),
    )
    op.create_index("ix_staff_session_staff_user_id", "staff_session", ["staff_user_id", "ended_at"])
    op.create_table(
        "account_link",
        sa.Column("staff_user_id", KEY, nullable=False),
        sa.Column("purpose", words("invitation", "reset", name="linkpurpose"), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_account_link_used_or_withdrawn")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_account_link_expires_after_it_is_made")),
        sa.ForeignKeyConstraint(
            ["staff_user_id"],
            ["staff_user.id"],
            name=op.f("fk_account_link_staff_user_id_staff_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_link_token_hash")),
    )
    is_open = sa.text("used_at IS NULL AND withdrawn_at IS NULL")
    op.create_index(
        "uq_account_link_open",
        "account_link",
        ["staff_user_id", "purpose"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_account_link_staff_user_id", "account_link", ["staff_user_id", "created_at"])
    op.create_table(
        "failed_sign_in",
        sa.Column("account_key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("is_known_device", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("staff_user_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_user_id"],
            ["staff_user.id"],
            name=op.f("fk_failed_sign_in_staff_user_id_staff_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    op.create_index("ix_failed_sign_in_account_key", "failed_sign_in", ["account_key", "created_at"])
    op.create_index("ix_failed_sign_in_staff_user_id", "failed_sign_in", ["staff_user_id", "created_at"])


def downgrade() -> None:
    """Without them."""
    for table in ("failed_sign_in", "account_link", "staff_session"):
        op.drop_table(table)
