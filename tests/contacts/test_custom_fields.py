"""Custom fields without pages: what is read of what is typed, what is kept, and who comes second."""

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact, ContactKind, CustomField, CustomType, CustomValue
from app.contacts.queries.custom_fields import fields_in_order, values_of_many
from app.contacts.rules.custom_fields import FieldFacts, read_value, write_value
from app.contacts.services.custom_definitions import FieldDetails, add_field, archive, delete_field, edit_field
from app.contacts.services.custom_fields import set_values
from app.kernel.actors import SYSTEM, Actor, ActorKind
from app.kernel.audit import AuditEntry, act_as
from app.kernel.errors import NotFound, Refused
from app.kernel.money import EXPONENTS, LARGEST_MINOR, Money
from tests.factories.contacts import make_contact
from tests.factories.custom_fields import make_field, make_group

LANGUAGES = ("fr", "en", "ne")
CHOICES = {1: {"en": "Red", "fr": "Rouge"}, 2: {"en": "Green"}, 3: {"en": "Blue", "ne": "नीलो"}}


def facts(kind, **told):
    return FieldFacts(type=kind, choices=CHOICES, **told)


ANY = st.one_of(
    st.text(),
    st.text(alphabet="0123456789.,-+eE '\u202f\u0660\u0967٫NaNinf€"),
    st.sampled_from(
        ["1e5", "NaN", "-inf", "1" + "0" * 30, "2026-02-31", "31/02/2026", "\x00", "\u202e12", "😀", "١٢", "½", "0x10",
         "1_000", "--", "1,2.3,4", "Red; Purple", ";", "true", "-0"]
    ),
)  # fmt: skip


@given(st.sampled_from(CustomType), ANY, st.sampled_from(LANGUAGES))
def test_whatever_is_typed_is_read_or_refused_and_what_is_read_is_read_again_as_the_same(kind, typed, language):
    asked = facts(kind, decimals=2 if kind is CustomType.NUMBER else 0)
    try:
        values = read_value(asked, typed, language)
    except Refused:
        return
    assert read_value(asked, write_value(asked, values, language), language) == values


@pytest.mark.parametrize("kind", [each for each in CustomType if each is not CustomType.YES_NO])
@pytest.mark.parametrize("sign", ["9", ",", "1,", "x; ", "😀"])
def test_a_megabyte_is_refused_quickly_and_in_words(kind, sign):
    with pytest.raises(Refused) as refused:
        read_value(facts(kind), sign * 1_000_000, "en")
    assert 0 < len(str(refused.value.message)) < 200


@given(st.integers(-(10**18), 10**18), st.integers(0, 6), st.sampled_from(LANGUAGES))
def test_every_number_that_can_be_kept_is_written_and_read_in_every_language(kept, decimals, language):
    asked, value = facts(CustomType.NUMBER, decimals=decimals), Decimal(kept).scaleb(-decimals)

    assert read_value(asked, write_value(asked, [value], language), language) == [value]


@given(st.integers(-LARGEST_MINOR, LARGEST_MINOR), st.sampled_from(sorted(EXPONENTS)), st.sampled_from(LANGUAGES))
def test_every_amount_is_written_and_read_in_every_language(minor, currency, language):
    asked = facts(CustomType.MONEY, currency=currency)

    assert read_value(asked, write_value(asked, [Money(minor, currency)], language), language) == [
        Money(minor, currency)
    ]


