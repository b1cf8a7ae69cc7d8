"""What the audit trail calls tags."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.contacts.models.tag import Tag, TagColour
from app.contacts.wording.tags import COLOURS
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, names_in

RECORDS = (
    RecordWords("tag", _l("Tag"), {
        "key": _l("Found by"), "colour": _l("Colour"), "description": _l("What it is for"),
        "archived_at": _l("Retired"), "merged_into_id": _l("Merged into"),
    }, ("tags.edit", "tag_id"), names_in(Tag.id, Tag.name)),
)  # fmt: skip
STATES: Mapping[type[StrEnum], Mapping[Any, Text]] = {TagColour: COLOURS}
DEEDS = {
    "tag.added": _l("Tag added"), "tag.edited": _l("Tag edited"), "tag.merged": _l("Tag merged into another"),
    "tag.retired": _l("Tag retired"), "tag.offered_again": _l("Tag offered again"),
    "tag.put_on_many": _l("Tag put on many contacts"), "tag.taken_off_many": _l("Tag taken off many contacts"),
    "contact.tagged": _l("Tag put on"), "contact.untagged": _l("Tag taken off"),
}  # fmt: skip
FACTS = {
    "tag": _l("Tag"), "tag_id": _l("Number of the tag"), "into": _l("Merged into"), "contacts": _l("Contacts"),
    "contact_ids": _l("Numbers of the contacts"),
}  # fmt: skip
