"""People are found by what one remembers of them."""

import pytest

from app.contacts.models import ContactKind
from app.contacts.queries.search import search_contacts
from app.contacts.services import archive_contact
from app.kernel.actors import SYSTEM
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db

PEOPLE = [
    ("Éloïse", "d'Hérouville", "eloise.herouville@exemple.fr", "06 12 34 56 78", "Nantes"),
    ("Gérard", "Lefebvre", "g.lefebvre@exemple.fr", "01 42 68 53 00", "Lyon"),
    ("Jean-François", "O’Connor", "jf@exemple.ie", "+353 85 012 3456", "Cork"),
    ("राम बहादुर", "श्रेष्ठ", "ram@exemple.np", "+977 984-1234567", "Kathmandu"),
    ("लक्ष्मी", "गुरुङ", "lg@exemple.np", "", "Pokhara"),
    ("Sita", "Sharma", "sita@exemple.np", "", "Pokhara"),
    ("Maïlys", "Çelik", "mailys@exemple.fr", "", "Paris"),
    ("Li", "Wu", "", "", "Paris"),
    ("Jean", "Dupont", "jean@exemple.fr", "", "Lille"),
    ("Jeanne", "Dupond", "jeanne@exemple.fr", "", "Lille"),
]


@pytest.fixture
def people(db):
    for given, family, email, phone, city in PEOPLE:
        make_contact(db, given_name=given, family_name=family, email=email, phone=phone, city=city)
    make_contact(db, group_name="Fondation Émeraude", siren="732829320", email="contact@emeraude.example", phone="")
    make_contact(db, group_name="Famille Lefebvre", kind=ContactKind.HOUSEHOLD, email="", phone="")
    db.commit()
    return db


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("eloise", "Éloïse d'Hérouville"),
        ("ELOISE HEROUVILLE", "Éloïse d'Hérouville"),
        ("hérouville éloïse", "Éloïse d'Hérouville"),
        ("herouvile", "Éloïse d'Hérouville"),
        ("Eloise d’Herouville", "Éloïse d'Hérouville"),
        ("lefevre gerard", "Gérard Lefebvre"),
        ("jean francois oconnor", "Jean-François O’Connor"),
        ("o'connor", "Jean-François O’Connor"),
        ("celik", "Maïlys Çelik"),
        ("ram bahadur shrestha", "राम बहादुर श्रेष्ठ"),
        ("shresth", "राम बहादुर श्रेष्ठ"),
        ("श्रेष्ठ", "राम बहादुर श्रेष्ठ"),
        ("laxmi gurung", "लक्ष्मी गुरुङ"),
        ("lakshmi", "लक्ष्मी गुरुङ"),
        ("सीता शर्मा", "Sita Sharma"),
        ("li", "Li Wu"),
        ("wu", "Li Wu"),
        ("06 12 34", "Éloïse d'Hérouville"),
        ("0612345678", "Éloïse d'Hérouville"),
        ("+33 6 12 34 56 78", "Éloïse d'Hérouville"),
        ("0033612", "Éloïse d'Hérouville"),
        ("9841234567", "राम बहादुर श्रेष्ठ"),
        ("eloise.herouville@ex", "Éloïse d'Hérouville"),
        ("g.lefebvre@exemple.fr", "Gérard Lefebvre"),
        ("emeraude", "Fondation Émeraude"),
        ("fondation emraude", "Fondation Émeraude"),
        ("732 829 320", "Fondation Émeraude"),
        ("dupont", "Jean Dupont"),
        ("dupond", "Jeanne Dupond"),
        ("kathmandu", "राम बहादुर श्रेष्ठ"),
    ],
)
def test_whoever_is_meant_comes_first(people, text, name):
    assert [contact.name for contact in search_contacts(people, text)][:1] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "zzzzqqqq",
        "%",
        "_",
        "*",
        "' OR 1=1 --",
        '"',
        '""" NEAR(',
        "\x00",
        "()",
        "AND NOT",
        "-",
        "🙂",
        "%_%",
    ],
)
def test_junk_finds_nobody_and_breaks_nothing(people, text):
    assert search_contacts(people, text) == []


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, '"' * 500, "NOT maya OR *", "x" * 99 + "\x00", "e:f^2", "1" * 300, "٠٦"]
)
def test_any_text_is_safe(people, text):
    assert len(search_contacts(people, text)) <= 20


def test_archived_contacts_are_left_out(people):
    (maya,) = search_contacts(people, "celik")

    archive_contact(people, maya, actor=SYSTEM)
    people.flush()

    assert search_contacts(people, "celik") == []


def test_a_changed_name_is_found_by_the_new_one_only(people):
    (maya,) = search_contacts(people, "celik")

    maya.family_name = "Yilmaz"
    maya.refresh()
    people.flush()

    assert search_contacts(people, "yilmaz") == [maya]
    assert search_contacts(people, "celik") == []


def test_no_more_are_given_than_asked_for(people):
    assert len(search_contacts(people, "exemple", limit=3)) == 3
