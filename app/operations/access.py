"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_OPERATIONS = Capability("operations.read", _l("See how the installation is doing"))
CAPABILITIES = (READ_OPERATIONS,)
