"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_CONTACTS = Capability("contacts.read", _l("See contacts"))
EDIT_CONTACTS = Capability("contacts.edit", _l("Add and change contacts"))
CAPABILITIES = (READ_CONTACTS, EDIT_CONTACTS)
