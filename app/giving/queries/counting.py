"""Which gifts count, and what of them: said once for figures, searches and recognition."""

from sqlalchemy import and_

from app.giving.models import Gift, GiftStatus

KEPT = Gift.amount_minor - Gift.returned_minor
"""What of a gift has not gone back, in minor units of its currency."""
COUNTS = and_(Gift.status == GiftStatus.RECEIVED, Gift.amount_minor > Gift.returned_minor)
"""Received, and not wholly given back. Gifts of test payments count like others (docs/adr/0005-test-mode.md)."""
