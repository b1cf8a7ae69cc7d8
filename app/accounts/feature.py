"""What accounts plug into the rest."""

from app.accounts.access import CAPABILITIES
from app.web.feature import Feature

FEATURE = Feature(name="accounts", capabilities=CAPABILITIES)
