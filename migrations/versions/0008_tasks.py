"""What is still to do and what was done with a contact.

Revision ID: 0008
Revises: 0007
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
KINDS = ("call", "meeting", "letter", "email", "visit", "other")
WHO_WRITES, WHO_LEADS = "contacts.edit", "tasks.others"


def words(*values: str, name: str) -> sa.Enum:
    """A column of a few words, which the database checks."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Two tables, a wish of staff to be reminded or not, and a right for whoever may change contacts."""
    hold("contact", "role", "staff_user")
    _interactions()
    _tasks()
    with op.batch_alter_table("staff_user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gets_reminders", sa.Boolean(), server_default=sa.true(), nullable=False))
    _change_roles(lambda held: [*held, WHO_LEADS] if WHO_WRITES in held and WHO_LEADS not in held else held)


def downgrade() -> None:
    """Without them."""
    _change_roles(lambda held: [each for each in held if each != WHO_LEADS])
    with op.batch_alter_table("staff_user", schema=None) as batch_op:
        batch_op.drop_column("gets_reminders")
    op.drop_table("task")
    op.drop_table("interaction")


def _interactions() -> None:
    op.create_table(
        "interaction",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("kind", words(*KINDS, name="interactionkind"), nullable=False),
        sa.Column("direction", words("incoming", "outgoing", name="direction"), nullable=True),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("staff_user_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_interaction_has_a_subject")),
        sa.CheckConstraint(
            "direction IS NULL OR kind IN ('call', 'letter', 'email')",
            name=op.f("ck_interaction_only_some_have_a_direction"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_interaction_version_is_positive")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_interaction_contact_id_contact")),
        sa.ForeignKeyConstraint(
            ["staff_user_id"], ["staff_user.id"], name=op.f("fk_interaction_staff_user_id_staff_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
    )
    op.create_index("ix_interaction_contact", "interaction", ["contact_id", "happened_at", "id"])
    op.create_index(op.f("ix_interaction_staff_user_id"), "interaction", ["staff_user_id"])


def _tasks() -> None:
    op.create_table(
        "task",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("is_important", sa.Boolean(), nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=True),
        sa.Column("status", words("open", "done", name="taskstatus"), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("done_by_id", KEY, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_task_has_a_subject")),
        sa.CheckConstraint("due_on BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_task_is_due_in_our_time")),
        sa.CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name=op.f("ck_task_done_has_an_instant")),
        sa.CheckConstraint("(done_at IS NULL) = (done_by_id IS NULL)", name=op.f("ck_task_done_is_somebodys_deed")),
        sa.CheckConstraint("version > 0", name=op.f("ck_task_version_is_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff_user.id"], name=op.f("fk_task_owner_id_staff_user")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_task_contact_id_contact")),
        sa.ForeignKeyConstraint(["done_by_id"], ["staff_user.id"], name=op.f("fk_task_done_by_id_staff_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_owner", "task", ["owner_id", "status", "due_on", "id"])
    op.create_index("ix_task_due", "task", ["status", "due_on", "id"])
    op.create_index("ix_task_done", "task", ["status", "done_at", "id"])
    op.create_index(op.f("ix_task_contact_id"), "task", ["contact_id"])
    op.create_index(op.f("ix_task_done_by_id"), "task", ["done_by_id"])


def _change_roles(change: Callable[[list[str]], list[str]]) -> None:
    """Give every role what it is to hold, whatever it is called."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for row in bind.execute(sa.select(role.c.id, role.c.capabilities)).all():
        held = change(list(row.capabilities))
        if held != row.capabilities:
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
