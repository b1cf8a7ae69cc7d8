"""The capabilities of this feature."""

from app.kernel.actors import Capability
from app.kernel.i18n import lazy_gettext as _l

READ_GIFTS = Capability("gifts.read", _l("Read gifts"))
RECORD_GIFTS = Capability("gifts.record", _l("Record gifts that came by post, bank or hand"))
REVERSE_GIFTS = Capability("gifts.reverse", _l("Reverse gifts that were recorded in error"))
EXPORT_GIFTS = Capability("gifts.export", _l("Take gifts out as a file"))
REFUND_GIFTS = Capability("gifts.refund", _l("Refund gifts given online"))
CHANGE_RECURRING = Capability("recurring.change", _l("Change, pause and end recurring gifts"))
READ_RECEIPTS = Capability("receipts.read", _l("Read and download receipts"))
ISSUE_RECEIPTS = Capability("receipts.issue", _l("Issue and send receipts"))
VOID_RECEIPTS = Capability("receipts.void", _l("Void and replace receipts"))
READ_FORMS = Capability("forms.read", _l("Read giving forms"))
EDIT_FORMS = Capability("forms.edit", _l("Make and change giving forms"))
PUBLISH_FORMS = Capability("forms.publish", _l("Publish and close giving forms"))
CAPABILITIES = (
    READ_GIFTS, RECORD_GIFTS, REVERSE_GIFTS, EXPORT_GIFTS, REFUND_GIFTS, CHANGE_RECURRING, READ_RECEIPTS,
    ISSUE_RECEIPTS, VOID_RECEIPTS, READ_FORMS, EDIT_FORMS, PUBLISH_FORMS,
)  # fmt: skip
