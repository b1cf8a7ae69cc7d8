"""Who belongs to whom among the contacts of the invented charity: a family, an employer, friends."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, RelationshipType
from app.contacts.services.details import ContactDetails
from app.contacts.services.households import MemberDetails, add_member, add_new_member, make_household
from app.contacts.services.relationships import TieDetails, tie_contacts
from app.kernel.actors import SYSTEM


def tie_together(db: Session, contacts: Sequence[Contact]) -> int:
    """Two people who give live together with a child; one of them works for a company that gives, too.

    How many contacts were added: the household and the child.
    """
    db.flush()
    people = [contact for contact in contacts if contact.kind is ContactKind.PERSON]
    company = next(contact for contact in contacts if contact.kind is ContactKind.ORGANISATION)
    one, other, friend, boss = people[:4]
    one.title, other.title = "Mme", "M."
    home = make_household(db, [one], actor=SYSTEM)
    add_member(db, home, other, MemberDetails(since=date(2021, 6, 12)), actor=SYSTEM)
    child = ContactDetails(
        kind=ContactKind.PERSON, given_name="Léo", family_name=one.family_name, language=home.language
    )
    said = MemberDetails(role="Fils", is_in_name=False, is_in_formal=False)
    member = add_new_member(db, home, child, said, actor=SYSTEM)
    types = {kind.code: kind.id for kind in db.scalars(select(RelationshipType))}
    for first, second, code, told in (
        (one, other, "spouse", {"since": date(2021, 6, 12)}),
        (one, db.get_one(Contact, member.person_id), "parent", {}),
        (one, friend, "friend", {"note": "Ils se sont connus à un concert pour les écoles."}),
        (one, company, "employment", {"since": date(2019, 9, 1), "is_primary": True}),
        (boss, company, "board", {"since": date(2016, 1, 1), "until": date(2024, 12, 31)}),
    ):
        tie_contacts(db, first, second, TieDetails(type_id=types[code], **told), actor=SYSTEM)
    return 2
