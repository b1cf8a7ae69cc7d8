"""Who looks after a contact, one deed done to many contacts, and news of segments by mail.

Revision ID: 0014
Revises: 0013
"""

# downtime: one index over contacts, of which none is looked after yet: a second for a million; forms wait that long.

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locking import hold

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {"Administrator": ["contacts.export"], "Fundraiser": ["contacts.export"]}
DEEDS = ("tag", "untag", "list", "unlist", "owner", "archive")
STATES = ("waiting", "running", "stopped", "done", "undoing", "undone")


def upgrade() -> None:
    """A column, three tables and a capability."""
    hold("contact", "role", "segment", "staff_user")
    _owner()
    _actions()
    _changes()
    _subscriptions()
    _change_roles(lambda held, granted: held + [each for each in granted if each not in held])


def downgrade() -> None:
    """Without them."""
    hold("contact", "role", "segment", "staff_user")
    _change_roles(lambda held, granted: [each for each in held if each not in granted])
    for table in ("segment_subscription", "bulk_change", "bulk_action"):
        op.drop_table(table)
    op.drop_index(op.f("ix_contact_owner_id"), "contact")
    op.drop_column("contact", "owner_id")


def _owner() -> None:
    """Written in place: SQLite takes a reference only together with its column."""
    of, name = "REFERENCES staff_user (id)", "fk_contact_owner_id_staff_user"
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(f"ALTER TABLE contact ADD COLUMN owner_id {kind} CONSTRAINT {name} {of}")
    op.create_index(op.f("ix_contact_owner_id"), "contact", ["owner_id"])


def _words(*values: str, name: str) -> sa.Enum:
    """A column of a few words, which the database checks."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _tie(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _key(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _actions() -> None:
    table = "bulk_action"
    op.create_table(
        table,
        sa.Column("deed", _words(*DEEDS, name="bulkdeed"), nullable=False),
        sa.Column("asked_by_id", KEY, nullable=False),
        sa.Column("segment_id", KEY, nullable=False),
        sa.Column("question", JSON, nullable=False),
        sa.Column("last_id", KEY, nullable=False),
        sa.Column("target_id", KEY, nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("total", "done", "changed", "walked_back", "put_back")
        ),
        sa.Column("reached_id", KEY, nullable=False),
        sa.Column("status", _words(*STATES, name="bulkstatus"), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        *_key(table),
        _check(table, "reached_no_further_than_the_last", "reached_id <= last_id"),
        _check(table, "no_more_done_than_there_are", "done BETWEEN 0 AND total"),
        _check(table, "no_more_changed_than_done", "changed BETWEEN 0 AND done"),
        _check(table, "no_more_walked_back_than_changed", "walked_back BETWEEN 0 AND changed"),
        _check(table, "no_more_put_back_than_walked_back", "put_back BETWEEN 0 AND walked_back"),
        _check(table, "ended_at_an_instant", "(ended_at IS NOT NULL) = (status IN ('done', 'undone'))"),
        _check(table, "is_about_something", "target_id IS NOT NULL OR deed IN ('owner', 'archive')"),
        _tie(table, "asked_by_id", "staff_user"),
        _tie(table, "segment_id", "segment"),
    )
    op.create_index("ix_bulk_action_asked_by", table, ["asked_by_id", "id"])
    op.create_index("ix_bulk_action_status", table, ["status", "id"])
    op.create_index(op.f("ix_bulk_action_segment_id"), table, ["segment_id"])


def _changes() -> None:
    table = "bulk_change"
    op.create_table(
        table,
        sa.Column("action_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("before", KEY, nullable=True),
        *_key(table),
        _tie(table, "action_id", "bulk_action"),
        _tie(table, "contact_id", "contact"),
        sa.UniqueConstraint("action_id", "contact_id", name=op.f("uq_bulk_change_action_id_contact_id")),
    )
    op.create_index("ix_bulk_change_contact_id", table, ["contact_id"])


def _subscriptions() -> None:
    table = "segment_subscription"
    op.create_table(
        table,
        sa.Column("segment_id", KEY, nullable=False),
        sa.Column("staff_user_id", KEY, nullable=False),
        sa.Column("every", _words("day", "week", "month", name="rhythm"), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("told_count", sa.Integer(), nullable=True),
        *_key(table),
        _check(table, "told_count_not_negative", "told_count >= 0"),
        _tie(table, "segment_id", "segment"),
        _tie(table, "staff_user_id", "staff_user"),
        sa.UniqueConstraint(
            "segment_id", "staff_user_id", name=op.f("uq_segment_subscription_segment_id_staff_user_id")
        ),
    )
    op.create_index("ix_segment_subscription_next_on", table, ["next_on", "staff_user_id"])
    op.create_index(op.f("ix_segment_subscription_staff_user_id"), table, ["staff_user_id"])


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capability, or take it away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
