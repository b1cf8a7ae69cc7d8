"""Files that belong to a note, and households that are made of people alone.

Revision ID: 0018
Revises: 0017
"""

# downtime: an index over contacts by key, and a look at who belongs to a household: two seconds for a million.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SIDES = {"household": "household", "person": "person"}
"""Of each side of a membership the one kind that it may be of."""


def upgrade() -> None:
    """A file may belong to a note of the same contact; a member is a person, and belongs to a household."""
    hold("contact", "contact_note", "contact_file", "household_member", "stored_file")
    op.create_index("uq_contact_note_contact", "contact_note", ["id", "contact_id"], unique=True)
    with op.batch_alter_table("contact_file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note_id", KEY, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_contact_file_note"), "contact_note", ["note_id", "contact_id"], ["id", "contact_id"],
            onupdate="CASCADE",
        )  # fmt: skip
    op.create_index("ix_contact_file_note", "contact_file", ["note_id", "contact_id"])
    op.create_index("uq_contact_kind", "contact", ["id", "kind"], unique=True)
    with op.batch_alter_table("household_member", schema=None) as batch_op:
        for side, kind in SIDES.items():
            batch_op.add_column(sa.Column(f"{side}_kind", sa.String(), server_default=kind, nullable=False))
            batch_op.create_check_constraint(op.f(f"ck_household_member_{side}_is_one"), f"{side}_kind = '{kind}'")
            batch_op.create_foreign_key(
                op.f(f"fk_household_member_{side}"), "contact", [f"{side}_id", f"{side}_kind"], ["id", "kind"]
            )


def downgrade() -> None:
    """Without it."""
    with op.batch_alter_table("household_member", schema=None) as batch_op:
        for side in SIDES:
            batch_op.drop_constraint(op.f(f"fk_household_member_{side}"), type_="foreignkey")
            batch_op.drop_constraint(op.f(f"ck_household_member_{side}_is_one"), type_="check")
            batch_op.drop_column(f"{side}_kind")
    op.drop_index("uq_contact_kind", "contact")
    op.drop_index("ix_contact_file_note", "contact_file")
    with op.batch_alter_table("contact_file", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_contact_file_note"), type_="foreignkey")
        batch_op.drop_column("note_id")
    op.drop_index("uq_contact_note_contact", "contact_note")
