"""What payments plug into the rest."""

from app.payments.access import CAPABILITIES
from app.payments.views import webhooks
from app.web.feature import Feature

FEATURE = Feature(name="payments", blueprints=(webhooks.bp,), capabilities=CAPABILITIES)
