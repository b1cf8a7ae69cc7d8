"""The capability of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

KEEP_EXCHANGE_RATES = Capability("currencies.rates", _l("Keep the table of exchange rates"))
CAPABILITIES = (KEEP_EXCHANGE_RATES,)
