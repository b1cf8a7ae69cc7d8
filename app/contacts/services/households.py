"""Who belongs to which household: joining, moving, splitting, leaving, each in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, Household, HouseholdMember
from app.contacts.queries.households import BELONGS, household_id_of, member_ids
from app.contacts.rules.greetings import Person, greetings_of
from app.contacts.services.details import ContactDetails
from app.contacts.services.holding import hold_contacts
from app.contacts.services.naming import LONGEST_NAME, call_anew, greetings_row
from app.contacts.services.records import archive_contact, record_contact
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

CHANGED = _l("Somebody else changed this household meanwhile. Look at it again, please.")


@dataclass(frozen=True, kw_only=True)
class MemberDetails:
    """What is said of a member: their place in the household, since which day, and in which strings they stand."""

    role: str = ""
    since: date | None = None
    is_in_name: bool = True
    is_in_formal: bool = True
    is_in_informal: bool = True


@dataclass(frozen=True, kw_only=True)
class GreetingDetails:
    """The three strings as written by hand; "" takes one back, and it follows from the members again."""

    name: str = ""
    formal: str = ""
    informal: str = ""


def add_member(
    db: Session, household: Contact, person: Contact, details: MemberDetails, *, actor: Actor
) -> HouseholdMember:
    """Let a person belong to a household, which is called anew.

    Raises:
        Refused: it is no household or no person, it is archived, or they belong to one already.

    """
    _check_can_join(household, person)
    held = hold_contacts(db, (household.id, person.id))
    _check_open(held[household.id])
    home = household_id_of(db, person.id)
    if home is not None:
        same = _l("%(name)s belongs to this household already.", name=person.name)
        other = _l("%(name)s belongs to another household: move them instead.", name=person.name)
        raise Refused(same if home == household.id else other, field="person")
    member = HouseholdMember(household_id=household.id, person_id=person.id)
    _fill(db, member, details)
    db.add(member)
    audit.note(db, actor, "household.joined", member)
    call_anew(db, held[household.id])
    return member


def add_new_member(
    db: Session, household: Contact, person: ContactDetails, details: MemberDetails, *, actor: Actor
) -> HouseholdMember:
    """Add a person we did not know, and let them belong to a household.

    Raises:
        Refused: they have no name, or as in `add_member`.

    """
    contact = record_contact(db, person, actor=actor)
    return add_member(db, household, contact, details, actor=actor)


def edit_member(db: Session, member: HouseholdMember, details: MemberDetails, *, version: int, actor: Actor) -> None:
    """Change what is said of a member; the household is called anew.

    Raises:
        Refused: somebody changed it since that version, or the day lies ahead.

    """
    held = _hold_member(db, member)
    if member.version != version:
        raise Refused(CHANGED)
    _fill(db, member, details)
    audit.note(db, actor, "household.member_edited", member)
    call_anew(db, held)


def leave_household(db: Session, member: HouseholdMember, until: date, *, actor: Actor) -> None:
    """Let somebody belong to their household no more, from the day after; they are kept as a former member.

    Raises:
        Refused: they left before, or that day lies ahead or before they came.

    """
    held = _hold_member(db, member)
    _close(db, member, until)
    audit.note(db, actor, "household.left", member, until=until)
    call_anew(db, held)


def move_member(db: Session, member: HouseholdMember, to: Contact, *, actor: Actor) -> HouseholdMember:
    """Let somebody leave their household for another one, today; both are called anew.

    Raises:
        Refused: they left before, or it is no household, archived, or the one they are in.

    """
    if to.kind is not ContactKind.HOUSEHOLD:
        raise Refused(_l("%(name)s is no household.", name=to.name), field="to")
    if to.id == member.household_id:
        raise Refused(_l("They belong to this household already."), field="to")
    held = hold_contacts(db, (member.household_id, member.person_id, to.id))
    _check_open(held[to.id])
    (moved,) = _move(db, _still_members(db, member.household_id, [member.id]), held[to.id])
    audit.note(db, actor, "household.moved", moved)
    call_anew(db, held[member.household_id])
    call_anew(db, held[to.id])
    return moved


def make_household(db: Session, people: Sequence[Contact], *, actor: Actor) -> Contact:
    """A new household of people who belong to none, called after them, in the language of the first.

    Raises:
        Refused: there is nobody, somebody is no person, or belongs to a household already.

    """
    household = _called_after(db, people, actor=actor)
    for person in people:
        add_member(db, household, person, MemberDetails(), actor=actor)
    audit.note(db, actor, "household.made", household, members=len(people))
    return household


def split_household(db: Session, household: Contact, leaving: Collection[int], *, actor: Actor) -> Contact:
    """Some members (keys of memberships) leave together into a new household; both are called after who is in them.

    Raises:
        Refused: nobody or everybody would leave, or one of them left meanwhile.

    """
    people = member_ids(db, household.id)
    held = hold_contacts(db, {household.id, *people})
    members = _still_members(db, household.id, leaving)
    staying = set(member_ids(db, household.id)) - {member.person_id for member in members}
    if not members or not staying:
        raise Refused(_l("Choose who leaves; somebody has to stay."), field="leaving")
    if not {member.person_id for member in members} <= held.keys():
        raise Refused(CHANGED)
    made = _called_after(db, [held[member.person_id] for member in members], actor=actor)
    _move(db, members, made)
    audit.note(db, actor, "household.split", household, members=len(members), household=made.id)
    call_anew(db, held[household.id])
    call_anew(db, made)
    return made


def join_households(db: Session, kept: Contact, emptied: Contact, *, actor: Actor) -> None:
    """Everybody of one household moves into another; the emptied one is archived with its name and its gifts.

    Raises:
        Refused: they are one and the same, or one of them is no household or archived.

    """
    if kept.id == emptied.id:
        raise Refused(_l("A household cannot be joined with itself."), field="other")
    if {kept.kind, emptied.kind} != {ContactKind.HOUSEHOLD}:
        raise Refused(_l("Only two households can be joined."), field="other")
    people = member_ids(db, emptied.id)
    held = hold_contacts(db, {kept.id, emptied.id, *people})
    _check_open(held[kept.id])
    _check_open(held[emptied.id])
    members = _everybody(db, emptied.id)
    if not {member.person_id for member in members} <= held.keys():
        raise Refused(CHANGED)
    _move(db, members, held[kept.id])
    audit.note(db, actor, "household.merged", kept, members=len(members), household=emptied.id)
    call_anew(db, held[emptied.id])
    call_anew(db, held[kept.id])
    archive_contact(db, held[emptied.id], actor=actor)


def write_greetings(
    db: Session, household: Contact, details: GreetingDetails, *, version: int, actor: Actor
) -> Household:
    """Write the name or a greeting by hand, or take it back; what is by hand survives every change of the members.

    Raises:
        Refused: somebody changed it since that version (0: there was none yet).

    """
    held = hold_contacts(db, (household.id,))[household.id]
    row = greetings_row(db, held)
    if version not in {0, row.version}:
        raise Refused(CHANGED)
    row.is_name_manual, row.is_formal_manual = bool(details.name), bool(details.formal)
    row.is_informal_manual = bool(details.informal)
    row.formal_greeting, row.informal_greeting = details.formal, details.informal
    if details.name and details.name != held.group_name:
        held.group_name = details.name
        held.touch()
        held.refresh()
    call_anew(db, held)
    audit.note(db, actor, "household.greetings_edited", held)
    return row


def _check_can_join(household: Contact, person: Contact) -> None:
    if household.kind is not ContactKind.HOUSEHOLD:
        raise Refused(_l("%(name)s is no household.", name=household.name), field="to")
    if person.kind is not ContactKind.PERSON:
        raise Refused(_l("Only people belong to a household: %(name)s is none.", name=person.name), field="person")


def _check_open(household: Contact) -> None:
    if household.archived_at is not None:
        raise Refused(_l("%(name)s is in the archive. Take it out first.", name=household.name))


def _called_after(db: Session, people: Sequence[Contact], *, actor: Actor) -> Contact:
    """A new household with the name that follows from these people."""
    if not people:
        raise Refused(_l("Choose who belongs to it."), field="person")
    for person in people:
        if person.kind is not ContactKind.PERSON:
            raise Refused(_l("Only people belong to a household: %(name)s is none.", name=person.name), field="person")
    language = people[0].language
    named = [
        Person(title=each.title, given=each.given_name, family=each.family_name, is_deceased=each.is_deceased)
        for each in people
    ]
    name = greetings_of(named, language).name.text[:LONGEST_NAME].strip()
    details = ContactDetails(kind=ContactKind.HOUSEHOLD, group_name=name, language=language)
    household = record_contact(db, details, actor=actor)
    greetings_row(db, household, is_name_manual=False)
    return household


def _fill(db: Session, member: HouseholdMember, details: MemberDetails) -> None:
    if details.since is not None and details.since > _today(db):
        raise Refused(_l("This day lies ahead. Write it down when it is so."), field="since")
    for name, value in vars(details).items():
        setattr(member, name, value)


def _hold_member(db: Session, member: HouseholdMember) -> Contact:
    """Hold the person and the household, and read the membership anew; the household."""
    held = hold_contacts(db, (member.household_id, member.person_id))
    _still_members(db, member.household_id, [member.id])
    return held[member.household_id]


def _still_members(db: Session, household_id: int, keys: Collection[int]) -> list[HouseholdMember]:
    """These members as they are this instant, in their order.

    Raises:
        Refused: one of them has left or moved.

    """
    found = [member for member in _everybody(db, household_id) if member.id in set(keys)]
    if len(found) < len(set(keys)):
        raise Refused(CHANGED)
    return found


def _everybody(db: Session, household_id: int) -> list[HouseholdMember]:
    query = select(HouseholdMember).where(HouseholdMember.household_id == household_id, BELONGS)
    return list(db.scalars(query.order_by(HouseholdMember.id).execution_options(populate_existing=True)))


def _move(db: Session, members: Sequence[HouseholdMember], to: Contact) -> list[HouseholdMember]:
    """Close these memberships today, and open them in the other household: role and strings go along."""
    day, along = _today(db), ("role", "is_in_name", "is_in_formal", "is_in_informal")
    for member in members:
        _close(db, member, day)
    db.flush()  # the database allows one household at a time
    moved = [
        HouseholdMember(
            household_id=to.id, person_id=each.person_id, since=day, **{name: getattr(each, name) for name in along}
        )
        for each in members
    ]
    db.add_all(moved)
    return moved


def _close(db: Session, member: HouseholdMember, until: date) -> None:
    if until > _today(db):
        raise Refused(_l("This day lies ahead. Write it down when it is so."), field="until")
    if member.since is not None and until < member.since:
        raise Refused(_l("They cannot leave before they came."), field="until")
    member.until = until


def _today(db: Session) -> date:
    return today(the_organisation(db).time_zone)
