"""Ties between contacts: one row seen from two sides, in their time, and never twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.contacts.models import Contact, ContactKind, Relationship, RelationshipType
from app.contacts.queries.relationships import ties_of, types_between
from app.contacts.services.relationships import (
    TieDetails,
    TypeDetails,
    add_type,
    delete_tie,
    delete_type,
    edit_tie,
    edit_type,
    end_tie,
    retire_type,
    tie_contacts,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db
DAY = date(2026, 3, 1)
MOST = 50


def type_id(db, code):
    return db.scalar(select(RelationshipType.id).where(RelationshipType.code == code))


def tie(db, one, other, code="spouse", **said):
    return tie_contacts(db, one, other, TieDetails(type_id=type_id(db, code), **said), actor=SYSTEM)


@pytest.fixture
def maya(db):
    return make_contact(db)


@pytest.fixture
def ram(db):
    return make_contact(db, given_name="राम", family_name="गुरुङ", email="ram@example.org")


@pytest.fixture
def company(db):
    return make_contact(db, group_name="Émeraude", email="")


def test_one_row_is_read_from_both_sides(db, maya, company):
    kept = tie(db, maya, company, "employment", since=DAY)

    (mine,) = ties_of(db, maya.id, DAY, MOST)
    (theirs,) = ties_of(db, company.id, DAY, MOST)
    assert mine.relationship is theirs.relationship is kept
    assert (mine.other, mine.words("en"), mine.words("fr")) == (company, "Employee of", "Salarié(e) de")
    assert (theirs.other, theirs.words("en")) == (maya, "Employer of")


def test_a_tie_written_down_on_the_other_page_is_the_same(db, maya, company):
    kept = tie(db, company, maya, "employment", is_forward=False)

    assert (kept.first_id, kept.second_id) == (maya.id, company.id)


def test_nobody_is_tied_to_themselves(db, maya):
    with pytest.raises(Refused, match="themselves") as refusal:
        tie(db, maya, maya)
    assert refusal.value.field == "other"


@pytest.mark.parametrize("code", ["spouse", "friend"])
def test_a_symmetric_tie_is_the_same_the_other_way_round(db, maya, ram, code):
    tie(db, ram, maya, code)

    with pytest.raises(Refused, match="already"):
        tie(db, maya, ram, code)


def test_a_tie_may_begin_again_after_it_ended_but_not_within(db, maya, company):
    tie(db, maya, company, "employment", since=date(2020, 1, 1), until=date(2021, 12, 31))

    tie(db, maya, company, "employment", since=date(2022, 1, 1))
    with pytest.raises(Refused, match="already"):
        tie(db, maya, company, "employment", since=date(2021, 6, 1), until=date(2021, 7, 1))


def test_it_cannot_end_before_it_began(db, maya, ram):
    with pytest.raises(Refused, match="before it began"):
        tie(db, maya, ram, since=DAY, until=date(2026, 2, 28))


@pytest.mark.parametrize(("code", "forward"), [("spouse", True), ("employment", False)])
def test_kinds_of_contacts_that_do_not_fit_are_refused(db, maya, company, code, forward):
    with pytest.raises(Refused, match="kinds"):
        tie(db, maya, company, code, is_forward=forward)


def test_a_new_main_employer_takes_the_place_of_the_one_before(db, maya, company):
    first = tie(db, maya, company, "employment", is_primary=True)
    other = make_contact(db, group_name="Saphir", email="")

    second = tie(db, maya, other, "employment", is_primary=True)

    assert (first.is_primary, second.is_primary) == (False, True)
    assert [each.other for each in ties_of(db, maya.id, DAY, MOST)] == [other, company]


def test_only_an_employment_makes_a_main_employer(db, maya, ram):
    assert not tie(db, maya, ram, is_primary=True).is_primary


def test_an_ended_employment_is_the_main_one_no_more(db, maya, company):
    kept = tie(db, maya, company, "employment", is_primary=True, since=date(2020, 1, 1))

    end_tie(db, kept, date(2021, 1, 1), actor=SYSTEM)

    (seen,) = ties_of(db, maya.id, DAY, MOST)
    assert (seen.is_current, kept.is_primary) == (False, False)
    with pytest.raises(Refused, match="ended already"):
        end_tie(db, kept, date(2022, 1, 1), actor=SYSTEM)


def test_a_tie_deleted_by_mistake_is_in_the_audit(db, maya, ram):
    kept = tie(db, maya, ram)
    delete_tie(db, kept, actor=SYSTEM)
    db.commit()

    assert db.scalar(select(func.count(Relationship.id))) == 0
    deeds = db.scalars(select(AuditEntry.action).where(AuditEntry.record_type == "relationship")).all()
    assert {"relationship.deleted", "deleted"} <= set(deeds)


def test_whoever_corrects_an_older_version_is_told(db, maya, ram):
    kept = tie(db, maya, ram)
    db.flush()
    details = TieDetails(type_id=kept.type_id, since=DAY)
    edit_tie(db, kept, details, version=1, actor=SYSTEM)
    db.flush()

    with pytest.raises(Refused, match="meanwhile"):
        edit_tie(db, kept, details, version=1, actor=SYSTEM)


def test_the_database_refuses_what_is_there_already(db, maya, ram):
    kept = tie(db, maya, ram)
    sides = {"first_id": kept.first_id, "second_id": kept.second_id}
    db.add(Relationship(type_id=kept.type_id, is_symmetric=True, is_employment=False, **sides))

    with pytest.raises(IntegrityError):
        db.flush()


def test_two_who_write_down_the_same_at_once_make_one(database, db, maya, ram):
    together, code = Barrier(2), type_id(db, "spouse")
    db.commit()

    def marry(one, other):
        together.wait(10)
        try:
            with database.writing() as session:
                act_as(session, SYSTEM)
                ours, theirs = session.get_one(Contact, one), session.get_one(Contact, other)
                tie_contacts(session, ours, theirs, TieDetails(type_id=code), actor=SYSTEM)
        except Refused as refusal:
            return str(refusal.message)
        return "kept"

    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(marry, *pair) for pair in ((maya.id, ram.id), (ram.id, maya.id))]
        said = sorted(each.result(20) for each in told)

    assert said[1] == "kept"
    assert "already" in said[0]


def test_only_what_fits_two_contacts_is_offered(db, maya, company):
    codes = [(each.code, forward) for each, forward in types_between(db, maya.kind, company.kind)]

    assert ("employment", True) in codes
    assert ("employment", False) not in codes
    assert not {code for code, _forward in codes} & {"spouse", "partner"}


NAMES = {"forward_names": {"en": "Mentor of"}, "backward_names": {"en": "Mentee of"}}
PEOPLE = {"forward_kinds": (ContactKind.PERSON,), "backward_kinds": (ContactKind.PERSON,)}


def test_a_type_of_ones_own_is_added_renamed_and_retired(db, maya, ram):
    kind = add_type(db, TypeDetails(**NAMES, **PEOPLE), actor=SYSTEM)
    db.flush()
    kept = tie(db, maya, ram, kind.code)
    edit_type(
        db, kind, TypeDetails(**{**NAMES, "forward_names": {"en": "Guide of"}}, **PEOPLE), version=1, actor=SYSTEM
    )
    retire_type(db, kind, actor=SYSTEM)

    assert kept.type.words("fr") == "Guide of"
    with pytest.raises(Refused):
        tie(db, ram, maya, kind.code)
    with pytest.raises(Refused, match="in use"):
        delete_type(db, kind, actor=SYSTEM)


def test_a_type_that_was_never_used_can_be_deleted_but_not_the_one_of_employers(db):
    kind = add_type(db, TypeDetails(**NAMES, **PEOPLE), actor=SYSTEM)
    delete_type(db, kind, actor=SYSTEM)
    db.flush()

    assert type_id(db, kind.code) is None
    with pytest.raises(Refused, match="in use"):
        delete_type(db, db.get(RelationshipType, type_id(db, "employment")), actor=SYSTEM)


@pytest.mark.parametrize("wrong", [{"forward_names": {"en": ""}}, {"backward_names": {}}, {"forward_kinds": ()}])
def test_a_type_needs_words_and_contacts(db, wrong):
    with pytest.raises(Refused):
        add_type(db, TypeDetails(**{**NAMES, **PEOPLE, **wrong}), actor=SYSTEM)
