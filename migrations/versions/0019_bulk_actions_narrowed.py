"""Bulk actions that were asked for of those in a segment who may be contacted.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that there are were about everybody in their segment."""
    op.add_column("bulk_action", sa.Column("wish", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    """Without it."""
    op.drop_column("bulk_action", "wish")
