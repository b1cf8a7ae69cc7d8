"""Giving forms that take several currencies.

Revision ID: 0030
Revises: 0029
"""

# downtime: none; forms are a few dozen rows, and those that there are go on with the one currency they have.

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """What a form takes in currencies beside the one it opens in."""
    op.add_column("giving_form", sa.Column("more_currencies", JSON, server_default="[]", nullable=False))


def downgrade() -> None:
    """With one currency a form."""
    op.drop_column("giving_form", "more_currencies")
