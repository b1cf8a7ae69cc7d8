"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_REPORTS = Capability("reports.read", _l("Read the dashboard and reports"))
CAPABILITIES = (READ_REPORTS,)
