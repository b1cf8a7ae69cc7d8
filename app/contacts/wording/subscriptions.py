"""How often news of a segment is sent, in words."""

from collections.abc import Mapping

from app.contacts.models import Rhythm
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

RHYTHMS: Mapping[Rhythm, Text] = {
    Rhythm.DAY: _l("Every day"), Rhythm.WEEK: _l("Every week"), Rhythm.MONTH: _l("Every month"),
}  # fmt: skip
