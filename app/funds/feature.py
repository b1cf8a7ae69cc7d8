"""What funds plug into the rest."""

from app.funds.access import CAPABILITIES
from app.web.feature import Feature

FEATURE = Feature(name="funds", capabilities=CAPABILITIES)
