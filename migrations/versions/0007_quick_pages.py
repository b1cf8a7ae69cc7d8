"""What quick pages and quick questions need.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from migrations import page_marks
from migrations.locking import hold

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hold("gift", *page_marks.SHOWN_BY_ALL)
    keep_pages()


def downgrade() -> None:
    page_marks.unwatch()
    op.drop_table("page_mark")


def keep_pages() -> None:
    """A mark for each giving form, written by triggers whenever what its page shows changes."""
    op.create_table(
        "page_mark",
        sa.Column("form_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mark", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["giving_form.id"], name=op.f("fk_page_mark_form_id_giving_form"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("form_id", name=op.f("pk_page_mark")),
    )
    random = page_marks.RANDOM[op.get_bind().dialect.name]
    op.execute(f"INSERT INTO page_mark (form_id, mark) SELECT id, {random} FROM giving_form")  # noqa: S608 - our own words
    page_marks.watch()
