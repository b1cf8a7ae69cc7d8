"""Taking gifts out as a file is a capability of its own: finance needs it, and may not take contacts out.

Revision ID: 0035
Revises: 0034
"""

# downtime: none; a capability for three roles.

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

CAPABILITY = "gifts.export"
HOLDERS = ("Fundraiser", "Finance", "Administrator")


def upgrade() -> None:
    """Give the usual roles their new capability."""
    _change_roles(lambda held: held if CAPABILITY in held else [*held, CAPABILITY])


def downgrade() -> None:
    """Take it away again."""
    _change_roles(lambda held: [each for each in held if each != CAPABILITY])


def _change_roles(change: Callable[[list[str]], list[str]]) -> None:
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name.in_(HOLDERS))).all():
        bind.execute(role.update().where(role.c.id == row.id).values(capabilities=change(list(row.capabilities))))