@pytest.mark.parametrize(
    ("typed", "language", "decimals", "number"),
    [
        ("1 250,5", "fr", 1, "1250.5"), ("1\u202f250,5", "fr", 1, "1250.5"), ("1.250,5", "fr", 1, "1250.5"),
        ("12.5", "fr", 1, "12.5"), ("1,250.5", "en", 1, "1250.5"), ("1,250", "en", 3, "1250"),
        ("1,250", "fr", 3, "1.25"), ("1.250", "en", 3, "1.25"), ("१,२५,०००.५", "ne", 1, "125000.5"),
        ("−4", "en", 0, "-4"), ("+4", "en", 0, "4"), ("1'000", "fr", 0, "1000"), ("1,250,000", "en", 0, "1250000"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_of_a_language_write_them(typed, language, decimals, number):
    assert read_value(facts(CustomType.NUMBER, decimals=decimals), typed, language) == [Decimal(number)]


@pytest.mark.parametrize(
    ("kind", "typed", "values"),
    [
        (CustomType.DATE, "01/03/2026", [date(2026, 3, 1)]), (CustomType.DATE, "1.3.2026", [date(2026, 3, 1)]),
        (CustomType.DATE, "२०२६-०३-०१", [date(2026, 3, 1)]), (CustomType.YES_NO, "Oui", [True]),
        (CustomType.YES_NO, "no", [False]), (CustomType.CHOICE, "rouge", [1]),
        (CustomType.CHOICES, "red; नीलो ;RED", [1, 3]), (CustomType.CONTACT, "12", [12]),
        (CustomType.TEXT, " \x00 ", []),
        (CustomType.MONEY, "12,50 €", [Money(1250, "EUR")]),
    ],
)  # fmt: skip
def test_other_types_are_read_in_the_words_of_people(kind, typed, values):
    assert read_value(facts(kind), typed, "fr") == values


@pytest.fixture
def fields(db):
    group = make_group(db)
    return {kind: make_field(db, kind, group) for kind in CustomType}


@pytest.mark.db
def test_many_contacts_values_are_read_in_one_question_by_key(db, fields, database):
    contacts = [make_contact(db) for _ in range(3)]
    red, green, blue = (each.id for each in fields[CustomType.CHOICES].choices)
    for contact in contacts:
        set_values(db, contact, {"a_choices": [blue, red], "a_text": ["Éloïse"]}, actor=SYSTEM)
    set_values(db, contacts[0], {"a_choices": [green, red], "a_text": []}, actor=SYSTEM)
    db.commit()

    found = values_of_many(db, [each.id for each in contacts], with_restricted=False)

    assert found[contacts[0].id] == {"a_choices": [red, green]}
    assert found[contacts[1].id] == {"a_choices": [red, blue], "a_text": ["Éloïse"]}
    assert set(db.scalars(select(CustomValue.folded_text).where(CustomValue.text_value.is_not(None)))) == {"eloise"}


@pytest.mark.db
def test_the_order_of_fields_follows_groups_and_leaves_out_what_is_not_for_the_kind_or_the_reader(db):
    first, second = make_group(db, "First", kinds=(ContactKind.PERSON,)), make_group(db, "Second", is_restricted=True)
    one, other = make_field(db, CustomType.DATE, second), make_field(db, CustomType.TEXT, first)
    gone = make_field(db, CustomType.NUMBER, first)
    archive(db, gone, actor=SYSTEM)
    db.flush()

    def keys(*asked, **told):
        return [each.key for each in fields_in_order(db, *asked, **told)]

    assert keys(with_restricted=True) == [other.key, one.key]
    assert keys(with_restricted=False) == [other.key]
    assert keys(ContactKind.ORGANISATION, with_restricted=True) == [one.key]


@pytest.mark.db
@pytest.mark.parametrize(
    "wrong",
    [
        {"a_number": [12]}, {"a_number": [Decimal("NaN")]}, {"a_number": [Decimal("1.5")]}, {"a_number": [True]},
        {"a_text": [""]}, {"a_text": ["a", "b"]}, {"a_yes_no": [1]}, {"a_choice": [True]}, {"a_contact": [0]},
        {"a_money": [Money(1, "USD")]}, {"a_date": ["2026-01-01"]}, {"nothing": ["x"]}, {"a_contact": [2**62]},
    ],
)  # fmt: skip
def test_what_is_not_of_the_type_is_refused_with_the_name_of_its_input(db, fields, wrong):
    contact = make_contact(db)
    with pytest.raises(Refused) as refused:
        set_values(db, contact, wrong, actor=SYSTEM)
    assert refused.value.field == f"own_{next(iter(wrong))}"
    assert db.scalar(select(func.count(CustomValue.id))) == 0


@pytest.mark.db
def test_nobody_writes_into_what_they_may_not_read_or_for_nobody(db, fields):
    secret = make_field(db, CustomType.TEXT, make_group(db, is_restricted=True), key="secret")
    contact = make_contact(db)
    stranger = Actor(ActorKind.STAFF, "Ram", 1, frozenset({"contacts.edit"}))
    friend = Actor(ActorKind.STAFF, "Maya", 2, frozenset({READ_RESTRICTED.name}))
    with pytest.raises(Refused):
        set_values(db, contact, {secret.key: ["x"]}, actor=stranger)
    assert set_values(db, contact, {secret.key: ["x"]}, actor=friend)
    lost = Contact(kind=ContactKind.PERSON, given_name="Nobody")
    lost.id = 999_999
    with pytest.raises(NotFound):
        set_values(db, lost, {"a_text": ["x"]}, actor=SYSTEM)


@pytest.mark.db
def test_what_stays_the_same_leaves_no_trace_and_one_deed_tells_of_all_that_changed(db, fields):
    contact = make_contact(db)
    assert set_values(db, contact, {"a_text": ["x"], "a_number": [Decimal(1)]}, actor=SYSTEM)
    assert not set_values(db, contact, {"a_text": ["x"], "a_number": [Decimal("1.0")], "a_date": []}, actor=SYSTEM)
    db.commit()
    entries = db.scalars(select(AuditEntry).where(AuditEntry.action == "custom_values.changed")).all()
    assert [sorted(entry.changes) for entry in entries] == [["a_number", "a_text"]]
    assert entries[0].changes["a_number"]["after"] == ["1"]
    assert entries[0].record_type == "contact"


@pytest.mark.db
def test_two_people_at_once_leave_one_value(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        made, key = make_contact(db), make_field(db, CustomType.TEXT).key
        contact = made.id
    barrier, failed = Barrier(4), []

    def write(text):
        try:
            barrier.wait()
            with database.writing() as db:
                act_as(db, SYSTEM)
                set_values(db, db.get_one(Contact, contact), {key: [text]}, actor=SYSTEM)
        except SQLAlchemyError as error:
            failed.append(error)

    threads = [Thread(target=write, args=(f"text {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    with database.reading() as db:
        assert db.scalar(select(func.count(CustomValue.id))) == 1
        told = db.scalars(
            select(AuditEntry).where(AuditEntry.action == "custom_values.changed").order_by(AuditEntry.id)
        )
        pairs = [(entry.changes[key]["before"], entry.changes[key]["after"]) for entry in told]
    assert len(pairs) == 4
    follows = {str(before): after for before, after in pairs}
    assert len(follows) == 4  # each saw what the one before it had written


@pytest.mark.db
def test_a_value_and_a_change_of_decimals_at_once_never_leave_a_value_of_another_size(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_contact(db)
        field = make_field(db, CustomType.NUMBER, decimals=0)
        key, field_id, version = field.key, field.id, field.version
    barrier, refused = Barrier(2), []

    def write():
        barrier.wait()
        try:
            with database.writing() as db:
                act_as(db, SYSTEM)
                set_values(db, db.scalars(select(Contact)).one(), {key: [Decimal(5)]}, actor=SYSTEM)
        except Refused as refusal:
            refused.append(refusal)

    def recount():
        barrier.wait()
        try:
            with database.writing() as db:
                act_as(db, SYSTEM)
                details = FieldDetails(names={"en": "x"}, type=CustomType.NUMBER, decimals=2)
                edit_field(db, db.get_one(CustomField, field_id), details, version=version, actor=SYSTEM)
        except Refused as refusal:
            refused.append(refusal)

    threads = [Thread(target=write), Thread(target=recount)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as db:
        contact = db.scalars(select(Contact.id)).one()
        assert values_of_many(db, [contact], with_restricted=True)[contact] == {key: [Decimal(5)]}


@pytest.mark.db
def test_keys_are_made_of_names_and_never_twice_the_same(db):
    group = make_group(db)
    names = [{"en": "Shoe size"}, {"fr": "Shoe size!"}, {"ne": "जुत्ता"}, {"en": "2026 trek"}, {"en": "😀"}]
    keys = [
        add_field(db, group, FieldDetails(names=each, type=CustomType.TEXT), actor=SYSTEM).key for each in names
    ]  # fmt: skip
    assert keys[:2] == ["shoe_size", "shoe_size_2"]
    assert keys[3] == "field_2026_trek"
    assert len(set(keys)) == 5


@pytest.mark.db
def test_deleting_a_field_takes_its_values_and_choices_and_nothing_else(db, fields):
    contact = make_contact(db)
    chosen = fields[CustomType.CHOICE].choices[0].id
    set_values(db, contact, {"a_choice": [chosen], "a_text": ["stays"]}, actor=SYSTEM)
    delete_field(db, fields[CustomType.CHOICE], expected=1, actor=SYSTEM)
    db.commit()
    assert values_of_many(db, [contact.id], with_restricted=True) == {contact.id: {"a_text": ["stays"]}}
