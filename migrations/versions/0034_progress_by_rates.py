"""Giving pages that show their progress are made anew when an exchange rate comes or is corrected.

Revision ID: 0034
Revises: 0033
"""

from migrations.locking import hold
from migrations.page_marks import unwatch_rates, watch_rates

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rates change marks."""
    hold("exchange_rate")
    watch_rates()


def downgrade() -> None:
    """They do not."""
    hold("exchange_rate")
    unwatch_rates()
