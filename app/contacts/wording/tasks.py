"""What tasks and interactions are called on pages: kinds, directions, and how soon something is due."""

from collections.abc import Mapping

from app.contacts.models import Direction, InteractionKind
from app.contacts.rules.tasks import Due
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

KINDS: Mapping[InteractionKind, Text] = {
    InteractionKind.CALL: _l("Call"),
    InteractionKind.MEETING: _l("Meeting"),
    InteractionKind.LETTER: _l("Letter"),
    InteractionKind.EMAIL: _l("E-mail"),
    InteractionKind.VISIT: _l("Visit"),
    InteractionKind.OTHER: _l("Something else"),
}
ICONS: Mapping[InteractionKind, str] = {
    InteractionKind.CALL: "phone",
    InteractionKind.MEETING: "users-group",
    InteractionKind.LETTER: "file-text",
    InteractionKind.EMAIL: "mail",
    InteractionKind.VISIT: "map-pin",
    InteractionKind.OTHER: "note",
}
DIRECTIONS: Mapping[Direction, Text] = {
    Direction.INCOMING: _l("From them"),
    Direction.OUTGOING: _l("From us"),
}
DUE: Mapping[Due, Text] = {
    Due.OVERDUE: _l("Overdue"),
    Due.TODAY: _l("Today"),
    Due.THIS_WEEK: _l("This week"),
    Due.LATER: _l("Later"),
}
