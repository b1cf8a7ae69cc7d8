"""What the audit trail calls contacts, their channels, tasks and reviews."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload, load_only

from app.contacts.models import (
    Contact,
    ContactKind,
    Direction,
    HoldReason,
    InteractionKind,
    ReviewField,
    ReviewStatus,
    Task,
    TaskStatus,
)
from app.contacts.trail_words import bulk, consents, custom_fields, notes, segments, tags, ties
from app.contacts.wording.reaching import HOLDS
from app.contacts.wording.tasks import DIRECTIONS, KINDS
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, TrailWords, names_in

PART = {
    "contact_id": _l("Contact"), "label": _l("Kind"), "is_primary": _l("Main one"), "original": _l("First typed as"),
    "valid_from": _l("Valid from"), "valid_until": _l("Valid until"), "hold_reason": _l("On hold because"),
    "hold_since": _l("On hold since"),
}  # fmt: skip


def names(db: Session, keys: Collection[int]) -> Mapping[int, str]:
    """Contacts' names by key."""
    told = load_only(Contact.kind, Contact.title, Contact.given_name, Contact.family_name, Contact.group_name)
    bare = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
    return {each.id: each.name for each in db.scalars(select(Contact).where(Contact.id.in_(keys)).options(told, *bare))}


WORDS = TrailWords(
    records=(
        RecordWords("contact", _l("Contact"), {
            "kind": _l("Kind"), "title": _l("Title"), "given_name": _l("First name"), "family_name": _l("Last name"),
            "group_name": _l("Name"), "legal_form": _l("Legal form"), "siren": _l("SIREN number"),
            "nickname": _l("Nickname"), "salutation": _l("How letters begin"), "birth_on": _l("Born on"),
            "birth_year": _l("Year of birth"), "is_deceased": _l("Deceased"), "deceased_on": _l("Died on"),
            "owner_id": _l("Looked after by"),
            "do_not_contact": _l("Do not contact"), "no_email": _l("Never by e-mail"), "no_phone": _l("Never by phone"),
            "no_post": _l("Never by post"), "archived_at": _l("Archived"),
            "tags": _l("Tags"), "changed_at": _l("Changed"), "sort_key": _l("Sorted as"), "search_key": _l("Found by"),
        }, ("contacts.show", "contact_id"), names),
        RecordWords("contact_email", _l("E-mail address"), {
            **PART, "address": _l("Address"), "folded": _l("Found by"),
        }),
        RecordWords("contact_phone", _l("Phone number"), {**PART, "number": _l("Number"), "typed": _l("As typed")}),
        RecordWords("contact_address", _l("Postal address"), {
            **PART, "street": _l("Street"), "postcode": _l("Postcode"), "city": _l("City"), "region": _l("Region"),
            "season_from": _l("Season from"), "season_until": _l("Season until"),
            "postcode_key": _l("Postcode as found"), "city_key": _l("City as found"),
        }),
        RecordWords("contact_review", _l("Difference to decide"), {
            "contact_id": _l("Contact"), "field": _l("Field"), "value_key": _l("Found by"),
            "proposed": _l("What was said"), "decided_at": _l("Decided"),
        }),
        RecordWords("interaction", _l("Interaction"), {
            "contact_id": _l("Contact"), "kind": _l("Kind"), "direction": _l("From whom"),
            "happened_at": _l("When"), "subject": _l("About what"), "staff_user_id": _l("Who of us"),
            "notes": _l("Notes"),
        }),
        RecordWords("task", _l("Task"), {
            "contact_id": _l("Contact"), "subject": _l("What is to be done"), "due_on": _l("Due"),
            "is_important": _l("Important"), "owner_id": _l("Who does it"), "done_at": _l("Done"),
            "done_by_id": _l("Done by"), "notes": _l("Notes"),
        }, ("tasks.edit", "task_id"), names_in(Task.id, Task.subject)),
        *ties.RECORDS, *consents.RECORDS, *custom_fields.RECORDS,
        *tags.RECORDS, *notes.RECORDS, *segments.RECORDS, *bulk.RECORDS,
    ),
    states={
        **custom_fields.STATES, **tags.STATES, **notes.STATES, **segments.STATES, **bulk.STATES,
        **consents.STATES,
        ContactKind: {
            ContactKind.PERSON: _l("Person"), ContactKind.HOUSEHOLD: _l("Household"),
            ContactKind.ORGANISATION: _l("Organisation"),
        },
        ReviewField: {
            ReviewField.NAME: _l("Name"), ReviewField.EMAIL: _l("E-mail"), ReviewField.PHONE: _l("Phone"),
            ReviewField.ADDRESS: _l("Address"), ReviewField.DECEASED: _l("Marked as deceased"),
        },
        Direction: DIRECTIONS,
        HoldReason: HOLDS,
        InteractionKind: KINDS,
        TaskStatus: {TaskStatus.OPEN: _l("To do"), TaskStatus.DONE: _l("Finished")},
        ReviewStatus: {
            ReviewStatus.OPEN: _l("Open"), ReviewStatus.ACCEPTED: _l("Taken over"),
            ReviewStatus.DISMISSED: _l("Left as it was"),
        },
    },
    deeds={
        **ties.DEEDS, **consents.DEEDS, **tags.DEEDS, **notes.DEEDS, **custom_fields.DEEDS,
        **segments.DEEDS, **bulk.DEEDS,
        "contact.recorded": _l("Contact recorded"), "contact.edited": _l("Contact edited"),
        "contact.matched": _l("Donor recognised"), "contact.archived": _l("Contact archived"),
        "contact.restored": _l("Contact restored"), "contact_review.accepted": _l("Difference taken over"),
        "contact_review.dismissed": _l("Difference left as it was"),
        "interaction.recorded": _l("Interaction recorded"), "interaction.edited": _l("Interaction edited"),
        "interaction.deleted": _l("Interaction deleted"), "task.recorded": _l("Task written down"),
        "task.edited": _l("Task edited"), "task.done": _l("Task done"), "task.reopened": _l("Task taken up again"),
        "task.snoozed": _l("Task put off"), "task.deleted": _l("Task deleted"),
    },
    fact_states=bulk.FACT_STATES,
    guarded=custom_fields.GUARDED,
    tellers=custom_fields.TELLERS,
    facts={
        **ties.FACTS, **consents.FACTS, **tags.FACTS, **bulk.FACTS, **custom_fields.FACTS, "answers": _l("Answers"),
        "as_primary": _l("Main one"),
    },
)  # fmt: skip
