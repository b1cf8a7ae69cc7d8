"""What watches over the product writes down when it last ran, and who may look.

Revision ID: 0006
Revises: 0005
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locking import hold

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GRANTED = {"Administrator": ["operations.read"]}


def upgrade() -> None:
    hold("job", "role")
    op.create_table(
        "round_run",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_well", sa.Boolean(), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (is_well IS NULL)", name=op.f("ck_round_run_ended_is_well_or_not")),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_round_run_ends_after_it_began")),
        sa.CheckConstraint("error IS NULL OR NOT is_well", name=op.f("ck_round_run_a_failure_is_not_well")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_run")),
    )
    with op.batch_alter_table("round_run", schema=None) as batch_op:
        batch_op.create_index("ix_round_run_name", ["name", "id"], unique=False)
        batch_op.create_index(
            "uq_round_run_under_way",
            ["name"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.String(), nullable=True))
    op.create_table(
        "tally",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_tally_count_is_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        sa.UniqueConstraint("name", "day", name=op.f("uq_tally_name_day")),
    )
    _change_roles(lambda held, granted: [*held, *(each for each in granted if each not in held)])


def downgrade() -> None:
    _change_roles(lambda held, granted: [each for each in held if each not in granted])
    op.drop_table("tally")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_column("request_id")
    op.drop_table("round_run")


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capabilities, or take them away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
