"""What the audit trail calls consents, their wordings and purposes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.contacts.models import Channel, ConsentPurpose
from app.contacts.rules.consents import LawfulBasis
from app.contacts.wording.consents import BASES, CHANNELS
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, names_in

RECORDS = (
    RecordWords("consent", _l("Consent"), {
        "contact_id": _l("Contact"), "wording_id": _l("Wording"), "is_given": _l("Given"),
        "answered_on": _l("Answered on"), "lawful_basis": _l("Lawful basis"),
        "recorded_by_id": _l("Written down by"), "note": _l("Note"), "undoes_id": _l("Undoes"),
    }),
    RecordWords("consent_wording", _l("Wording of a consent"), {
        "purpose": _l("Purpose"), "channel": _l("Channel"), "is_current": _l("In use"),
    }),
    RecordWords("purpose", _l("Purpose"), {
        "code": _l("Code"), "names": _l("Names"), "explanations": _l("Explanations"),
        "lawful_basis": _l("Lawful basis"), "keeps_months": _l("Months an agreement counts"),
        "archived_at": _l("Retired"),
    }, ("purposes.edit", "purpose_id"), names_in(ConsentPurpose.id, ConsentPurpose.code)),
)  # fmt: skip
STATES: Mapping[type[StrEnum], Mapping[Any, Text]] = {Channel: CHANNELS, LawfulBasis: BASES}
DEEDS = {
    "consent.recorded": _l("Consents recorded"), "consent.withdrawn": _l("Consent withdrawn"),
    "consent.withdrawal_undone": _l("Withdrawal undone"), "consent_wording.published": _l("Wording published"),
    "purpose.added": _l("Purpose added"), "purpose.edited": _l("Purpose edited"),
    "purpose.retired": _l("Purpose retired"), "purpose.offered_again": _l("Purpose offered again"),
}  # fmt: skip
FACTS = {"code": _l("Code"), "lawful_basis": _l("Lawful basis")}
