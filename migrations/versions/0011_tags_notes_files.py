"""Tags, notes with a visibility, and attached files.

Revision ID: 0011
Revises: 0010
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
COLOURS = ("grey", "teal", "green", "blue", "violet", "amber", "red")
GRANTED = {"Administrator": ["contacts.restricted"]}


def words(*values: str, name: str) -> sa.Enum:
    """A column of a few words, which the database checks."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Tags, and a right to read what is kept from most."""
    hold("contact", "role", "staff_user")
    _tags()
    _change_roles(lambda held, granted: [*held, *(each for each in granted if each not in held)])


def downgrade() -> None:
    """Without it."""
    _change_roles(lambda held, granted: [each for each in held if each not in granted])
    op.drop_table("contact_tag")
    op.drop_table("tag")


def _tags() -> None:
    op.create_table(
        "tag",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("colour", words(*COLOURS, name="tagcolour"), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("archived_at", INSTANT, nullable=True),
        sa.Column("merged_into_id", KEY, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("name <> '' AND key <> ''", name=op.f("ck_tag_has_a_name")),
        sa.CheckConstraint(
            "merged_into_id IS NULL OR archived_at IS NOT NULL", name=op.f("ck_tag_what_is_merged_is_retired")
        ),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_tag_not_merged_into_itself")),
        sa.CheckConstraint("version > 0", name=op.f("ck_tag_version_is_positive")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["tag.id"], name=op.f("fk_tag_merged_into_id_tag")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("key", name=op.f("uq_tag_key")),
    )
    op.create_index(op.f("ix_tag_merged_into_id"), "tag", ["merged_into_id"])
    op.create_table(
        "contact_tag",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("tag_id", KEY, nullable=False),
        sa.Column("tagged_by_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_tag_contact_id_contact")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_contact_tag_tag_id_tag")),
        sa.ForeignKeyConstraint(
            ["tagged_by_id"], ["staff_user.id"], name=op.f("fk_contact_tag_tagged_by_id_staff_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_tag")),
        sa.UniqueConstraint("contact_id", "tag_id", name=op.f("uq_contact_tag_contact_id_tag_id")),
    )
    op.create_index("ix_contact_tag_tag", "contact_tag", ["tag_id", "contact_id"])
    op.create_index(op.f("ix_contact_tag_tagged_by_id"), "contact_tag", ["tagged_by_id"])


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capabilities, or take them away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
