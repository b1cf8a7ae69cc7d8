"""What the audit trail calls relationships and households."""

from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords

RECORDS = (
    RecordWords("relationship_type", _l("Kind of relationship"), {
        "forward_names": _l("Words"), "backward_names": _l("The other way round"), "forward_kinds": _l("Said of"),
        "backward_kinds": _l("Towards"), "is_symmetric": _l("The same both ways"), "is_employment": _l("Employment"),
        "is_active": _l("Offered"),
    }, ("relationship_types.edit", "type_id")),
    RecordWords("relationship", _l("Relationship"), {
        "type_id": _l("Kind of relationship"), "is_symmetric": _l("The same both ways"),
        "is_employment": _l("Employment"), "first_id": _l("Contact"), "second_id": _l("The other contact"),
        "since": _l("Since"), "until": _l("Until"), "is_primary": _l("Main employer"),
    }),
    RecordWords("household", _l("Greetings of a household"), {
        "contact_id": _l("Household"), "formal_greeting": _l("Formal greeting"),
        "informal_greeting": _l("Informal greeting"), "is_name_manual": _l("Name written by hand"),
        "is_formal_manual": _l("Formal greeting written by hand"),
        "is_informal_manual": _l("Informal greeting written by hand"),
    }),
    RecordWords("household_member", _l("Member of a household"), {
        "household_id": _l("Household"), "household_kind": _l("Household"), "person_id": _l("Person"),
        "person_kind": _l("Person"), "role": _l("Role"), "since": _l("Since"),
        "until": _l("Until"), "is_in_name": _l("In the name"), "is_in_formal": _l("In the formal greeting"),
        "is_in_informal": _l("In the informal greeting"),
    }),
)  # fmt: skip
DEEDS = {
    "relationship.recorded": _l("Relationship recorded"), "relationship.edited": _l("Relationship edited"),
    "relationship.ended": _l("Relationship ended"), "relationship.deleted": _l("Relationship taken away"),
    "relationship_type.added": _l("Kind of relationship added"),
    "relationship_type.edited": _l("Kind of relationship edited"),
    "relationship_type.retired": _l("Kind of relationship retired"),
    "relationship_type.offered_again": _l("Kind of relationship offered again"),
    "relationship_type.deleted": _l("Kind of relationship deleted"),
    "household.joined": _l("Joined a household"), "household.left": _l("Left a household"),
    "household.moved": _l("Moved to another household"), "household.made": _l("Household made"),
    "household.split": _l("Household split"), "household.merged": _l("Households joined"),
    "household.member_edited": _l("Member of a household edited"),
    "household.greetings_edited": _l("Greetings edited"),
}  # fmt: skip
FACTS = {"until": _l("Until"), "members": _l("Members"), "household": _l("Household")}
