"""Tags, notes with a visibility, and attached files.

Revision ID: 0011
Revises: 0010
"""

# downtime: the rules added to notes hold for every row by the default that is added with them; a second for a million.

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
VISIBILITIES = ("everybody", "restricted", "author")
GRANTED = {"Administrator": ["contacts.restricted"]}


def words(*values: str, name: str) -> sa.Enum:
    """A column of a few words, which the database checks."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Tags, notes that not everybody reads, attached files, and a right to read what is kept from most."""
    hold("contact", "contact_note", "role", "staff_user")
    _tags()
    _notes()
    _bytes()
    _files()
    _change_roles(lambda held, granted: [*held, *(each for each in granted if each not in held)])


def downgrade() -> None:
    """Without it."""
    _change_roles(lambda held, granted: [each for each in held if each not in granted])
    op.drop_table("contact_file")
    op.drop_table("file_chunk")
    op.drop_table("stored_file")
    with op.batch_alter_table("contact_note", schema=None) as batch_op:
        for name in ("version_is_positive", "whose_own_it_is_is_known", "visibility"):
            batch_op.drop_constraint(op.f(f"ck_contact_note_{name}"), type_="check")
        for name in ("version", "archived_at", "edited_at", "is_pinned", "visibility"):
            batch_op.drop_column(name)
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


def _notes() -> None:
    """What was written until now is for everybody."""
    kept = sa.Column(
        "visibility", sa.Enum(*VISIBILITIES, name="visibility", native_enum=False, length=32),
        server_default="everybody", nullable=False,
    )  # fmt: skip
    with op.batch_alter_table("contact_note", schema=None) as batch_op:
        batch_op.add_column(kept)
        batch_op.add_column(sa.Column("is_pinned", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("edited_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("archived_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_check_constraint(
            op.f("ck_contact_note_visibility"), "visibility IN ('everybody', 'restricted', 'author')"
        )
        batch_op.create_check_constraint(
            op.f("ck_contact_note_whose_own_it_is_is_known"), "visibility <> 'author' OR author_id IS NOT NULL"
        )
        batch_op.create_check_constraint(op.f("ck_contact_note_version_is_positive"), "version > 0")


def _bytes() -> None:
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_stored_file_sha256_is_whole")),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_file_size_is_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_stored_file_sha256")),
    )
    op.create_table(
        "file_chunk",
        sa.Column("stored_file_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("place >= 0", name=op.f("ck_file_chunk_place_not_negative")),
        sa.ForeignKeyConstraint(
            ["stored_file_id"], ["stored_file.id"], name=op.f("fk_file_chunk_stored_file_id_stored_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_chunk")),
        sa.UniqueConstraint("stored_file_id", "place", name=op.f("uq_file_chunk_stored_file_id_place")),
    )  # fmt: skip


def _files() -> None:
    op.create_table(
        "contact_file",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_file_id", KEY, nullable=False),
        sa.Column("thumbnail_id", KEY, nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("author_id", KEY, nullable=True),
        sa.Column("visibility", words(*VISIBILITIES, name="visibility"), nullable=False),
        sa.Column("archived_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_contact_file_has_a_name")),
        sa.CheckConstraint("size > 0", name=op.f("ck_contact_file_size_is_positive")),
        sa.CheckConstraint(
            "visibility <> 'author' OR author_id IS NOT NULL", name=op.f("ck_contact_file_whose_own_it_is_is_known")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_contact_file_version_is_positive")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_file_contact_id_contact")),
        sa.ForeignKeyConstraint(
            ["stored_file_id"], ["stored_file.id"], name=op.f("fk_contact_file_stored_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["thumbnail_id"], ["stored_file.id"], name=op.f("fk_contact_file_thumbnail_id_stored_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_file")),
    )
    op.create_index("ix_contact_file_contact", "contact_file", ["contact_id", "id"])
    op.create_index(op.f("ix_contact_file_stored_file_id"), "contact_file", ["stored_file_id"])
    op.create_index(op.f("ix_contact_file_thumbnail_id"), "contact_file", ["thumbnail_id"])


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capabilities, or take them away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
