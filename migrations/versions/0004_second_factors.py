"""Second factors, recovery codes and identities at outside providers.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locking import hold

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PURPOSES = ("make", "sign_in", "second_step", "confirm")


def upgrade() -> None:
    """Five tables, and roles that ask for a second factor."""
    hold("role", "staff_user")
    with op.batch_alter_table("role", schema=None) as batch_op:
        batch_op.add_column(sa.Column("needs_second_factor", sa.Boolean(), server_default=sa.false(), nullable=False))
    _authenticator()
    _passkeys()
    op.create_table(
        "recovery_code",
        _owner(),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        *_born(),
        _owned("recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("staff_user_id", "code_hash", name="uq_recovery_code_code_hash"),
    )
    op.create_table(
        "outside_identity",
        _owner(),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        *_born(),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_outside_identity_has_a_subject")),
        _owned("outside_identity"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_identity")),
        sa.UniqueConstraint("issuer", "subject", name="uq_outside_identity_subject"),
        sa.UniqueConstraint("staff_user_id", "issuer", name="uq_outside_identity_issuer"),
    )


def _authenticator() -> None:
    op.create_table(
        "authenticator",
        _owner(),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        *_born(),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (last_step IS NULL)", name=op.f("ck_authenticator_confirmed_by_a_code")
        ),
        _owned("authenticator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
    )
    for name, which in (("uq_authenticator_confirmed", "NOT NULL"), ("uq_authenticator_waiting", "NULL")):
        where = sa.text(f"confirmed_at IS {which}")
        op.create_index(
            name, "authenticator", ["staff_user_id"], unique=True, sqlite_where=where, postgresql_where=where
        )


def _passkeys() -> None:
    op.create_table(
        "passkey",
        _owner(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", KEY, nullable=False),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        sa.Column("transports", JSON, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        *_born(),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count_not_negative")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_passkey_has_a_name")),
        _owned("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_staff_user_id", "passkey", ["staff_user_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(*PURPOSES, name="ceremonypurpose", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("staff_user_id", KEY, nullable=True),
        *_born(),
        sa.CheckConstraint(
            "(purpose = 'sign_in') = (staff_user_id IS NULL)", name=op.f("ck_passkey_challenge_whose_it_is_is_known")
        ),
        _owned("passkey_challenge"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenge")),
        sa.UniqueConstraint("value", name=op.f("uq_passkey_challenge_value")),
    )
    op.create_index("ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"])


def _owner() -> sa.Column[int]:
    return sa.Column("staff_user_id", KEY, nullable=False)


def _born() -> tuple[sa.Column[int], sa.Column[object]]:
    return sa.Column("id", KEY, nullable=False), sa.Column("created_at", INSTANT, nullable=False)


def _owned(table: str) -> sa.ForeignKeyConstraint:
    """Whose it is: gone with them."""
    return sa.ForeignKeyConstraint(
        ["staff_user_id"], ["staff_user.id"], name=op.f(f"fk_{table}_staff_user_id_staff_user"), ondelete="CASCADE"
    )


def downgrade() -> None:
    """Without them: who has a role that asked for more signs in with a password alone."""
    for table in ("outside_identity", "recovery_code", "passkey_challenge", "passkey", "authenticator"):
        op.drop_table(table)
    with op.batch_alter_table("role", schema=None) as batch_op:
        batch_op.drop_column("needs_second_factor")
