"""Custom fields as staff use them: set up under Settings, filled in and read on the page of a contact."""

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, ContactKind, CustomChoice, CustomField, CustomGroup, CustomType, CustomValue
from app.contacts.queries.custom_fields import values_of_many
from app.contacts.services import archive_contact
from app.contacts.services.custom_definitions import archive
from app.contacts.services.custom_fields import set_values
from app.kernel.actors import SYSTEM
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.custom_fields import make_field, make_group

pytestmark = pytest.mark.db
SETTINGS = "/settings/custom-fields"


@pytest.fixture
def leader(app, sign_in):
    return sign_in("contacts.read", "contacts.set_up")


@pytest.fixture
def staff(app, sign_in):
    return sign_in("contacts.read", "contacts.edit", "accounts.audit")


@pytest.fixture
def trusted(app, sign_in):
    return sign_in("contacts.read", "contacts.edit", "contacts.restricted", "accounts.audit")


def hidden(page, name):
    """The value of a hidden input."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    return found[1].replace("&#34;", '"') if found else ""


def form_of(page):
    return {name: hidden(page, name) for name in ("version", "seen")}


def text(answer):
    return answer.get_data(as_text=True)


@pytest.fixture
def world(db):
    """A contact, another one, and a group with a field of every type."""
    contact, other = (
        make_contact(db),
        make_contact(db, given_name="Pasang", family_name="Sherpa", email="p@example.org"),
    )
    group = make_group(db)
    fields = {kind: make_field(db, kind, group) for kind in CustomType}
    choices = [each.id for each in fields[CustomType.CHOICE].choices]
    several = [each.id for each in fields[CustomType.CHOICES].choices]
    db.commit()
    return {
        "contact": contact.id, "other": other.id, "group": group.id, "choices": choices, "several": several,
        "page": f"/contacts/{contact.id}/fields/{group.id}",
    }  # fmt: skip


def everything(world):
    return {
        "own_a_text": "Trekker", "own_a_long_text": "Two lines\nof story", "own_a_number": "42",
        "own_a_money": "1 250,50", "own_a_date": "1863-02-17", "own_a_choice": str(world["choices"][0]),
        "own_a_choices": list(map(str, world["several"][:2])), "own_a_yes_no": "yes",
        "own_a_contact": str(world["other"]),
    }  # fmt: skip


def values(database, contact_id):
    with database.reading() as db:
        return values_of_many(db, [contact_id], with_restricted=True).get(contact_id, {})


def test_a_group_and_a_field_of_every_type_are_set_up_without_code(leader, database):
    group = {"name_en": "Boots", "name_fr": "Chaussures", "kinds": ["person", "household"]}
    answer = leader.post(f"{SETTINGS}/groups/new", data=group)
    assert answer.status_code == 303
    types = answer.location
    page = text(leader.get(types))
    for kind in CustomType:
        assert f"{types}/{kind.value}" in page
        assert leader.get(f"{types}/{kind.value}").status_code == 200
        said = {"name_en": f"A {kind.value}", "decimals": "1", "currency": "NPR", "longest": "50", "is_searchable": "y"}
        said |= {"choices": "Red\nBlue\nred\n\n"}
        answer = leader.post(f"{types}/{kind.value}", data=said)
        assert answer.status_code == 303, (kind, text(answer))

    with database.reading() as db:
        fields = {each.type: each for each in db.scalars(select(CustomField))}
        assert set(fields) == set(CustomType)
        assert [each.names for each in fields[CustomType.CHOICES].choices] == [{"en": "Red"}, {"en": "Blue"}]
        assert (fields[CustomType.MONEY].currency, fields[CustomType.NUMBER].decimals) == ("NPR", 1)
        group_id = fields[CustomType.TEXT].group_id
    listed = text(leader.get(f"{SETTINGS}/"))
    assert all(f"A {kind.value}" in listed for kind in CustomType)
    preview = text(leader.get(f"{SETTINGS}/groups/{group_id}/preview"))
    assert all(f"own_a_{kind.value}" in preview for kind in CustomType)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("text", {"name_en": " "}), ("text", {"key": "Shoe size"}), ("text", {"key": "a_text"}),
        ("text", {"longest": "0"}), ("text", {"longest": "99999999999999999999"}),
        ("text", {"name_en": "x" * 1_000_000}), ("number", {"least": "1.55", "decimals": "1"}),
        ("number", {"decimals": "7"}), ("number", {"decimals": "-1"}), ("number", {"least": "9", "most": "8"}),
        ("number", {"least": "1e5"}), ("number", {"most": "1" + "0" * 30}),
        ("money", {"currency": "XXX"}), ("money", {"least": "NaN"}), ("choice", {"choices": ""}),
        ("choice", {"choices": "A; B"}), ("choice", {"choices": "\n".join(map(str, range(501)))}),
    ],
)  # fmt: skip
def test_what_makes_no_field_is_refused_with_a_message(leader, world, database, kind, wrong):
    said = {"name_en": "Nothing", "decimals": "0", "currency": "EUR", "choices": "One", "longest": "", **wrong}

    answer = leader.post(f"{SETTINGS}/groups/{world['group']}/fields/new/{kind}", data=said)

    assert answer.status_code == 422
    assert "error-summary" in text(answer)
    with database.reading() as db:
        assert len(db.scalars(select(CustomField)).all()) == len(CustomType)


def test_a_group_is_filled_in_and_read_on_the_contacts_page(staff, world, database):
    page = text(staff.get(world["page"]))

    answer = staff.post(world["page"], data={**form_of(page), **everything(world)})

    assert answer.status_code == 303, text(answer)
    assert values(database, world["contact"]) == {
        "a_text": ["Trekker"], "a_long_text": ["Two lines\nof story"], "a_number": [Decimal(42)],
        "a_money": [Money(125050, "EUR")], "a_date": [date(1863, 2, 17)], "a_choice": [world["choices"][0]],
        "a_choices": world["several"][:2], "a_yes_no": [True], "a_contact": [world["other"]],
    }  # fmt: skip
    shown = text(staff.get(f"/contacts/{world['contact']}"))
    for words in ("Trekker", "Two lines<br>", "42", "€1,250.50", "17 Feb 1863", "Red, Green", "Pasang Sherpa"):
        assert words in shown
    again = text(staff.get(world["page"]))
    assert 'value="1250.50"' in again
    assert staff.post(world["page"], data={**form_of(again), **everything(world)}).status_code == 303


def test_figures_are_shown_and_read_as_people_of_the_language_write_them(app, sign_in, world, database):
    french, nepali = (sign_in("contacts.read", "contacts.edit", language=code) for code in ("fr", "ne"))
    page = text(french.get(world["page"]))
    french.post(world["page"], data={**form_of(page), "own_a_money": "1.250,5", "own_a_number": "12 000"})
    assert values(database, world["contact"]) == {"a_money": [Money(125050, "EUR")], "a_number": [Decimal(12000)]}
    page = text(french.get(world["page"]))
    assert 'value="1250,50"' in page
    nepali.post(world["page"], data={**form_of(page), "own_a_money": "१,२५०.५०", "own_a_number": "१२"})
    assert values(database, world["contact"])["a_number"] == [Decimal(12)]


WRONG = {
    "own_a_number": ["1e5", "NaN", "Infinity", "1" + "0" * 30, "12.5", "twelve", "1,2,3", "--1", "½"],
    "own_a_money": ["1e5", "NaN", "1" + "0" * 30, "12.5055", "25 USD", "ten"],
    "own_a_date": ["2026-02-31", "0001-01-01", "9999-12-31", "tomorrow", "1" * 1_000_000],
    "own_a_text": ["x" * 201, "😀" * 1_000],
    "own_a_long_text": ["x" * 5001],
    "own_a_choice": ["999999", "x", "-1", "1" * 40],
    "own_a_choices": ["999999", "x"],
    "own_a_yes_no": ["perhaps"],
    "own_a_contact": ["999999", "x", "9" * 30, "-5", "0"],
}


@pytest.mark.parametrize(("name", "typed"), [(name, each) for name, some in WRONG.items() for each in some])
def test_what_no_field_takes_is_refused_at_the_field_and_nothing_is_kept(staff, world, database, name, typed):
    page = text(staff.get(world["page"]))

    answer = staff.post(world["page"], data={**form_of(page), **everything(world), name: typed})

    assert answer.status_code == 422, text(answer)[:300]
    assert f'href="#{name}' in text(answer)
    assert "Trekker" in text(answer) or name == "own_a_text"
    assert values(database, world["contact"]) == {}


def test_odd_signs_are_kept_or_cleaned_and_never_break_anything(staff, world, database):
    page = text(staff.get(world["page"]))
    odd = "  \u202eשלום\x00 👩🏽‍🌾 नमस्ते\u200b\ud800".encode("utf-8", "surrogatepass")
    staff.post(world["page"], data={**form_of(page), "own_a_text": odd, "own_a_long_text": "\x00\n\u202e"})

    kept = values(database, world["contact"])
    assert kept["a_text"][0].startswith("שלום 👩🏽")
    assert "a_long_text" not in kept


def test_a_choice_of_another_field_is_refused(staff, world, database):
    page = text(staff.get(world["page"]))
    foreign = str(world["several"][0])
    answer = staff.post(world["page"], data={**form_of(page), "own_a_choice": foreign})
    assert answer.status_code == 422
    assert values(database, world["contact"]) == {}


def test_contacts_are_found_within_the_form_without_losing_what_was_typed(staff, world):
    page = text(staff.get(world["page"]))

    found = staff.post(
        world["page"],
        data={**form_of(page), "own_a_text": "half typed", "find_a_contact": "sherpa", "find": "own_a_contact"},
    )

    assert found.status_code == 200
    assert "half typed" in text(found)
    assert f'value="{world["other"]}"' in text(found)
    assert "Pasang Sherpa" in text(found)
    assert hidden(text(found), "version") == hidden(page, "version")


@pytest.mark.parametrize("how", ["archived", "oneself"])
def test_an_archived_contact_or_oneself_is_no_new_reference(staff, world, db, database, how):
    if how == "archived":
        archive_contact(db, db.get_one(Contact, world["other"]), actor=SYSTEM)
    db.commit()
    page = text(staff.get(world["page"]))
    key = world["other"] if how == "archived" else world["contact"]
    answer = staff.post(world["page"], data={**form_of(page), "own_a_contact": str(key)})
    assert answer.status_code == 422
    assert values(database, world["contact"]) == {}


def test_whoever_is_second_sees_what_changed_and_loses_nothing_typed(staff, world, database):
    first = text(staff.get(world["page"]))
    staff.post(world["page"], data={**form_of(first), "own_a_text": "First", "own_a_money": "5", "own_a_choices": [
        str(world["several"][2])]})  # fmt: skip

    second = staff.post(world["page"], data={**form_of(first), "own_a_number": "7"})

    assert second.status_code == 409
    page = text(second)
    for words in ("Somebody else changed this", "First", "5.00 EUR", "Blue", 'value="7"'):
        assert words in page
    assert values(database, world["contact"])["a_text"] == ["First"]
    assert "a_number" not in values(database, world["contact"])
    merged = {**form_of(page), "own_a_number": "7", "own_a_text": "First", "own_a_money": "5"}
    assert staff.post(world["page"], data=merged).status_code == 303
    assert values(database, world["contact"])["a_number"] == [Decimal(7)]


def test_a_field_archived_while_its_form_is_open_is_told_of(staff, world, db, database):
    page = text(staff.get(world["page"]))
    archive(db, db.scalars(select(CustomField).where(CustomField.key == "a_text")).one(), actor=SYSTEM)
    db.commit()

    answer = staff.post(world["page"], data={**form_of(page), "own_a_text": "A dear story", "own_a_number": "3"})

    assert answer.status_code == 409
    assert "A dear story" in text(answer)
    assert "A text" in text(answer)
    assert values(database, world["contact"]) == {}
    assert staff.post(world["page"], data={**form_of(text(answer)), "own_a_number": "3"}).status_code == 303


def test_a_group_archived_meanwhile_takes_nothing(staff, world, db, database):
    page = text(staff.get(world["page"]))
    archive(db, db.get_one(CustomGroup, world["group"]), actor=SYSTEM)
    db.commit()
    answer = staff.post(world["page"], data={**form_of(page), "own_a_text": "x"})
    assert answer.status_code == 409
    assert values(database, world["contact"]) == {}


def test_restricted_groups_are_invisible_to_those_who_may_not_read_them(staff, trusted, db):
    contact = make_contact(db)
    group = make_group(db, "Safeguarding", is_restricted=True)
    field = make_field(db, CustomType.TEXT, group, names={"en": "Secret worry"})
    db.commit()
    address = f"/contacts/{contact.id}/fields/{group.id}"
    page = text(trusted.get(address))
    assert trusted.post(address, data={**form_of(page), f"own_{field.key}": "Whispered"}).status_code == 303

    places = (
        f"/contacts/{contact.id}",
        "/settings/trail/",
        f"/settings/trail/?record_type=contact&record_id={contact.id}",
    )
    htmx = {"HX-Request": "true"}
    history = f"/settings/trail/of/contact/{contact.id}"
    for place in places:
        assert "Secret worry" in text(trusted.get(place)), place
        assert "Whispered" not in text(staff.get(place)), place
    assert "Safeguarding" not in text(staff.get(f"/contacts/{contact.id}"))
    assert "Whispered" in text(trusted.get(history, headers=htmx))
    assert "Whispered" not in text(staff.get(history, headers=htmx))
    assert staff.get(address).status_code == 404
    assert staff.post(address, data={f"own_{field.key}": "x"}).status_code == 404


def test_what_becomes_restricted_later_is_hidden_in_the_history_too(staff, trusted, db):
    contact, group = make_contact(db), make_group(db)
    field = make_field(db, CustomType.TEXT, group, names={"en": "Open so far"})
    set_values(db, contact, {field.key: ["Told"]}, actor=SYSTEM)
    group.is_restricted = True
    db.commit()
    page = "/settings/trail/?record_type=contact"
    assert "Told" in text(trusted.get(page))
    assert "Told" not in text(staff.get(page))


def test_the_history_tells_names_of_fields_and_values_in_the_readers_language(app, sign_in, world, db, staff):
    page = text(staff.get(world["page"]))
    staff.post(world["page"], data={**form_of(page), **everything(world)})
    page = text(staff.get(world["page"]))
    said = {**everything(world), "own_a_number": "1234", "own_a_yes_no": "no", "own_a_choice": str(world["choices"][1])}
    staff.post(world["page"], data={**form_of(page), **said})
    french = sign_in("accounts.audit", "contacts.read", language="fr")

    told = text(french.get(f"/settings/trail/of/contact/{world['contact']}", headers={"HX-Request": "true"}))

    for words in ("Un number", "42", "1\u202f234", "Un yes_no", "Oui", "Non", "17 févr. 1863", "Pasang Sherpa", "Red"):
        assert words in told, words
    assert "Un number" in text(french.get(f"/contacts/{world['contact']}"))


def test_order_archiving_and_restoring_by_buttons(leader, world, database):
    def keys():
        with database.reading() as db:
            live = select(CustomField).where(CustomField.archived_at.is_(None))
            return [each.key for each in db.scalars(live.order_by(CustomField.place))]

    with database.reading() as db:
        text_field = db.scalars(select(CustomField).where(CustomField.key == "a_text")).one().id
    leader.post(f"{SETTINGS}/field/{text_field}/move/down")
    assert keys()[:2] == ["a_long_text", "a_text"]
    leader.post(f"{SETTINGS}/field/{text_field}/move/up")
    leader.post(f"{SETTINGS}/field/{text_field}/move/up")
    assert keys()[0] == "a_text"
    leader.post(f"{SETTINGS}/field/{text_field}/archive")
    assert "a_text" not in keys()
    assert leader.get(f"{SETTINGS}/").status_code == 200
    leader.post(f"{SETTINGS}/field/{text_field}/restore")
    assert "a_text" in keys()
    for what, model in (("group", CustomGroup), ("choice", CustomChoice)):
        with database.reading() as db:
            key = db.scalars(select(model.id)).first()
        for way in ("move/up", "move/down", "archive", "restore"):
            assert leader.post(f"{SETTINGS}/{what}/{key}/{way}").status_code == 303
    for nowhere in ("field/999999/move/up", "field/1/move/sideways", "thing/1/archive", "thing/1/restore"):
        assert leader.post(f"{SETTINGS}/{nowhere}").status_code == 404


def test_a_field_with_values_is_deleted_only_after_saying_how_many_go(leader, staff, world, database):
    page = text(staff.get(world["page"]))
    staff.post(world["page"], data={**form_of(page), **everything(world)})
    with database.reading() as db:
        fields = {each.key: each.id for each in db.scalars(select(CustomField))}
    address = f"{SETTINGS}/fields/{fields['a_choices']}/delete"
    asked = text(leader.get(address))
    assert "1 contact has something in this field" in asked
    assert leader.post(address, data={"expected": "1"}).status_code == 422
    told_less = leader.post(address, data={"expected": "0", "is_sure": "y"})
    assert told_less.status_code == 422
    assert "By now more contacts" in text(told_less)
    assert leader.post(address, data={"expected": "1", "is_sure": "y"}).status_code == 303
    assert "a_choices" not in values(database, world["contact"])
    with database.reading() as db:
        assert db.get(CustomField, fields["a_choices"]) is None


def test_a_choice_in_use_is_retired_and_not_deleted(leader, staff, world, database):
    page = text(staff.get(world["page"]))
    staff.post(world["page"], data={**form_of(page), **everything(world)})
    red, green, _blue = world["choices"]

    leader.post(f"{SETTINGS}/choices/{red}/delete")
    leader.post(f"{SETTINGS}/choices/{green}/delete")
    leader.post(f"{SETTINGS}/choice/{red}/archive")

    with database.reading() as db:
        assert db.get(CustomChoice, red) is not None
        assert db.get(CustomChoice, green) is None
    page = text(staff.get(world["page"]))
    assert "Red (no longer offered)" in page
    assert staff.post(world["page"], data={**form_of(page), **everything(world)}).status_code == 303
    page = text(staff.get(world["page"]))
    staff.post(world["page"], data={**form_of(page), **everything(world), "own_a_choice": ""})
    page = text(staff.get(world["page"]))
    again = staff.post(world["page"], data={**form_of(page), **everything(world)})
    assert again.status_code == 422


def test_choices_are_added_and_named_in_other_languages(leader, world, database):
    with database.reading() as db:
        field = db.scalars(select(CustomField).where(CustomField.key == "a_choice")).one().id
    assert leader.post(f"{SETTINGS}/fields/{field}/choices", data={"choices": "Pink\nGrey"}).status_code == 303
    assert leader.post(f"{SETTINGS}/fields/{field}/choices", data={"choices": "pink"}).status_code == 422
    assert leader.post(f"{SETTINGS}/fields/{field}/choices", data={"choices": ""}).status_code == 422
    red = world["choices"][0]
    page = text(leader.get(f"{SETTINGS}/choices/{red}"))
    said = {"name_en": "Red", "name_fr": "Rouge", "version": hidden(page, "version")}
    assert leader.post(f"{SETTINGS}/choices/{red}", data=said).status_code == 303
    assert leader.post(f"{SETTINGS}/choices/{red}", data=said).status_code == 422  # somebody changed it meanwhile
    taken = {**said, "version": "2", "name_fr": "Pink"}
    assert leader.post(f"{SETTINGS}/choices/{red}", data=taken).status_code == 422
    assert "Rouge" in text(leader.get(f"{SETTINGS}/fields/{field}"))


def test_decimals_and_currency_stay_once_there_are_values(leader, staff, world, database):
    page = text(staff.get(world["page"]))
    staff.post(world["page"], data={**form_of(page), **everything(world)})
    with database.reading() as db:
        fields = {each.key: each for each in db.scalars(select(CustomField))}
    usual = {"name_en": "Changed", "is_searchable": "y"}
    for key, change in (("a_number", {"decimals": "2"}), ("a_money", {"currency": "NPR"})):
        field = fields[key]
        said = {**usual, "version": str(field.version), "decimals": "0", "currency": "EUR", **change}
        assert leader.post(f"{SETTINGS}/fields/{field.id}", data=said).status_code == 422
        kept = {**said, "decimals": "0", "currency": "EUR", "least": "-5", "most": "5000"}
        assert leader.post(f"{SETTINGS}/fields/{field.id}", data=kept).status_code == 303
    page = text(staff.get(world["page"]))
    answer = staff.post(world["page"], data={**form_of(page), **everything(world), "own_a_number": "5001"})
    assert "Not more than 5000, please." in text(answer)


def test_a_required_field_must_be_filled_in_and_is_missed_on_the_page(staff, db):
    contact, group = make_contact(db), make_group(db)
    for kind in CustomType:
        make_field(db, kind, group, is_required=True)
    db.commit()
    address = f"/contacts/{contact.id}/fields/{group.id}"
    assert "Still missing: A text" in text(staff.get(f"/contacts/{contact.id}"))
    answer = staff.post(address, data=form_of(text(staff.get(address))))
    assert answer.status_code == 422
    assert all(f'href="#own_a_{kind.value}' in text(answer) for kind in CustomType)


def test_groups_are_for_some_kinds_of_contact_only(staff, db):
    person = make_contact(db)
    group = make_group(db, "Companies only", kinds=(ContactKind.ORGANISATION,))
    make_field(db, CustomType.TEXT, group)
    db.commit()
    assert "Companies only" not in text(staff.get(f"/contacts/{person.id}"))
    assert staff.get(f"/contacts/{person.id}/fields/{group.id}").status_code == 404


def test_only_who_may_sets_up_and_fills_in(app, sign_in, world):
    reader = sign_in("contacts.read")
    assert reader.get(f"{SETTINGS}/").status_code == 403
    assert reader.get(world["page"]).status_code == 403
    assert world["page"] not in text(reader.get(f"/contacts/{world['contact']}"))


def test_groups_without_fields_are_deleted_and_others_are_not(leader, world, db, database):
    empty = make_group(db, "Empty")
    db.commit()
    leader.post(f"{SETTINGS}/groups/{empty.id}/delete")
    leader.post(f"{SETTINGS}/groups/{world['group']}/delete")
    with database.reading() as found:
        assert found.scalars(select(CustomGroup.id)).all() == [world["group"]]
        assert found.scalars(select(CustomValue)).all() == []


def test_two_people_renaming_a_group_are_told(leader, world):
    page = text(leader.get(f"{SETTINGS}/groups/{world['group']}"))
    said = {"name_en": "Mountains", "kinds": ["person"], "version": hidden(page, "version")}
    assert leader.post(f"{SETTINGS}/groups/{world['group']}", data=said).status_code == 303
    again = leader.post(f"{SETTINGS}/groups/{world['group']}", data={**said, "name_en": "Hills"})
    assert again.status_code == 422
    assert "Somebody else changed this meanwhile" in text(again)
