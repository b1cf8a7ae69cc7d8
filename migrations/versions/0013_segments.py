"""Saved searches of contacts: live segments and fixed lists, and what makes searching quick.

Revision ID: 0013
Revises: 0012
"""

# downtime: two indexes over postal addresses and one over totals, a few seconds for a million donors; giving forms wait.

import unicodedata

import sqlalchemy as sa
from alembic import op
from anyascii import anyascii
from sqlalchemy.dialects import postgresql

from migrations.locking import hold

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


KEYS = ("postcode_key", "city_key")
TOGETHER = 1000


def upgrade() -> None:
    """Two tables, how searches see postcodes and cities, and an index for figures of a fiscal year."""
    hold("contact", "contact_address", "giving_total", "staff_user")
    _segment_tables()
    for name in KEYS:
        op.add_column("contact_address", sa.Column(name, BYTEWISE, server_default="", nullable=False))
    _fill_keys()
    for name in KEYS:
        op.create_index(op.f(f"ix_contact_address_{name}"), "contact_address", [name])
    op.create_index("ix_giving_total_year", "giving_total", ["fiscal_year", "currency", "contact_id"])


def downgrade() -> None:
    """Without them."""
    op.drop_index("ix_giving_total_year", "giving_total")
    for name in KEYS:
        op.drop_index(op.f(f"ix_contact_address_{name}"), "contact_address")
        op.drop_column("contact_address", name)
    op.drop_table("segment_member")
    op.drop_table("segment")


def _fill_keys() -> None:
    """For addresses that are there already, a thousand at a time."""
    address = sa.table("contact_address", *map(sa.column, ("id", "postcode", "city", *KEYS)))
    bind, last = op.get_bind(), 0
    change = sa.update(address).where(address.c.id == sa.bindparam("key"))
    change = change.values({name: sa.bindparam(f"new_{name}") for name in KEYS})
    while rows := bind.execute(
        sa.select(address.c.id, address.c.postcode, address.c.city)
        .where(address.c.id > last)
        .order_by(address.c.id)
        .limit(TOGETHER)
    ).all():
        last = rows[-1].id
        bind.execute(
            change,
            [
                {"key": row.id, "new_postcode_key": _squeezed(row.postcode), "new_city_key": _folded(row.city)}
                for row in rows
            ],
        )


def _folded(text: str) -> str:
    """As the program folded it when this migration was written."""
    return " ".join(anyascii(unicodedata.normalize("NFC", text)).casefold().split())


def _squeezed(postcode: str) -> str:
    return _folded(postcode).replace(" ", "").upper()


def _segment_tables() -> None:
    op.create_table(
        "segment",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("live", "fixed", name="segmentkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("question", JSON, nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("last_count", sa.Integer(), nullable=True),
        sa.Column("counted_at", INSTANT, nullable=True),
        sa.Column("archived_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_segment_has_a_name")),
        sa.CheckConstraint(
            "(last_count IS NULL) = (counted_at IS NULL)", name=op.f("ck_segment_counted_at_an_instant")
        ),
        sa.CheckConstraint("last_count >= 0", name=op.f("ck_segment_count_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_segment_version_is_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff_user.id"], name=op.f("fk_segment_owner_id_staff_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
    )
    op.create_index("ix_segment_name", "segment", ["name_key", "id"], unique=False)
    op.create_index(op.f("ix_segment_owner_id"), "segment", ["owner_id"], unique=False)
    op.create_table(
        "segment_member",
        sa.Column("segment_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("is_in", sa.Boolean(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_segment_member_contact_id_contact")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_segment_member_segment_id_segment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_member")),
        sa.UniqueConstraint("segment_id", "contact_id", name=op.f("uq_segment_member_segment_id_contact_id")),
    )
    op.create_index("ix_segment_member_contact_id", "segment_member", ["contact_id"], unique=False)
