"""What contacts plug into the rest."""

from app.contacts.access import CAPABILITIES
from app.web.feature import Feature

FEATURE = Feature(name="contacts", capabilities=CAPABILITIES)
