"""The list of tags, the chips on a contact's page, and the list of contacts narrowed by a tag."""

import pytest
from sqlalchemy import select

from app.contacts.models.tag import ContactTag, Tag
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from tests.factories.contacts import make_contact
from tests.factories.tags import make_tag

pytestmark = pytest.mark.db


@pytest.fixture
def maya(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_contact(db).id


@pytest.fixture
def gala(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_tag(db, "Gala 2026").id


@pytest.fixture
def staff(sign_in):
    return sign_in("contacts.read", "contacts.edit")


@pytest.fixture
def keeper(sign_in):
    return sign_in("contacts.read", "contacts.edit", "contacts.set_up")


def names_on(database, contact_id):
    with database.reading() as db:
        had = select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id).where(ContactTag.contact_id == contact_id)
        return list(db.scalars(had.order_by(Tag.key)))


def words(answer):
    return answer.get_data(as_text=True)


def test_a_tag_is_put_on_by_typing_its_name_and_taken_off_with_an_undo(staff, database, maya, gala):
    shown = words(staff.post(f"/contacts/{maya}/tags", data={"tag": "gala 2026"}, follow_redirects=True))
    assert "Gala 2026" in shown

    shown = words(staff.post(f"/contacts/{maya}/tags/{gala}/take-off", follow_redirects=True))
    assert "Gala 2026 is taken off." in shown
    assert f'action="/contacts/{maya}/tags/{gala}/put"' in shown
    assert names_on(database, maya) == []

    staff.post(f"/contacts/{maya}/tags/{gala}/put")
    assert names_on(database, maya) == ["Gala 2026"]


def test_only_whoever_sets_up_contacts_makes_a_new_tag_by_typing(staff, keeper, database, maya):
    refused = staff.post(f"/contacts/{maya}/tags", data={"tag": "Novel"})
    assert refused.status_code == 422
    assert "no such tag" in words(refused)

    assert keeper.post(f"/contacts/{maya}/tags", data={"tag": "Novel"}).status_code == 303
    assert names_on(database, maya) == ["Novel"]


@pytest.mark.parametrize("typed", ["", " ", "x" * 61, "\x00", "\u202e"])
def test_what_is_no_name_of_a_tag_is_refused(keeper, database, maya, typed):
    assert keeper.post(f"/contacts/{maya}/tags", data={"tag": typed}).status_code == 422
    assert names_on(database, maya) == []


def test_a_tag_of_a_megabyte_is_too_much(keeper, database, maya):
    assert keeper.post(f"/contacts/{maya}/tags", data={"tag": "x" * 2**20}).status_code == 422
    assert names_on(database, maya) == []


def test_names_are_offered_while_typing(staff, maya, gala):
    assert 'value="Gala 2026"' in words(staff.get(f"/contacts/{maya}/tags/names"))
    assert "Gala 2026" in words(staff.get(f"/contacts/{maya}/tags"))


def test_whoever_only_reads_sees_tags_and_changes_none(sign_in, database, maya, gala):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(ContactTag(contact_id=maya, tag_id=gala))
    reader = sign_in("contacts.read")

    shown = words(reader.get(f"/contacts/{maya}"))
    assert "Gala 2026" in shown
    assert "take-off" not in shown
    assert reader.post(f"/contacts/{maya}/tags/{gala}/take-off").status_code == 403
    assert reader.get("/settings/tags/").status_code == 403


def test_contacts_are_narrowed_by_a_tag_alone_and_with_words(staff, database, gala):
    with database.writing() as db:
        act_as(db, SYSTEM)
        having, other = make_contact(db, family_name="Lama"), make_contact(db, family_name="Rai", email="")
        db.add(ContactTag(contact_id=having.id, tag_id=gala))
        assert other.id

    for address in (f"/contacts/?tag={gala}", f"/contacts/?tag={gala}&q=maya"):
        shown = words(staff.get(address))
        assert "Lama" in shown
        assert "Rai" not in shown
    assert "Rai" in words(staff.get("/contacts/?tag=nonsense"))
    assert "Rai" in words(staff.get(f"/contacts/?tag={10**30}"))


def test_the_list_of_tags_counts_renames_merges_and_retires(keeper, database, maya, gala):
    keeper.post("/settings/tags/new", data={"name": "Soirée", "colour": "violet", "description": "The evening"})
    with database.reading() as db:
        evening = db.scalars(select(Tag.id).where(Tag.name == "Soirée")).one()
    keeper.post(f"/contacts/{maya}/tags/{evening}/put")
    assert f"/contacts/?tag={evening}" in words(keeper.get("/settings/tags/"))

    told = {"name": "Soirée 2026", "colour": "violet", "description": "", "version": "1"}
    assert keeper.post(f"/settings/tags/{evening}", data=told).status_code == 303
    assert keeper.post(f"/settings/tags/{evening}", data=told).status_code == 422

    assert "1 contact has this tag" in words(keeper.get(f"/settings/tags/{evening}/merge"))
    assert keeper.post(f"/settings/tags/{evening}/merge", data={"into": str(evening)}).status_code == 422
    done = keeper.post(f"/settings/tags/{evening}/merge", data={"into": str(gala)}, follow_redirects=True)
    assert "1 contact has the tag Gala 2026 instead." in words(done)
    assert names_on(database, maya) == ["Gala 2026"]

    retired = words(keeper.post(f"/settings/tags/{gala}/retire", follow_redirects=True))
    assert f'action="/settings/tags/{gala}/offer"' in retired
    keeper.post(f"/settings/tags/{gala}/offer")
    assert "Retired" not in words(keeper.get("/settings/tags/"))


@pytest.mark.parametrize(
    "data", [{"name": ""}, {"name": "A", "colour": "puce"}, {"name": "GALA 2026", "colour": "red"}]
)
def test_a_wrong_tag_is_refused(keeper, gala, data):
    assert keeper.post("/settings/tags/new", data=data).status_code == 422
