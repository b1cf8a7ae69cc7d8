"""A donor is matched to whom we know, or made; what they type is attached and never overwrites."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.contacts.models import Contact, ContactKind, ContactReview, ReviewField, ReviewStatus
from app.contacts.queries.search import search_contacts
from app.contacts.services import (
    DonorDetails,
    EmailDetails,
    accept_review,
    archive_contact,
    details_of,
    dismiss_review,
    edit_contact,
    match_or_create,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db

JEAN = DonorDetails(
    kind=ContactKind.PERSON,
    given_name="Jean",
    family_name="Dupont",
    email="dupont@example.org",
    language="fr",
    source="form:school",
)
FIRM = DonorDetails(
    kind=ContactKind.ORGANISATION, group_name="Émeraude SAS", siren="732 829 320", email="dons@emeraude.example"
)


def match(db, donor=JEAN, **changes):
    return match_or_create(db, replace(donor, **changes), actor=SYSTEM)


def reviews(db, contact):
    return db.scalars(select(ContactReview).where(ContactReview.contact_id == contact.id).order_by("id")).all()


@pytest.mark.parametrize(
    ("given", "family"),
    [
        ("Jean", "Dupont"),
        ("JEAN", "DUPONT"),
        ("Dupont", "Jean"),
        ("J.", "Dupont"),
        ("Jean-Pierre", "Dupont"),
        ("", "Dupont"),
    ],
)
def test_the_same_person_of_the_same_address_is_found(db, given, family):
    known = match(db)

    assert match(db, given_name=given, family_name=family, email="Dupont@Example.org") is known


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("Éloïse", "d'Hérouville"), ("eloise", "D Herouville")),
        (("Ram Bahadur", "Shrestha"), ("Ram", "Shrestha")),
        (("राम बहादुर", "श्रेष्ठ"), ("Ram Bahadur", "Shrestha")),
        (("Jean-François", "O’Connor"), ("Jean Francois", "OConnor")),
    ],
)
def test_accents_middle_names_and_scripts_do_not_make_another_person(db, ours, theirs):
    known = match(db, given_name=ours[0], family_name=ours[1])

    assert match(db, given_name=theirs[0], family_name=theirs[1]) is known


def test_a_couple_that_shares_an_address_is_two_people(db):
    jean = match(db)

    jeanne = match(db, given_name="Jeanne")

    assert jeanne is not jean
    assert match(db) is jean
    assert match(db, given_name="Jeanne") is jeanne


def test_an_initial_that_may_be_either_of_a_couple_is_neither(db):
    couple = {match(db).id, match(db, given_name="Jeanne").id}

    assert match(db, given_name="J.").id not in couple


def test_the_same_name_with_another_address_is_another_person(db):
    assert match(db) is not match(db, email="another@example.org")


def test_a_person_is_never_an_organisation(db):
    person = match(db)
    firm = match(db, kind=ContactKind.ORGANISATION, group_name="Jean Dupont")

    assert firm is not person
    assert (firm.kind, firm.given_name) == (ContactKind.ORGANISATION, "")


def test_an_organisation_is_found_by_its_siren_whatever_its_address(db):
    known = match(db, FIRM)

    again = match(db, FIRM, email="compta@emeraude.example", group_name="Groupe Émeraude")

    assert again is known
    assert {review.field for review in reviews(db, known)} == {ReviewField.EMAIL, ReviewField.NAME}


def test_a_stranger_who_knows_a_siren_brings_no_address_that_would_open_the_organisation_s_page(db):
    known = match(db, FIRM, email="")

    again = match(db, FIRM, email="stranger@example.org")

    assert again is known
    assert not known.emails
    assert [review.field for review in reviews(db, known)] == [ReviewField.EMAIL]


def test_an_organisation_is_found_by_address_and_name_without_its_legal_form(db):
    known = match(db, FIRM, siren="")

    assert match(db, FIRM, group_name="EMERAUDE", siren="732829320") is known
    assert known.siren == "732829320"


def test_two_companies_of_one_address_keep_their_own_numbers(db):
    assert match(db, FIRM) is not match(db, FIRM, siren="552 100 554")


def test_what_is_missing_is_added(db):
    known = match(db)

    match(db, phone="06 12 34 56 78", street="3 rue Haute", postcode="38000", city="Grenoble", country="FR", title="M.")

    assert (known.primary_phone.number, known.primary_address.city, known.title) == ("+33612345678", "Grenoble", "M.")
    assert reviews(db, known) == []


def test_blanks_of_an_address_are_filled_in(db):
    known = match(db, city="Grenoble", country="FR")

    match(db, street="3 rue Haute", postcode="38000", city="GRENOBLE", country="FR")

    assert [(row.street, row.postcode, row.city) for row in known.addresses] == [("3 rue Haute", "38000", "Grenoble")]


def test_a_country_alone_is_no_address(db):
    assert match(db, country="FR").addresses == []


def test_what_differs_waits_for_a_person_once_and_overwrites_nothing(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org")
    said = {"phone": "07 00 00 00 01", "street": "9 quai Neuf", "postcode": "69002", "city": "Lyon", "country": "FR"}

    match(db, **said)
    match(db, **said)

    assert (known.primary_phone.number, known.primary_address.city) == ("+33612345678", "Paris")
    assert [(review.field, review.proposed) for review in reviews(db, known)] == [
        (ReviewField.PHONE, {"value": "+33700000001"}),
        (
            ReviewField.ADDRESS,
            {"street": "9 quai Neuf", "postcode": "69002", "city": "Lyon", "country": "FR"},
        ),
    ]


def test_the_same_number_and_street_written_differently_are_not_a_difference(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org")

    match(db, phone="+33 6.12.34.56.78", street="12, RUE DES LILAS", postcode="75 011", city="paris", country="FR")

    assert reviews(db, known) == []


def test_a_fuller_name_waits_for_a_person(db):
    known = match(db, given_name="J.")

    match(db)

    (review,) = reviews(db, known)
    assert (known.given_name, review.proposed) == ("J.", {"given_name": "Jean", "family_name": "Dupont"})


def test_a_gift_of_someone_marked_as_deceased_is_attached_and_asks_a_person(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org", is_deceased=True)

    assert match(db) is known
    assert [review.field for review in reviews(db, known)] == [ReviewField.DECEASED]
    assert known.is_deceased


def test_an_archived_contact_who_gives_again_comes_back(db):
    known = match(db)
    archive_contact(db, known, actor=SYSTEM)

    assert match(db) is known
    assert known.archived_at is None


def test_the_record_in_use_is_preferred_to_its_archived_double(db):
    archive_contact(db, match(db), actor=SYSTEM)
    double = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org")

    assert match(db) is double


def test_nobody_without_a_name_is_made(db):
    with pytest.raises(Refused):
        match(db, given_name=" ", family_name="\u200e")


def test_a_number_and_a_siren_that_cannot_be_read_lose_nothing_and_break_nothing(db):
    known = match(db, FIRM, siren="123", phone="ask at the desk\x00")

    assert (known.siren, known.primary_phone.typed) == ("", "ask at the desk")


def test_an_accepted_difference_is_added_beside_what_we_had(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org")
    match(db, phone="07 00 00 00 01", street="9 quai Neuf", city="Lyon", country="FR")
    phone, address = reviews(db, known)

    accept_review(db, phone, as_primary=False, actor=SYSTEM)
    accept_review(db, address, as_primary=True, actor=SYSTEM)
    db.commit()

    assert [(row.number, row.is_primary) for row in known.phones] == [("+33612345678", True), ("+33700000001", False)]
    assert [(row.city, row.is_primary) for row in known.addresses] == [("Paris", False), ("Lyon", True)]


def test_an_accepted_email_that_staff_typed_meanwhile_is_not_there_twice(db):
    known = match(db, FIRM)
    match(db, FIRM, email="compta@emeraude.example")
    details = details_of(known)
    typed = EmailDetails(address="Compta@emeraude.example")
    edit_contact(db, known, replace(details, emails=(*details.emails, typed)), actor=SYSTEM)

    accept_review(db, reviews(db, known)[0], as_primary=True, actor=SYSTEM)
    db.commit()

    assert [row.is_primary for row in known.emails] == [False, True]


def test_an_accepted_email_joins_the_others(db):
    known = match(db, FIRM)
    match(db, FIRM, email="compta@emeraude.example")

    accept_review(db, reviews(db, known)[0], as_primary=False, actor=SYSTEM)

    assert [row.address for row in known.emails] == ["dons@emeraude.example", "compta@emeraude.example"]


def test_an_accepted_name_replaces_ours_and_is_found_by_the_search(db):
    known = match(db, given_name="J.")
    match(db)

    accept_review(db, reviews(db, known)[0], as_primary=False, actor=SYSTEM)
    db.flush()

    assert known.name == "Jean Dupont"
    assert search_contacts(db, "jean dupont") == [known]


def test_somebody_marked_as_deceased_by_mistake_is_brought_back(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org", is_deceased=True)
    match(db)

    accept_review(db, reviews(db, known)[0], as_primary=False, actor=SYSTEM)

    assert not known.is_deceased


def test_an_organisation_without_an_address_or_number_is_a_new_one(db):
    assert match(db, FIRM, siren="", email="") is not match(db, FIRM, siren="", email="")


def test_a_decided_difference_is_not_decided_twice(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org")
    match(db, phone="07 00 00 00 01")
    (review,) = reviews(db, known)
    dismiss_review(db, review, actor=SYSTEM)

    with pytest.raises(Refused):
        accept_review(db, review, as_primary=True, actor=SYSTEM)

    assert review.status is ReviewStatus.DISMISSED


def test_a_donor_who_insists_is_heard_again_after_a_dismissal(db):
    known = make_contact(db, given_name="Jean", family_name="Dupont", email="dupont@example.org")
    match(db, phone="07 00 00 00 01")
    dismiss_review(db, reviews(db, known)[0], actor=SYSTEM)

    match(db, phone="07 00 00 00 01")

    assert [review.status for review in reviews(db, known)] == [ReviewStatus.DISMISSED, ReviewStatus.OPEN]


def test_many_identical_donors_at_once_are_one_contact(database):
    start = Barrier(6)

    def give(number):
        start.wait()
        with database.writing() as db:
            act_as(db, SYSTEM)
            return match(db, phone=f"07 00 00 00 0{number % 2}").id

    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(give, range(6)))

    with database.reading() as db:
        (only,) = db.scalars(select(Contact)).all()
        assert found == {only.id}
        assert len(only.emails) == len(only.phones) == 1
        assert db.scalar(select(func.count()).select_from(ContactReview)) == 1


def test_the_same_organisation_at_once_by_two_addresses_is_one_contact(database):
    start = Barrier(4)

    def give(number):
        start.wait()
        with database.writing() as db:
            act_as(db, SYSTEM)
            return match(db, FIRM, email=f"desk{number % 2}@emeraude.example").id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(give, range(4)))) == 1
