"""What the audit trail calls an organisation's own fields, their groups and choices."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import CustomChoice, CustomField, CustomGroup, CustomType
from app.contacts.queries.custom_fields import restricted_keys
from app.contacts.showing.custom_fields import may_read_restricted, words_of_change
from app.contacts.wording.custom_fields import TYPES
from app.kernel.audit import AuditEntry
from app.kernel.i18n import Text, language
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import Names, RecordWords, Told


def _names(model: type[CustomGroup] | type[CustomField] | type[CustomChoice]) -> Names:
    def asked(db: Session, keys: Collection[int]) -> Mapping[int, str]:
        found: Any = db.scalars(select(model).where(model.id.in_(keys)))
        return {each.id: each.name(language()) for each in found}

    return asked


USUAL = {"names": _l("Names"), "place": _l("Place in the list"), "archived_at": _l("Archived")}
RECORDS = (
    RecordWords("custom_group", _l("Group of fields"), {
        **USUAL, "kinds": _l("Kinds of contact"), "is_restricted": _l("For few readers only"),
    }, names=_names(CustomGroup)),
    RecordWords("custom_field", _l("Custom field"), {
        **USUAL, "group_id": _l("Group of fields"), "key": _l("Key"), "helps": _l("Help"), "type": _l("Kind"),
        "is_required": _l("Must be filled in"), "is_searchable": _l("Can be searched"),
        "longest": _l("Most characters"), "decimals": _l("Decimals"), "least": _l("Smallest"), "most": _l("Largest"),
    }, names=_names(CustomField)),
    RecordWords("custom_choice", _l("Choice"), {**USUAL, "field_id": _l("Custom field")}, names=_names(CustomChoice)),
)  # fmt: skip
STATES: Mapping[type[StrEnum], Mapping[Any, Text]] = {CustomType: TYPES}
DEEDS = {
    "custom_group.added": _l("Group of fields added"), "custom_group.edited": _l("Group of fields edited"),
    "custom_group.archived": _l("Group of fields archived"), "custom_group.restored": _l("Group of fields restored"),
    "custom_group.deleted": _l("Group of fields deleted"), "custom_field.added": _l("Custom field added"),
    "custom_field.edited": _l("Custom field edited"), "custom_field.archived": _l("Custom field archived"),
    "custom_field.restored": _l("Custom field restored"), "custom_field.deleted": _l("Custom field deleted"),
    "custom_choice.added": _l("Choice added"), "custom_choice.edited": _l("Choice edited"),
    "custom_choice.retired": _l("Choice retired"), "custom_choice.restored": _l("Choice offered again"),
    "custom_choice.deleted": _l("Choice deleted"), "custom_values.changed": _l("Custom fields filled in"),
    "custom_values.changed_restricted": _l("Restricted fields filled in"),
}  # fmt: skip
GUARDED = {"custom_values.changed_restricted": READ_RESTRICTED}
FACTS = {"values": _l("Values")}


def tell(db: Session, entries: Sequence[AuditEntry]) -> Mapping[int, Sequence[Told]]:
    """What changed in which field, in words; what is restricted by now is for those who may read it. One question."""
    keys = {key for entry in entries for key in entry.changes}
    unread = set() if may_read_restricted() else restricted_keys(db, keys)
    return {
        entry.id: [words_of_change(said) for key, said in entry.changes.items() if key not in unread]
        for entry in entries
    }


TELLERS = dict.fromkeys(("custom_values.changed", "custom_values.changed_restricted"), tell)
