"""What giving plugs into the rest: gifts, recurring gifts, receipts and giving forms."""

from app.giving.access import CAPABILITIES
from app.web.feature import Feature

FEATURE = Feature(name="giving", capabilities=CAPABILITIES)
