"""What the colours of tags are called."""

from collections.abc import Mapping

from app.contacts.models.tag import TagColour
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

COLOURS: Mapping[TagColour, Text] = {
    TagColour.GREY: _l("Grey"),
    TagColour.TEAL: _l("Teal"),
    TagColour.GREEN: _l("Green"),
    TagColour.BLUE: _l("Blue"),
    TagColour.VIOLET: _l("Violet"),
    TagColour.AMBER: _l("Amber"),
    TagColour.RED: _l("Red"),
}
