"""What the audit trail calls segments."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.contacts.models import Segment, SegmentKind
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, names_in

RECORDS = (
    RecordWords("segment", _l("Segment"), {
        "name_key": _l("Found by"), "kind": _l("Kind"), "owner_id": _l("Whose"), "question": _l("Search"),
        "description": _l("What it is for"), "is_shared": _l("Shared"), "last_count": _l("Contacts"),
        "counted_at": _l("Counted"), "archived_at": _l("Archived"),
    }, ("segments.show", "segment_id"), names_in(Segment.id, Segment.name)),
)  # fmt: skip
STATES: Mapping[type[StrEnum], Mapping[Any, Text]] = {
    SegmentKind: {SegmentKind.LIVE: _l("Search"), SegmentKind.FIXED: _l("List")},
}
DEEDS = {
    "segment.recorded": _l("Segment saved"), "segment.edited": _l("Segment edited"),
    "segment.archived": _l("Segment put away"), "segment.restored": _l("Segment taken out of the archive"),
    "segment.put_in": _l("Contacts put in by hand"), "segment.taken_out": _l("Contacts taken out by hand"),
    "segment.left_to_question": _l("What was said by hand taken back"),
}  # fmt: skip
