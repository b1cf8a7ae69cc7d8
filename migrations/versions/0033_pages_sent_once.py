"""Pages that are sent once: a second click writes no second note of a dispute, and lists no file of rates twice.

Revision ID: 0033
Revises: 0032
"""

# downtime: none; a column and an index each over some hundred rows. What there is has no page and stays as it is.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLES = ("dispute_note", "rate_import")


def upgrade() -> None:
    """The page each was sent from."""
    hold(*TABLES)
    for table in TABLES:
        op.add_column(table, sa.Column("token", sa.String(), nullable=True))
        op.create_index(f"uq_{table}_token", table, ["token"], unique=True)


def downgrade() -> None:
    """Without it."""
    hold(*TABLES)
    for table in TABLES:
        op.drop_index(f"uq_{table}_token", table)
        op.drop_column(table, "token")
