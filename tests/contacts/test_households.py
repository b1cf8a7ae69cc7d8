"""Households: who belongs to which one, and how it is called after them, always in one transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.contacts.models import Contact, ContactKind, ContactReview, Household, HouseholdMember, ReviewField
from app.contacts.queries.households import belonging, greeting_row, household_of, member_ids, members_of
from app.contacts.queries.search import search_contacts
from app.contacts.services import accept_review, details_of, edit_contact, restore_contact
from app.contacts.services.details import ContactDetails
from app.contacts.services.households import (
    GreetingDetails,
    MemberDetails,
    add_member,
    add_new_member,
    edit_member,
    join_households,
    leave_household,
    make_household,
    move_member,
    split_household,
    write_greetings,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db
NOBODY_SAID = MemberDetails()
PLAIN = {"role": "", "is_in_name": True, "is_in_formal": True, "is_in_informal": True, "version": 1}


def person(db, given, family="Gurung", **parts):
    return make_contact(db, given_name=given, family_name=family, email="", phone="", **parts)


def add(db, household, who, **said):
    return add_member(db, household, who, MemberDetails(**said), actor=SYSTEM)


@pytest.fixture
def maya(db):
    return person(db, "Maya", title="Mme")


@pytest.fixture
def ram(db):
    return person(db, "Ram", title="M.")


@pytest.fixture
def home(db, maya, ram):
    made = make_household(db, [maya, ram], actor=SYSTEM)
    db.flush()
    return made


def strings(db, household):
    row = greeting_row(db, household.id)
    return household.name, row.formal_greeting, row.informal_greeting


def membership(db, who):
    return household_of(db, who.id)


def test_a_household_is_called_after_its_members(db, home):
    assert strings(db, home) == ("Famille Gurung", "Mme Maya et M. Ram Gurung", "Maya et Ram")
    assert home in search_contacts(db, "famille gurung")


def test_whoever_joins_moves_or_leaves_changes_the_strings(db, home, maya):
    anna = person(db, "Anna", "Lefèvre")
    add(db, home, anna)
    assert home.name == "Famille Gurung et Lefèvre"

    leave_household(db, membership(db, maya), today(), actor=SYSTEM)
    assert strings(db, home) == ("Famille Gurung et Lefèvre", "M. Ram Gurung et Anna Lefèvre", "Ram et Anna")

    leave_household(db, membership(db, anna), today(), actor=SYSTEM)
    assert home.name == "Famille Gurung"
    assert {each.person for each in belonging(db, home).former} == {maya, anna}


def test_somebody_we_did_not_know_joins(db, home):
    new = ContactDetails(kind=ContactKind.PERSON, given_name="Léo", family_name="Gurung", language="fr")

    member = add_new_member(db, home, new, MemberDetails(role="Fils", is_in_formal=False), actor=SYSTEM)

    assert strings(db, home)[1:] == ("Mme Maya et M. Ram Gurung", "Maya, Ram et Léo")
    assert (member.role, member.person_id in member_ids(db, home.id)) == ("Fils", True)


def test_a_member_is_left_out_of_a_string_and_put_back(db, home, ram):
    member = membership(db, ram)
    edit_member(db, member, MemberDetails(is_in_informal=False), version=member.version, actor=SYSTEM)
    assert strings(db, home)[2] == "Maya"

    edit_member(db, member, NOBODY_SAID, version=member.version, actor=SYSTEM)
    assert strings(db, home)[2] == "Maya et Ram"
    with pytest.raises(Refused, match="meanwhile"):
        edit_member(db, member, NOBODY_SAID, version=1, actor=SYSTEM)


@pytest.mark.parametrize(("changed", "formal"), [
    ({"family_name": "Lama"}, "Mme Maya Gurung et M. Ram Lama"),
    ({"is_deceased": True}, "Mme Maya Gurung"),
    ({"title": ""}, "Mme Maya et Ram Gurung"),
])  # fmt: skip
def test_a_member_who_changes_is_followed_at_once(db, home, ram, changed, formal):
    details = details_of(ram)

    edit_contact(db, ram, ContactDetails(**{**vars(details), **changed}), actor=SYSTEM)

    assert strings(db, home)[1] == formal


def test_a_name_that_a_donor_said_and_staff_took_over_is_followed(db, home, ram):
    said = {"given_name": "Ram Bahadur", "family_name": "Gurung"}
    review = ContactReview(contact=ram, field=ReviewField.NAME, value_key="k", proposed=said, source="form:x")
    db.add(review)
    db.flush()

    accept_review(db, review, as_primary=False, actor=SYSTEM)

    assert strings(db, home)[2] == "Maya et Ram Bahadur"


def test_another_language_makes_other_strings(db, home):
    edit_contact(db, home, ContactDetails(**{**vars(details_of(home)), "language": "ne"}), actor=SYSTEM)

    assert strings(db, home)[::2] == ("Gurung परिवार", "Maya र Ram")


def test_what_is_written_by_hand_survives_and_can_be_taken_back(db, home, ram):
    by_hand = GreetingDetails(name="Les Gurung de Lyon", informal="Chers amis")
    write_greetings(db, home, by_hand, version=0, actor=SYSTEM)
    leave_household(db, membership(db, ram), today(), actor=SYSTEM)
    assert strings(db, home) == ("Les Gurung de Lyon", "Mme Maya Gurung", "Chers amis")

    version = greeting_row(db, home.id).version
    write_greetings(db, home, GreetingDetails(), version=version, actor=SYSTEM)
    assert strings(db, home) == ("Famille Gurung", "Mme Maya Gurung", "Maya")


def test_whoever_writes_over_a_newer_greeting_is_told(db, home):
    write_greetings(db, home, GreetingDetails(formal="A"), version=0, actor=SYSTEM)
    db.flush()

    with pytest.raises(Refused, match="meanwhile"):
        write_greetings(db, home, GreetingDetails(formal="B"), version=1, actor=SYSTEM)


def test_a_name_typed_in_the_form_of_the_contact_is_by_hand(db, home, ram):
    edit_contact(db, home, ContactDetails(**{**vars(details_of(home)), "group_name": "Chez Maya"}), actor=SYSTEM)
    leave_household(db, membership(db, ram), today(), actor=SYSTEM)

    assert home.name == "Chez Maya"


def test_a_household_that_was_named_by_somebody_keeps_its_name(db, maya):
    old = make_contact(db, group_name="The Gurungs", kind=ContactKind.HOUSEHOLD, language="en")
    add(db, old, maya)

    assert strings(db, old) == ("The Gurungs", "Mme Maya Gurung", "Maya")


def test_an_empty_household_keeps_its_last_name_and_greets_nobody(db, home, maya, ram):
    for who in (maya, ram):
        leave_household(db, membership(db, who), today(), actor=SYSTEM)

    assert strings(db, home) == ("Famille Gurung", "", "")


def test_nobody_belongs_to_two_households(db, home, maya):
    other = make_household(db, [person(db, "Anna")], actor=SYSTEM)

    with pytest.raises(Refused, match="another household"):
        add(db, other, maya)
    with pytest.raises(Refused, match="already"):
        add(db, home, maya)
    db.add(HouseholdMember(household_id=other.id, person_id=maya.id))
    with pytest.raises(IntegrityError):
        db.flush()


def test_only_people_belong_to_households(db, home):
    other = make_contact(db, group_name="H", kind=ContactKind.HOUSEHOLD)
    company = make_contact(db, group_name="Émeraude", email="")

    for wrong in (other, company, home):
        with pytest.raises(Refused, match="Only people"):
            add(db, home, wrong)
    with pytest.raises(Refused, match="no household"):
        add(db, company, person(db, "Anna"))
    with pytest.raises(Refused, match="Only people"):
        make_household(db, [other], actor=SYSTEM)


def test_the_database_refuses_a_household_of_households_whatever_a_program_does(db, home, maya):
    other = make_contact(db, group_name="H", kind=ContactKind.HOUSEHOLD, email="")
    company = make_contact(db, group_name="Émeraude", email="")
    db.flush()

    deeds = [
        insert(HouseholdMember).values(household_id=household.id, person_id=member.id, created_at=now(), **PLAIN)
        for household, member in ((home, other), (home, company), (company, maya), (maya, other))
    ]
    deeds.append(update(HouseholdMember).values(person_id=other.id, person_kind="household"))
    deeds.append(update(Contact).where(Contact.id == maya.id).values(kind=ContactKind.HOUSEHOLD, group_name="H"))
    for deed in deeds:
        with pytest.raises(IntegrityError), db.begin_nested():
            db.execute(deed)


def test_days_that_lie_ahead_or_behind_are_refused(db, home, maya):
    member = membership(db, maya)
    edit_member(db, member, MemberDetails(since=today()), version=1, actor=SYSTEM)

    with pytest.raises(Refused, match="ahead"):
        leave_household(db, member, today() + timedelta(days=1), actor=SYSTEM)
    with pytest.raises(Refused, match="before they came"):
        leave_household(db, member, date(2020, 1, 1), actor=SYSTEM)
    with pytest.raises(Refused, match="ahead"):
        add(db, home, person(db, "Anna"), since=date(2199, 1, 1))


def test_a_member_moves(db, home, ram):
    other = make_household(db, [person(db, "Anna", "Lama")], actor=SYSTEM)
    old = membership(db, ram)

    move_member(db, old, other, actor=SYSTEM)

    assert (home.name, other.name) == ("Famille Gurung", "Famille Lama et Gurung")
    assert strings(db, home)[2] == "Maya"
    with pytest.raises(Refused, match="meanwhile"):
        move_member(db, old, make_household(db, [person(db, "X")], actor=SYSTEM), actor=SYSTEM)


def test_a_household_splits_in_two(db, home, ram):
    child = add(db, home, person(db, "Léo"), role="Fils")

    made = split_household(db, home, [membership(db, ram).id, child.id], actor=SYSTEM)

    assert (strings(db, home)[2], strings(db, made)[2]) == ("Maya", "Ram et Léo")
    assert made.name == "Famille Gurung"
    assert [each.role for each in members_of(db, made.id)] == ["", "Fils"]


def test_nobody_or_everybody_makes_no_split(db, home, maya, ram):
    for chosen in ([], [membership(db, maya).id, membership(db, ram).id]):
        with pytest.raises(Refused, match="somebody has to stay"):
            split_household(db, home, chosen, actor=SYSTEM)


def test_two_households_become_one_and_the_other_is_archived_with_its_name(db, home):
    other = make_household(db, [person(db, "Anna", "Lama")], actor=SYSTEM)

    join_households(db, home, other, actor=SYSTEM)

    assert strings(db, home)[2] == "Maya, Ram et Anna"
    assert (other.name, other.archived_at is not None, member_ids(db, other.id)) == ("Famille Lama", True, [])
    with pytest.raises(Refused, match="archive"):
        add(db, other, person(db, "Zoé"))
    restore_contact(db, other, actor=SYSTEM)
    with pytest.raises(Refused, match="itself"):
        join_households(db, home, home, actor=SYSTEM)


def both_at_once(database, *deeds):
    """What each of two deeds answers when they are done at one moment: "done", or why not."""
    together = Barrier(len(deeds))

    def do(deed):
        together.wait(10)
        try:
            with database.writing() as session:
                act_as(session, SYSTEM)
                deed(session)
        except Refused as refusal:
            return str(refusal.message)
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each.result(30) for each in [pool.submit(do, deed) for deed in deeds]]


def test_two_who_add_one_person_at_once_make_one_member(database, db, home):
    anna, other = person(db, "Anna"), make_household(db, [person(db, "Zoé")], actor=SYSTEM)
    db.commit()

    def into(key):
        return lambda s: add_member(s, s.get_one(Contact, key), s.get_one(Contact, anna.id), NOBODY_SAID, actor=SYSTEM)

    told = both_at_once(database, into(home.id), into(other.id))

    assert sorted(each == "done" for each in told) == [False, True]


def test_two_households_that_are_joined_with_each_other_at_once_wait_and_one_is_told(database, db, home):
    other = make_household(db, [person(db, "Zoé", "Lama")], actor=SYSTEM)
    db.commit()

    def joined(one, two):
        return lambda s: join_households(s, s.get_one(Contact, one), s.get_one(Contact, two), actor=SYSTEM)

    told = both_at_once(database, joined(home.id, other.id), joined(other.id, home.id))

    assert sorted(each == "done" for each in told) == [False, True]
    with database.reading() as after:
        assert after.scalar(select(func.count()).where(HouseholdMember.until.is_(None))) == 3


def test_names_and_members_that_change_at_once_are_all_in_the_greeting(database, db, home, maya, ram):
    anna = person(db, "Anna")
    db.commit()

    def renamed(key, name):
        def deed(session):
            contact = session.get_one(Contact, key)
            details = ContactDetails(**{**vars(details_of(contact)), "given_name": name})
            edit_contact(session, contact, details, actor=SYSTEM)

        return deed

    def added(session):
        add_member(
            session, session.get_one(Contact, home.id), session.get_one(Contact, anna.id), NOBODY_SAID, actor=SYSTEM
        )

    for _ in range(3):
        told = both_at_once(database, renamed(maya.id, "Māyā"), renamed(ram.id, "Rām"), added)
        assert told[:2] == ["done", "done"]

    with database.reading() as after:
        row = after.scalars(select(Household).where(Household.contact_id == home.id)).one()
        assert row.informal_greeting == "Māyā, Rām et Anna"
