"""How households are called and greeted: the rules, by example and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.greetings import AND, MOST_SHOWN, Person, Why, greetings_of

MAYA = Person(title="Mme", given="Maya", family="Gurung")
RAM = Person(title="M.", given="Ram", family="Gurung")
ANNA = Person(title="Dr", given="Anna", family="Lefèvre")


def told(*members, language="fr"):
    found = greetings_of(members, language)
    return found.name.text, found.formal.text, found.informal.text


@pytest.mark.parametrize(
    ("language", "strings"),
    [
        ("fr", ("Famille Gurung", "Mme Maya et M. Ram Gurung", "Maya et Ram")),
        ("en", ("Gurung Household", "Mme Maya and M. Ram Gurung", "Maya and Ram")),
        ("ne", ("Gurung परिवार", "Mme Maya र M. Ram Gurung", "Maya र Ram")),
        ("xx", ("Gurung Household", "Mme Maya and M. Ram Gurung", "Maya and Ram")),
    ],
)
def test_a_couple_of_one_name_in_each_language(language, strings):
    assert told(MAYA, RAM, language=language) == strings


def test_other_family_names_are_groups_of_their_own_and_one_name_is_said_once():
    assert told(MAYA, ANNA, RAM) == (
        "Famille Gurung et Lefèvre", "Mme Maya et M. Ram Gurung et Dr Anna Lefèvre", "Maya, Ram et Anna",
    )  # fmt: skip


def test_three_families_stand_with_commas():
    assert told(MAYA, ANNA, Person(given="Tenzin", family="Sherpa"))[1:] == (
        "Mme Maya Gurung, Dr Anna Lefèvre et Tenzin Sherpa", "Maya, Anna et Tenzin",
    )  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [("Lefèvre", "LEFEVRE"), ("गुरुङ", "गुरुङ"), ("D’Arc", "d’Arc")])
def test_accents_and_capitals_make_no_other_family(one, other):
    assert told(Person(given="A", family=one), Person(given="B", family=other))[0] == f"Famille {one}"


def test_two_names_in_devanagari_are_two_families():
    pair = (Person(given="राम", family="शर्मा"), Person(given="सीता", family="शेर्पा"))

    assert told(*pair, language="ne") == ("शर्मा र शेर्पा परिवार", "राम शर्मा र सीता शेर्पा", "राम र सीता")


def test_empty_parts_take_their_spaces_along():
    assert told(Person(given="  Tenzin ", family="")) == ("Famille Tenzin", "Tenzin", "Tenzin")
    assert told(Person(title="Mme", family="Rai")) == ("Famille Rai", "Mme Rai", "Mme Rai")


def test_each_member_can_be_left_out_of_each_string():
    child = Person(given="Léo", family="Gurung-Petit", is_in_name=False, is_in_formal=False)

    assert told(MAYA, child) == ("Famille Gurung", "Mme Maya Gurung", "Maya et Léo")


def test_the_deceased_are_left_out_unless_nobody_lives():
    gone = Person(title="M.", given="Ram", family="Gurung", is_deceased=True)

    assert told(MAYA, gone)[1] == "Mme Maya Gurung"
    assert told(gone)[1] == "M. Ram Gurung"


def test_nobody_is_ever_anonymous():
    nobody = greetings_of((), "fr")
    hidden = greetings_of((Person(given="Maya", is_in_name=False, is_in_formal=False, is_in_informal=False),), "fr")
    gone = Person(given="Ram", is_deceased=True)
    living_left_out = greetings_of((gone, Person(given="Maya", is_in_formal=False)), "fr")

    assert {nobody.name.why, nobody.formal.why, nobody.informal.why} == {Why.NO_MEMBER}
    assert {hidden.name.why, hidden.formal.why, hidden.informal.why} == {Why.ALL_LEFT_OUT}
    assert (living_left_out.formal.text, living_left_out.formal.why) == ("", Why.ALL_LEFT_OUT)


def test_more_than_nine_become_others():
    many = [Person(given=f"P{number}", family="Rai") for number in range(10)]

    assert told(*many)[2].endswith("P7, P8 et les autres")
    assert told(*many)[1] == "P0, P1, P2, P3, P4, P5, P6, P7 et P8 Rai et les autres"
    assert "others" not in told(*many[:9], language="en")[2]


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "M", "Zs", "So")), max_size=8)
PEOPLE = st.lists(
    st.builds(
        Person, title=st.sampled_from(["", "Mme", "M.", " Dr "]), given=NAMES, family=NAMES, is_deceased=st.booleans(),
        is_in_name=st.booleans(), is_in_formal=st.booleans(), is_in_informal=st.booleans(),
    ),
    max_size=14,
)  # fmt: skip
LANGUAGE = st.sampled_from(sorted(AND))


@given(PEOPLE, LANGUAGE)
def test_a_string_is_there_or_says_why_and_has_no_needless_space(members, language):
    found = greetings_of(members, language)

    for words in (found.name, found.formal, found.informal):
        assert bool(words.text) != bool(words.why)
        assert words.text == " ".join(words.text.split())
        assert " ," not in words.text


@given(PEOPLE, LANGUAGE)
def test_someone_who_stands_in_it_is_enough_for_a_string(members, language):
    shown = Person(given="Maya", family="Gurung")

    found = greetings_of([*members, shown], language)

    assert found.name.text
    assert found.formal.text
    assert found.informal.text


FEW = st.lists(
    st.builds(Person, given=st.sampled_from(["Ax", "Bo", "Cy"]), family=st.sampled_from(["Rai", "Lama", "Thapa"])),
    min_size=1, max_size=MOST_SHOWN,
)  # fmt: skip


@given(FEW, LANGUAGE)
def test_each_family_name_is_said_once_and_in_the_order_of_the_members(members, language):
    found = greetings_of(members, language)
    order = list(dict.fromkeys(member.family for member in members))

    for text in (found.name.text, found.formal.text):
        assert [text.count(name) for name in order] == [1] * len(order)
        assert sorted(order, key=text.index) == order
    names = found.informal.text.replace(f" {AND[language]} ", ", ").split(", ")
    assert names == [member.given for family in order for member in members if member.family == family]


@given(FEW, LANGUAGE)
def test_the_same_members_make_the_same_strings(members, language):
    assert greetings_of(members, language) == greetings_of(list(members), language)
