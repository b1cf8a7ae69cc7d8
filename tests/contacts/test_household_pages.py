"""The pages of households, as staff use them."""

import re

import pytest

from app.contacts.models import Contact, ContactKind
from app.contacts.queries.households import greeting_row, household_of, member_ids
from app.contacts.services.households import MemberDetails, add_member, make_household
from app.kernel.actors import SYSTEM
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.giving import make_offline_gift
from tests.web.test_query_counts import counting

pytestmark = pytest.mark.db


def person(db, given, family="Gurung"):
    return make_contact(db, given_name=given, family_name=family, email="", phone="")


@pytest.fixture
def staff(app, sign_in):
    return sign_in("contacts.read", "contacts.edit", "gifts.read")


@pytest.fixture
def home(db):
    made = make_household(db, [person(db, "Maya"), person(db, "Ram")], actor=SYSTEM)
    db.commit()
    return made


@pytest.fixture
def anna(db):
    contact = person(db, "Anna", "Lefèvre")
    db.commit()
    return contact


def base(household):
    return f"/contacts/{household.id}/household"


def member_of(database, who):
    with database.reading() as db:
        return household_of(db, who)


def members(database, household):
    with database.reading() as db:
        return [db.get_one(Contact, key).given_name for key in member_ids(db, household.id)]


def test_a_household_is_made_from_a_person_and_looked_at(staff, anna):
    assert "Add to a household" in staff.get(f"/contacts/{anna.id}").get_data(as_text=True)

    page = staff.post(f"/contacts/{anna.id}/household/make", follow_redirects=True).get_data(as_text=True)

    assert all(words in page for words in ("Famille Lefèvre", "Anna Lefèvre", "How we greet them"))
    assert "Famille Lefèvre" in staff.get(f"/contacts/{anna.id}").get_data(as_text=True)
    assert "Famille Lefèvre" in staff.get("/contacts/?q=famille lefevre").get_data(as_text=True)


def test_somebody_known_is_found_and_joins(staff, home, anna, database):
    found = staff.get(f"{base(home)}/members/new?q=lefevre").get_data(as_text=True)
    assert f"person={anna.id}" in found
    said = {"role": "Aunt", "is_in_name": "y", "is_in_formal": "y", "is_in_informal": "y"}
    answer = staff.post(f"{base(home)}/members/new?person={anna.id}", data=said)

    assert answer.status_code == 303
    page = staff.get(f"/contacts/{home.id}").get_data(as_text=True)
    assert all(words in page for words in ("Famille Gurung et Lefèvre", "Aunt", "Maya, Ram et Anna"))
    late = staff.post(f"{base(home)}/members/new?person={anna.id}", data=said)
    assert late.status_code == 422
    assert "already" in late.get_data(as_text=True)


@pytest.mark.parametrize(("typed", "kept"), [("Zo\x00é\u202e", "Zoé"), ("\N{FAMILY}", "\N{FAMILY}")])
def test_somebody_new_joins_and_strange_signs_are_taken_out(staff, home, database, typed, kept):
    answer = staff.post(f"{base(home)}/members/new-person", data={"given_name": typed, "is_in_informal": "y"})

    assert answer.status_code == 303
    assert members(database, home) == ["Maya", "Ram", kept]


@pytest.mark.parametrize("wrong", [{}, {"given_name": "x" * 1_000_000}, {"given_name": "A", "since": "2026-02-31"},
                                   {"given_name": "A", "since": "2199-01-01"}])  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_is_half_done(staff, home, database, wrong):
    answer = staff.post(f"{base(home)}/members/new-person", data=wrong)

    assert answer.status_code == 422
    assert "error-summary" in answer.get_data(as_text=True)
    assert members(database, home) == ["Maya", "Ram"]
    with database.reading() as db:
        assert db.query(Contact).count() == 3


def test_a_household_in_a_household_is_refused(staff, home, db):
    other = make_contact(db, group_name="H", kind=ContactKind.HOUSEHOLD)
    db.commit()

    for wrong in (other.id, home.id):
        answer = staff.post(f"{base(home)}/members/new?person={wrong}", data={})
        assert answer.status_code == 422
        assert "Only people belong" in answer.get_data(as_text=True)
    assert staff.get(f"/contacts/{member_ids(db, home.id)[0]}/household/split").status_code == 404


