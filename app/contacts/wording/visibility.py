"""What pages say of who may read something."""

from collections.abc import Mapping

from app.contacts.models.visibility import Visibility
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

WHO_READS: Mapping[Visibility, Text] = {
    Visibility.EVERYBODY: _l("Everybody who sees contacts"),
    Visibility.RESTRICTED: _l("Only those who may read what is restricted"),
    Visibility.AUTHOR: _l("Only me"),
}
MARKED: Mapping[Visibility, Text] = {
    Visibility.EVERYBODY: _l("For everybody"),
    Visibility.RESTRICTED: _l("Few readers only"),
    Visibility.AUTHOR: _l("For its author alone"),
}
