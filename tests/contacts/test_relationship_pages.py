"""The pages of relationships, as staff use them."""

from datetime import date

import pytest
from sqlalchemy import func, select

from app.contacts.models import Relationship, RelationshipType
from app.contacts.services.relationships import TieDetails, tie_contacts
from app.kernel.actors import SYSTEM
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db


@pytest.fixture
def two(db):
    maya, company = make_contact(db), make_contact(db, group_name="Émeraude", email="")
    kind = db.scalar(select(RelationshipType.id).where(RelationshipType.code == "employment"))
    db.commit()
    return maya.id, company.id, kind


@pytest.fixture
def staff(app, sign_in):
    return sign_in("contacts.read", "contacts.edit")


@pytest.fixture
def kept(db, two, staff):
    maya, company, kind = two
    staff.post(f"/contacts/{maya}/relationships/new?with={company}", data={"kind": f"{kind}:to"})
    tie = db.scalars(select(Relationship)).one()
    db.commit()
    return tie


def count(database):
    with database.reading() as db:
        return db.scalar(select(func.count(Relationship.id)))


def test_a_tie_is_found_said_and_shown_on_both_pages(staff, two):
    maya, company, kind = two
    found = staff.get(f"/contacts/{maya}/relationships/new?q=emeraude").get_data(as_text=True)
    assert f"with={company}" in found
    form = staff.get(f"/contacts/{maya}/relationships/new?with={company}").get_data(as_text=True)
    assert f'value="{kind}:to"' in form

    said = {"kind": f"{kind}:to", "since": "2024-01-01", "is_primary": "y", "note": "Board office"}
    answer = staff.post(f"/contacts/{maya}/relationships/new?with={company}", data=said)

    assert answer.status_code == 303
    mine = staff.get(f"/contacts/{maya}").get_data(as_text=True)
    assert all(words in mine for words in ("Employee of", "Émeraude", "Main employer", "Board office"))
    theirs = staff.get(f"/contacts/{company}").get_data(as_text=True)
    assert all(words in theirs for words in ("Employer of", "Maya Lefèvre"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "999:to"},
        {"kind": "x"},
        {"since": "2026-02-30"},
        {"since": "0001-01-01"},
        {"since": "2026-01-02", "until": "2026-01-01"},
        {"note": "x" * 1_000_000},
    ],
)
def test_what_makes_no_sense_is_refused_with_a_message(staff, two, database, wrong):
    maya, company, kind = two

    answer = staff.post(f"/contacts/{maya}/relationships/new?with={company}", data={"kind": f"{kind}:to", **wrong})

    assert answer.status_code == 422
    assert "error-summary" in answer.get_data(as_text=True)
    assert count(database) == 0


def test_a_tie_with_oneself_is_refused(staff, two, database):
    maya, _company, _kind = two
    with database.reading() as db:
        spouse = db.scalar(select(RelationshipType.id).where(RelationshipType.code == "spouse"))

    answer = staff.post(f"/contacts/{maya}/relationships/new?with={maya}", data={"kind": f"{spouse}:to"})

    assert answer.status_code == 422
    assert "themselves" in answer.get_data(as_text=True)
    assert count(database) == 0


def test_strange_signs_are_taken_out_of_a_note(staff, two, database):
    maya, company, kind = two
    staff.post(
        f"/contacts/{maya}/relationships/new?with={company}",
        data={"kind": f"{kind}:to", "note": "a\x00b\u202e c \N{PARTY POPPER}"},
    )

    with database.reading() as db:
        assert db.scalars(select(Relationship.note)).one() == "ab c \N{PARTY POPPER}"


@pytest.mark.parametrize("key", ["0", "-1", "99999999999999999999", "12345"])
def test_nobody_there_is_a_page_that_says_so(staff, two, key):
    answer = staff.get(f"/contacts/{two[0]}/relationships/new?with={key}")

    assert answer.status_code in {200, 404}


def test_a_tie_is_corrected_ended_and_taken_away(staff, two, kept, database):
    maya, _company, _kind = two
    base = f"/contacts/{maya}/relationships/{kept.id}"
    assert staff.post(f"{base}/edit", data={"since": "2024-01-01", "version": "1"}).status_code == 303
    late = staff.post(f"{base}/edit", data={"note": "Mine", "version": "1"})
    assert late.status_code == 422
    assert all(words in late.get_data(as_text=True) for words in ("meanwhile", "Mine", "As it is kept now"))

    assert staff.post(f"{base}/end", data={"until": "2024-06-30"}).status_code == 303
    assert "Former" in staff.get(f"/contacts/{maya}").get_data(as_text=True)
    with database.reading() as db:
        assert db.get_one(Relationship, kept.id).until == date(2024, 6, 30)
    staff.post(f"{base}/delete")
    assert count(database) == 0


def test_a_tie_has_no_page_under_another_contact(staff, db, kept):
    other = make_contact(db, email="other@example.org")
    db.commit()

    assert staff.get(f"/contacts/{other.id}/relationships/{kept.id}/edit").status_code == 404


def test_readers_see_ties_and_change_none(sign_in, two, kept):
    reader, (maya, _company, _kind) = sign_in("contacts.read"), two

    page = reader.get(f"/contacts/{maya}").get_data(as_text=True)

    assert "Employee of" in page
    assert "relationships/new" not in page
    assert reader.get(f"/contacts/{maya}/relationships/").status_code == 200
    assert reader.post(f"/contacts/{maya}/relationships/{kept.id}/delete").status_code == 403
    assert reader.get("/settings/relationship-types/").status_code == 403


def test_kinds_of_ties_are_added_renamed_retired_and_deleted(sign_in, database):
    keeper = sign_in("contacts.set_up")
    said = {
        "forward_en": "Mentor of",
        "backward_en": "Mentee of",
        "forward_kinds": "person",
        "backward_kinds": "person",
    }
    assert keeper.post("/settings/relationship-types/new", data=said).status_code == 303
    with database.reading() as db:
        key = db.scalars(select(RelationshipType.id).order_by(RelationshipType.id.desc())).first()
    page = f"/settings/relationship-types/{key}"

    assert keeper.post(page, data={**said, "forward_fr": "Mentor de", "version": "1"}).status_code == 303
    assert keeper.post(page, data={**said, "forward_fr": "Guide de", "version": "1"}).status_code == 422
    keeper.post(f"{page}/retire")
    assert "Retired" in keeper.get("/settings/relationship-types/").get_data(as_text=True)
    keeper.post(f"{page}/offer")
    keeper.post(f"{page}/delete")
    assert keeper.get(page).status_code == 404


def test_a_kind_in_use_cannot_be_deleted(sign_in, two, kept):
    keeper = sign_in("contacts.set_up")

    page = keeper.post(f"/settings/relationship-types/{two[2]}/delete", follow_redirects=True)

    assert "in use" in page.get_data(as_text=True)


def test_a_kind_without_words_is_refused(sign_in):
    answer = sign_in("contacts.set_up").post("/settings/relationship-types/new", data={"forward_kinds": "person"})

    assert answer.status_code == 422


def test_many_ties_are_cut_on_the_page_and_whole_on_their_own(staff, db, two):
    _maya, company, kind = two
    for number in range(14):
        other = make_contact(db, given_name=f"N{number}", email="")
        details = TieDetails(type_id=kind)
        from_them = db.get_one(type(other), company)
        tie_contacts(db, other, from_them, details, actor=SYSTEM)
    db.commit()

    assert "All relationships" in staff.get(f"/contacts/{company}").get_data(as_text=True)
    assert staff.get(f"/contacts/{company}/relationships/").get_data(as_text=True).count("Employer of") == 14