def test_a_member_is_edited_moved_and_leaves(staff, home, db, database):
    other = make_household(db, [person(db, "Zoé", "Lama")], actor=SYSTEM)
    maya, ram = member_ids(db, home.id)
    db.commit()
    member = member_of(database, ram)
    url = f"{base(home)}/members/{member.id}"
    assert "Ram" in staff.get(f"{url}/edit").get_data(as_text=True)
    said = {"role": "Father", "is_in_name": "y", "version": str(member.version)}
    assert staff.post(f"{url}/edit", data=said).status_code == 303
    late = staff.post(f"{url}/edit", data=said)
    assert late.status_code == 422
    assert "meanwhile" in late.get_data(as_text=True)

    assert str(other.id) in staff.get(f"{url}/move?q=lama").get_data(as_text=True)
    assert staff.post(f"{url}/move", data={"to": other.id}).status_code == 303
    assert members(database, other) == ["Zoé", "Ram"]
    assert staff.post(f"{url}/move", data={"to": other.id}).status_code == 404
    last = member_of(database, maya)
    assert staff.post(f"{base(home)}/members/{last.id}/move", data={"to": "x"}).status_code == 404
    assert staff.post(f"{base(home)}/members/{last.id}/move", data={"to": maya}).status_code == 409
    assert staff.post(f"{base(home)}/members/{last.id}/leave", data={"until": "2199-01-01"}).status_code == 422
    assert staff.post(f"{base(home)}/members/{last.id}/leave", data={"until": "2026-01-01"}).status_code == 303
    page = staff.get(f"/contacts/{home.id}").get_data(as_text=True)
    assert all(words in page for words in ("Nobody belongs to it yet", "2 former members", "nobody belongs to this"))


def test_greetings_are_overridden_and_taken_back(staff, home, database):
    page = staff.get(f"{base(home)}/greetings").get_data(as_text=True)
    assert "Left empty: Maya et Ram" in page
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    said = {"name": "Les Gurung", "informal": "Chers amis", "version": version}
    assert staff.post(f"{base(home)}/greetings", data=said).status_code == 303
    page = staff.get(f"/contacts/{home.id}").get_data(as_text=True)
    assert all(words in page for words in ("Les Gurung", "Chers amis", "By hand"))
    late = staff.post(f"{base(home)}/greetings", data={**said, "informal": "Mine"})
    assert late.status_code == 422
    assert all(words in late.get_data(as_text=True) for words in ("meanwhile", "Mine", "Chers amis"))

    with database.reading() as db:
        version = greeting_row(db, home.id).version
    staff.post(f"{base(home)}/greetings", data={**dict.fromkeys(said, ""), "version": str(version)})
    assert "Famille Gurung" in staff.get(f"/contacts/{home.id}").get_data(as_text=True)


def test_a_household_is_split_and_joined_again(staff, home, db, database):
    maya, ram = member_ids(db, home.id)
    db.commit()
    leaving = member_of(database, ram).id
    assert staff.post(f"{base(home)}/split", data={}).status_code == 422
    assert staff.post(f"{base(home)}/split", data={"leaving": "999"}).status_code == 422

    answer = staff.post(f"{base(home)}/split", data={"leaving": leaving})

    assert answer.status_code == 303
    made = member_of(database, ram).household_id
    assert made != home.id
    assert str(made) in staff.get(f"{base(home)}/join?q=gurung").get_data(as_text=True)
    assert staff.post(f"{base(home)}/join", data={"to": maya}).status_code == 409
    assert staff.post(f"{base(home)}/join", data={"to": made}).status_code == 303
    assert members(database, home) == ["Maya", "Ram"]
    assert "Archived" in staff.get(f"/contacts/{made}").get_data(as_text=True)


def test_an_archived_household_keeps_its_members(staff, home, database):
    staff.post(f"/contacts/{home.id}/archive")

    assert members(database, home) == ["Maya", "Ram"]


def test_gifts_of_the_household_and_its_members_are_shown_together(staff, home, db):
    maya, ram = (db.get_one(Contact, key) for key in member_ids(db, home.id))
    for donor, amount in ((home, 1000), (maya, 2000), (ram, 4000)):
        make_offline_gift(db, donor, amount=Money(amount, "EUR"))
    db.commit()

    page = staff.get(f"/contacts/{home.id}").get_data(as_text=True)

    assert all(amount in page for amount in ("€70.00", "€40.00", "€20.00", "€10.00"))
    assert "Together in all" not in staff.get(f"/contacts/{maya.id}").get_data(as_text=True)


def test_a_household_asks_the_same_few_questions_however_many_belong_to_it(staff, app, home, db):
    questions = []
    for number in (1, 6):
        for each in range(number):
            joining = person(db, f"P{number}{each}", f"F{number}{each}")
            add_member(db, home, joining, MemberDetails(), actor=SYSTEM)
            make_offline_gift(db, joining)
        db.commit()
        staff.get(f"/contacts/{home.id}")
        with counting(app) as asked:
            staff.get(f"/contacts/{home.id}")
        questions.append(len(asked))

    assert questions[0] == questions[1]


def test_readers_see_households_and_change_none(sign_in, home):
    reader = sign_in("contacts.read")

    page = reader.get(f"/contacts/{home.id}").get_data(as_text=True)

    assert "Maya Gurung" in page
    assert "household/split" not in page
    assert reader.post(f"{base(home)}/split", data={}).status_code == 403
