"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

MANAGE_STAFF = Capability("accounts.manage", _l("Manage staff accounts and roles"))
READ_AUDIT = Capability("accounts.audit", _l("Read the audit trail"))
CAPABILITIES = (MANAGE_STAFF, READ_AUDIT)
