"""Which gifts count, and what of them: said once for figures, searches and recognition."""

from sqlalchemy import and_

from app.giving.models import Gift, GiftStatus, GivingTotal
from app.kernel.hearing import Heard

KEPT = Gift.amount_minor - Gift.returned_minor
"""What of a gift has not gone back, in minor units of its currency."""
COUNTS = and_(Gift.status == GiftStatus.RECEIVED, Gift.amount_minor > Gift.returned_minor)
"""Received, and not wholly given back. Gifts of test payments count like others (docs/adr/0005-test-mode.md)."""
HEARD = (Heard(whose=GivingTotal.contact_id, at=GivingTotal.last_on),)
"""Who gave was heard of on that day, each charge of a recurring gift too: they could have ended it."""
