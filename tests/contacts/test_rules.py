"""Decisions about people that need no database."""

import pytest

from app.contacts.rules.channels import kept_phone, read_phone, show_phone
from app.contacts.rules.names import Likeness, PersonName, compare_people
from app.contacts.rules.organisations import compare_organisations, read_siren
from app.contacts.rules.postal import PostalAddress, compare_addresses, has_wrong_postcode
from app.contacts.rules.romanising import romanise


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("राम बहादुर", "ram bahadur"),
        ("लक्ष्मी गुरुङ", "lakshmi gurung"),
        ("तामाङ", "tamang"),
        ("अधिकारी", "adhikari"),
        ("कृष्ण प्रसाद खनाल", "krishna prasad khanal"),
        ("ज्ञानेन्द्र", "gyanendra"),
        ("हरि", "hari"),
        ("भट्टराई", "bhattarai"),
        ("चौधरी", "chaudhari"),
        ("Maya श्रेष्ठ-Martin", "Maya shreshtha-Martin"),
        ("Éloïse", "Éloïse"),
    ],
)
def test_devanagari_is_spelt_as_its_bearers_do(written, spelt):
    assert romanise(written) == spelt


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        (("Jean", "Dupont"), ("DUPONT", "jean"), Likeness.SAME),
        (("Éloïse", "d'Hérouville"), ("Eloise", "D Herouville"), Likeness.SAME),
        (("राम", "श्रेष्ठ"), ("Ram", "Shrestha"), Likeness.SAME),
        (("सीता", "श्रेष्ठ"), ("Gita", "Shrestha"), Likeness.DIFFERENT),
        (("रमेश", "श्रेष्ठ"), ("Rajesh", "Shrestha"), Likeness.DIFFERENT),
        (("J.", "Dupont"), ("Jean", "Dupont"), Likeness.BRIEFER),
        (("JP", "Martin"), ("Jean-Pierre", "Martin"), Likeness.BRIEFER),
        (("Ram Bahadur", "Rai"), ("Rai", "Ram"), Likeness.BRIEFER),
        (("Jean", "Dupont"), ("Jeanne", "Dupont"), Likeness.DIFFERENT),
        (("Jean", "Dupont"), ("Jean", "Durand"), Likeness.DIFFERENT),
        (("", ""), ("Jean", ""), Likeness.DIFFERENT),
    ],
)
def test_two_names_are_one_person_or_two(one, other, likeness):
    assert compare_people(PersonName(*one), PersonName(*other)) is likeness
    assert compare_people(PersonName(*other), PersonName(*one)) is likeness


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("Émeraude SAS", "EMERAUDE", Likeness.SAME),
        ("Émeraude", "Émeraude Afrique", Likeness.DIFFERENT),
        ("SAS", "SARL", Likeness.DIFFERENT),
    ],
)
def test_the_legal_form_does_not_make_another_organisation(one, other, likeness):
    assert compare_organisations(one, other) is likeness


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+33 (0)6.12.34.56.78", "NP", "+33612345678"),
        ("984-1234567", "NP", "+9779841234567"),
        ("12", "FR", ""),
        ("call me", "FR", ""),
        ("0612345678", "", ""),
        ("9" * 300, "FR", ""),
    ],
)
def test_phones_are_read_by_country(typed, country, number):
    assert read_phone(typed, country) == number


def test_what_cannot_be_read_is_kept_all_the_same():
    assert kept_phone("poste 12", "FR") == "12"
    assert kept_phone("ask", "FR") == "ask"
    assert show_phone("ask") == "ask"
    assert show_phone("+33612345678") == "+33 6 12 34 56 78"


@pytest.mark.parametrize(
    ("postcode", "country", "is_wrong"),
    [
        ("75011", "FR", False),
        ("7501", "FR", True),
        ("44600", "NP", False),
        ("446", "NP", True),
        ("SW1A 1AA", "GB", False),
        ("XX", "GB", True),
        ("anything", "DE", False),
        ("", "FR", False),
    ],
)
def test_a_postcode_that_cannot_be_is_noticed(postcode, country, is_wrong):
    assert has_wrong_postcode(PostalAddress(postcode=postcode, country=country)) is is_wrong


@pytest.mark.parametrize(("typed", "siren"), [("732 829 320", "732829320"), ("732829321", ""), ("", ""), ("é", "")])
def test_a_siren_checks_itself(typed, siren):
    assert read_siren(typed) == siren


def test_addresses_say_the_same_fill_blanks_or_contradict():
    kept = PostalAddress(street="12, rue des Lilas", city="Paris", country="FR")

    assert compare_addresses(kept, PostalAddress(street="12 RUE DES LILAS", country="FR")) is Likeness.SAME
    assert compare_addresses(kept, PostalAddress(postcode="75011", city="PARIS")) is Likeness.BRIEFER
    assert compare_addresses(kept, PostalAddress(street="12 rue des Lilas", city="Lyon")) is Likeness.DIFFERENT
