"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

EDIT_ORGANISATION = Capability("organisation.edit", _l("Change the organisation's settings and tax rates"))
CAPABILITIES = (EDIT_ORGANISATION,)
