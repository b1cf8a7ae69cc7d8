"""Tags: one whatever its accents, put on one contact or on thousands, merged, retired."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.contacts.models.tag import ContactTag, Tag, TagColour
from app.contacts.queries.tags import every_tag, offered_tags, tag_called
from app.contacts.services.tagging import tag_contact, tag_many, untag_contact, untag_many
from app.contacts.services.tags import (
    LONGEST,
    TagDetails,
    add_tag,
    edit_tag,
    merge_tags,
    offer_tag_again,
    retire_tag,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.errors import NotFound, Refused
from tests.factories.contacts import make_contact
from tests.factories.staff import make_staff
from tests.factories.tags import make_tag

pytestmark = pytest.mark.db


def holders(db, tag):
    return sorted(db.scalars(select(ContactTag.contact_id).where(ContactTag.tag_id == tag.id)))


@pytest.mark.parametrize("typed", ["mecene", "MÉCÈNE", " Mécène ", "Me\u0301ce\u0300ne"])
def test_accents_capitals_and_blanks_do_not_make_another_tag(db, typed):
    tag = make_tag(db, "Mécène")

    with pytest.raises(Refused):
        make_tag(db, typed)
    assert tag_called(db, typed) is tag


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST + 1)])
def test_a_tag_needs_a_name_of_a_bearable_length(db, name):
    with pytest.raises(Refused) as refusal:
        add_tag(db, TagDetails(name=name), actor=SYSTEM)
    assert refusal.value.field == "name"


def test_a_tag_is_put_on_once_and_taken_off_once(db):
    contact, tag = make_contact(db), make_tag(db)

    assert tag_contact(db, contact, tag, actor=SYSTEM)
    assert not tag_contact(db, contact, tag, actor=SYSTEM)
    assert holders(db, tag) == [contact.id]
    assert untag_contact(db, contact, tag, actor=SYSTEM)
    assert not untag_contact(db, contact, tag, actor=SYSTEM)
    db.commit()

    of_tags = select(AuditEntry.action).where(AuditEntry.action.like("contact.%tagged"))
    deeds = db.scalars(of_tags.order_by(AuditEntry.id)).all()
    assert deeds == ["contact.tagged", "contact.untagged"]


def test_who_put_it_on_is_kept(database):
    asha = make_staff(database, "contacts.edit")
    with database.writing() as db:
        act_as(db, asha.as_actor())
        tag_contact(db, make_contact(db), make_tag(db), actor=asha.as_actor())

    with database.reading() as db:
        assert db.scalars(select(ContactTag.tagged_by_id)).one() == asha.id


def test_many_are_tagged_with_one_entry_that_can_be_undone(db):
    tag = make_tag(db)
    already = make_contact(db)
    tag_contact(db, already, tag, actor=SYSTEM)
    people = [already.id, *(make_contact(db, email="").id for _ in range(30))]

    new = tag_many(db, [*people, people[3], 10**15, -1], tag.id, actor=SYSTEM)
    assert new == people[1:]
    assert tag_many(db, people, tag.id, actor=SYSTEM) == []
    db.commit()
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "tag.put_on_many")).one()
    assert entry.changes == {"contacts": 30, "contact_ids": new}

    assert untag_many(db, entry.changes["contact_ids"], tag.id, actor=SYSTEM) == new
    assert holders(db, tag) == [already.id]


def test_nobody_at_all_is_tagged_without_an_entry(db):
    tag = make_tag(db)
    assert tag_many(db, [], tag.id, actor=SYSTEM) == []
    assert untag_many(db, [7], tag.id, actor=SYSTEM) == []
    db.commit()
    assert not db.scalars(select(AuditEntry).where(AuditEntry.action.like("tag.%many"))).all()


def test_what_is_no_tag_or_retired_is_put_on_nobody(db):
    contact, tag = make_contact(db), make_tag(db)
    retire_tag(db, tag, actor=SYSTEM)

    with pytest.raises(Refused):
        tag_many(db, [contact.id], tag.id, actor=SYSTEM)
    with pytest.raises(Refused):
        tag_contact(db, contact, tag, actor=SYSTEM)
    for deed in (tag_many, untag_many):
        with pytest.raises(NotFound):
            deed(db, [contact.id], 999, actor=SYSTEM)


def test_a_retired_tag_stays_on_whoever_has_it_and_is_offered_again(db):
    contact = make_contact(db)
    tag = make_tag(db, "Gala", contact)

    retire_tag(db, tag, actor=SYSTEM)
    assert list(offered_tags(db)) == []
    assert holders(db, tag) == [contact.id]
    offer_tag_again(db, tag, actor=SYSTEM)
    assert list(offered_tags(db)) == [tag]


def test_a_merged_tag_is_replaced_on_everybody_and_its_name_leads_to_the_other(db):
    both, one, other = (make_contact(db, email="") for _ in range(3))
    old, new = make_tag(db, "Donateur", both, one), make_tag(db, "Mécène", both, other)
    older = make_tag(db, "Bienfaiteur", one)
    merge_tags(db, older, old, actor=SYSTEM)

    assert merge_tags(db, old, new, actor=SYSTEM) == 2
    db.commit()
    db.expire_all()

    assert holders(db, new) == [both.id, one.id, other.id]
    assert holders(db, old) == []
    assert tag_called(db, "donateur") is new
    assert tag_called(db, "bienfaiteur") is new
    assert next((tag.name, number) for tag, number in every_tag(db)) == ("Mécène", 3)


def test_a_tag_is_not_merged_with_itself_or_with_a_retired_one(db):
    tag, gone = make_tag(db, "A"), make_tag(db, "B")
    retire_tag(db, gone, actor=SYSTEM)
    for one, other in ((tag, tag), (tag, gone), (gone, tag)):
        with pytest.raises(Refused):
            merge_tags(db, one, other, actor=SYSTEM)


def test_a_tag_is_renamed_but_not_to_anothers_name_nor_by_whoever_saw_an_older_one(db):
    tag = make_tag(db, "Gala")
    make_tag(db, "Mécène")
    details = TagDetails(name="Gala 2026", colour=TagColour.RED)

    edit_tag(db, tag, details, version=1, actor=SYSTEM)
    db.commit()
    assert (tag.name, tag.key, tag.version) == ("Gala 2026", "gala 2026", 2)
    with pytest.raises(Refused):
        edit_tag(db, tag, details, version=1, actor=SYSTEM)
    with pytest.raises(Refused):
        edit_tag(db, tag, TagDetails(name="mecene"), version=2, actor=SYSTEM)


def test_two_who_tag_the_same_people_at_once_both_come_through_and_nobody_has_it_twice(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        tag_id = make_tag(db).id
        people = [make_contact(db, email="").id for _ in range(12)]

    def put(order):
        with database.writing() as db:
            act_as(db, SYSTEM)
            return tag_many(db, order, tag_id, actor=SYSTEM)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(put, [people, people[::-1], people[3:], people[:9]]))

    assert sorted(key for keys in found for key in keys) == people
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(ContactTag)) == len(people)


def test_two_who_add_the_same_tag_at_once_make_one(database):
    def add(name):
        with database.writing() as db:
            act_as(db, SYSTEM)
            try:
                return add_tag(db, TagDetails(name=name), actor=SYSTEM).id
            except Refused:
                return None

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(add, ["Mécène", "mecene", "MECENE"]))

    assert sum(key is not None for key in made) == 1
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Tag)) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=80))
def test_any_name_makes_a_tag_or_is_refused(app, name):
    with app.database.session(writes=True) as db:
        act_as(db, SYSTEM)
        try:
            tag = add_tag(db, TagDetails(name="".join(sign for sign in name if sign.isprintable())), actor=SYSTEM)
        except Refused:
            pass
        else:
            assert tag.key
        db.rollback()
