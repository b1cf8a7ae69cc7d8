"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_FUNDS = Capability("funds.read", _l("See funds and campaigns"))
EDIT_FUNDS = Capability("funds.edit", _l("Add and change funds and campaigns"))
CAPABILITIES = (READ_FUNDS, EDIT_FUNDS)
