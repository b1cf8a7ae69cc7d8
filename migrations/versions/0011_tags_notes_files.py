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

GRANTED = {"Administrator": ["contacts.restricted"]}


def upgrade() -> None:
    """A right to read what is kept from most."""
    hold("role")
    _change_roles(lambda held, granted: [*held, *(each for each in granted if each not in held)])


def downgrade() -> None:
    """Without it."""
    _change_roles(lambda held, granted: [each for each in held if each not in granted])


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capabilities, or take them away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
