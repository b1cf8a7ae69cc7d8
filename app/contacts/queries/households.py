"""What may be asked about households and their members."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, SQLColumnExpression, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.contacts.models import Contact, Household, HouseholdMember
from app.contacts.rules.greetings import Greetings, Person, greetings_of

BELONGS = HouseholdMember.until.is_(None)
BARE = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))


def member_ids(db: Session, household_id: int) -> list[int]:
    """The keys of those who belong to a household now, in the order in which they came."""
    mine = select(HouseholdMember.person_id).where(HouseholdMember.household_id == household_id, BELONGS)
    return list(db.scalars(mine.order_by(HouseholdMember.id)))


@dataclass(frozen=True)
class Belonging:
    """Who belongs to a household and who left it, how it is greeted, and how it would be by its members alone."""

    members: list[HouseholdMember]
    former: list[HouseholdMember]
    row: Household | None
    computed: Greetings


def belonging(db: Session, household: Contact) -> Belonging:
    """All about the members of a household, in one question; those who left, the last first."""
    query = select(HouseholdMember, Household).where(HouseholdMember.household_id == household.id)
    query = query.outerjoin(Household, Household.contact_id == HouseholdMember.household_id)
    person = joinedload(HouseholdMember.person).options(*BARE)
    found = db.execute(query.options(person).order_by(HouseholdMember.id)).all()
    ever = [member for member, _row in found]
    members = [member for member in ever if member.until is None]
    former = sorted((each for each in ever if each.until is not None), key=lambda each: str(each.until), reverse=True)
    row = found[0][1] if found else None
    return Belonging(members, former, row, greetings_of([_as_person(each) for each in members], household.language))


def members_of(db: Session, household_id: int) -> Sequence[HouseholdMember]:
    """Those who belong to a household now, with their contacts, in the order in which they came."""
    query = select(HouseholdMember).where(HouseholdMember.household_id == household_id, BELONGS)
    return db.scalars(
        query.options(joinedload(HouseholdMember.person).options(*BARE)).order_by(HouseholdMember.id)
    ).all()


def _as_person(member: HouseholdMember) -> Person:
    """A member as the greetings see them."""
    who = member.person
    return Person(
        title=who.title, given=who.given_name, family=who.family_name, is_deceased=who.is_deceased,
        is_in_name=member.is_in_name, is_in_formal=member.is_in_formal, is_in_informal=member.is_in_informal,
    )  # fmt: skip


def of_household(household_id: int | SQLColumnExpression[int]) -> Select[int]:
    """The keys of a household and of those who belong to it now, for the question of another feature.

    A statement that is kept is given a parameter to be filled in.
    """
    mine = select(HouseholdMember.person_id).where(HouseholdMember.household_id == household_id, BELONGS)
    return select(Contact.id).where(or_(Contact.id == household_id, Contact.id.in_(mine)))


def household_of(db: Session, person_id: int) -> HouseholdMember | None:
    """The membership of a person in the household they belong to now, with that household."""
    query = select(HouseholdMember).where(HouseholdMember.person_id == person_id, BELONGS)
    return db.scalar(query.options(joinedload(HouseholdMember.household).options(*BARE)))


def household_id_of(db: Session, person_id: int) -> int | None:
    """The key of the household that a person belongs to now."""
    return db.scalar(select(HouseholdMember.household_id).where(HouseholdMember.person_id == person_id, BELONGS))


def greeting_row(db: Session, household_id: int) -> Household | None:
    """How a household is greeted, once it has or has had members."""
    return db.scalar(select(Household).where(Household.contact_id == household_id))


def computed_greetings(db: Session, household: Contact) -> Greetings:
    """The three strings as they follow from the members there are now."""
    parts = (
        Contact.title, Contact.given_name, Contact.family_name, Contact.is_deceased, HouseholdMember.is_in_name,
        HouseholdMember.is_in_formal, HouseholdMember.is_in_informal,
    )  # fmt: skip
    query = select(*parts).join(HouseholdMember, HouseholdMember.person_id == Contact.id)
    query = query.where(HouseholdMember.household_id == household.id, BELONGS).order_by(HouseholdMember.id)
    members = [
        Person(
            title=title, given=given, family=family, is_deceased=is_deceased, is_in_name=is_in_name,
            is_in_formal=is_in_formal, is_in_informal=is_in_informal,
        )
        for title, given, family, is_deceased, is_in_name, is_in_formal, is_in_informal in db.execute(query)
    ]  # fmt: skip
    return greetings_of(members, household.language)
