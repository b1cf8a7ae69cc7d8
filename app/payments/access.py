"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_PAYMENTS = Capability("payments.read", _l("See payments and what the payment service told us"))
REPLAY_EVENTS = Capability("payments.replay", _l("Work a message of the payment service again"))
RETRY_JOBS = Capability("jobs.retry", _l("Start work again that could not be done"))
CAPABILITIES = (READ_PAYMENTS, REPLAY_EVENTS, RETRY_JOBS)
