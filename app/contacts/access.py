"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_CONTACTS = Capability("contacts.read", _l("See contacts"))
EDIT_CONTACTS = Capability("contacts.edit", _l("Add and change contacts"))
LEAD_TASKS = Capability("tasks.others", _l("See and change the tasks of others"))
SET_UP_CONTACTS = Capability(
    "contacts.set_up", _l("Set up how contacts are described: tags, fields, kinds of relationships")
)
READ_RESTRICTED = Capability("contacts.restricted", _l("Read what is kept from most staff about contacts"))
EXPORT_CONTACTS = Capability("contacts.export", _l("Take contacts out as a file"))
CAPABILITIES = (READ_CONTACTS, EDIT_CONTACTS, LEAD_TASKS, SET_UP_CONTACTS, READ_RESTRICTED, EXPORT_CONTACTS)
