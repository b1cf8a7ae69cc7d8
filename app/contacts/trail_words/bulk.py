"""What the audit trail calls deeds done to many contacts, and files of them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.contacts.models import BulkDeed, BulkStatus, Channel, Rhythm
from app.contacts.wording.bulk import DEEDS as BULK_DEEDS
from app.contacts.wording.bulk import STATES as BULK_STATES
from app.contacts.wording.subscriptions import RHYTHMS
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords

RECORDS = (
    RecordWords("bulk_action", _l("Bulk action"), {}, ("bulk.show", "action_id")),
    RecordWords("segment_subscription", _l("News of a segment by mail"), {
        "segment_id": _l("Segment"), "staff_user_id": _l("Who gets it"), "every": _l("How often"),
        "next_on": _l("Next letter on"), "told_count": _l("Contacts in the last letter"),
    }),
)  # fmt: skip
STATES: dict[type[StrEnum], Mapping[Any, Text]] = {BulkDeed: BULK_DEEDS, BulkStatus: BULK_STATES, Rhythm: RHYTHMS}
DEEDS = {
    "bulk.asked_for": _l("Bulk action asked for"), "bulk.part_done": _l("Part of a bulk action done"),
    "bulk.part_undone": _l("Part of a bulk action undone"), "bulk.stopped": _l("Bulk action stopped"),
    "bulk.taken_up_again": _l("Bulk action taken up again"),
    "bulk.undo_asked_for": _l("Undoing of a bulk action asked for"),
    "contacts.exported": _l("Contacts taken out as a file"), "contact.owner_set": _l("Given to somebody to look after"),
}  # fmt: skip
FACTS = {
    "deed": _l("What is done"), "looked_at": _l("Contacts looked at"), "changed": _l("Contacts changed"),
    "put_back": _l("Put back as they were"), "columns": _l("Columns"),
    "file_kind": _l("Kind of file"), "purpose": _l("Purpose"), "channel": _l("Channel"),
}  # fmt: skip
FACT_STATES: dict[tuple[str, str], type[StrEnum]] = {
    **{(f"bulk.{step}", "deed"): BulkDeed for step in ("asked_for", "part_done", "part_undone")},
    ("bulk.asked_for", "channel"): Channel,
}
