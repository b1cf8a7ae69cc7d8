"""Ways to reach people, and what they refuse, as staff type and read them on the pages of a contact."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contacts.models import Contact, HoldReason
from app.contacts.services import AddressDetails, EmailDetails, PhoneDetails, details_of, edit_contact
from app.kernel.actors import SYSTEM
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.text import clean
from tests.contacts.test_contact_pages import typed
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db
EARLIER, LATER = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def staff(app, sign_in):
    return sign_in("contacts.read", "contacts.edit")


@pytest.fixture
def maya(db):
    contact = make_contact(db)
    db.commit()
    return contact


@pytest.fixture
def edit(staff, maya):
    """Send the form of the contact with these fields changed; the answer."""
    address = f"/contacts/{maya.id}/edit"

    def send(**changed):
        names = {name.replace("__", "-"): value for name, value in changed.items()}
        return staff.post(address, data={**typed(staff.get(address)), **names})

    return send


def reread(database, key):
    with database.reading() as db:
        return db.get_one(Contact, key)


def words_of(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page.get_data(as_text=True)).split())


def test_a_way_has_its_time_its_hold_and_its_season(edit, database, maya, staff):
    answer = edit(
        emails__0__hold_reason="bounced",
        phones__0__valid_from="2026-01-01",
        phones__0__valid_until="2031-12-31",
        **{"addresses-0-season_from-day": "15", "addresses-0-season_from-month": "11"},
        **{"addresses-0-season_until-day": "29", "addresses-0-season_until-month": "2"},
    )

    assert answer.status_code == 303
    contact = reread(database, maya.id)
    assert (contact.emails[0].hold_reason, contact.emails[0].hold_since) == (HoldReason.BOUNCED, today())
    assert (contact.phones[0].valid_from, contact.phones[0].valid_until) == (date(2026, 1, 1), date(2031, 12, 31))
    assert (contact.addresses[0].season_from, contact.addresses[0].season_until) == (1115, 229)
    words = words_of(staff.get(f"/contacts/{maya.id}"))
    assert "E-mails bounce" in words
    assert "each year 15 Nov to 29 Feb" in words
    assert "12 rue des Lilas 75011 PARIS France" in words


def test_a_hold_is_lifted_and_its_first_day_is_kept_until_then(edit, database, db, maya):
    maya.emails[0].hold_reason, maya.emails[0].hold_since = HoldReason.BOUNCED, date(2026, 1, 2)
    db.commit()

    edit(emails__0__hold_reason="asked")
    assert reread(database, maya.id).emails[0].hold_since == date(2026, 1, 2)

    edit(emails__0__hold_reason="")
    assert reread(database, maya.id).emails[0].hold_since is None


def test_what_was_first_typed_is_never_lost(edit, database, maya, staff):
    edit(**{"emails-1-address": " Maya@ÉXEMPLE.org ", "emails-1-id": "", "primary_emails": "emails-1"})
    row = reread(database, maya.id).emails[1]

    assert (row.address, row.original) == ("Maya@éxemple.org", "Maya@ÉXEMPLE.org")
    assert "First typed as “Maya@ÉXEMPLE.org”" in words_of(staff.get(f"/contacts/{maya.id}"))

    edit(**{"emails-1-address": "other@example.org"})
    row = reread(database, maya.id).emails[1]
    assert (row.address, row.original) == ("other@example.org", "Maya@ÉXEMPLE.org")


def test_a_refused_form_forgets_nothing_of_what_was_typed(edit, staff, database, maya):
    refused = edit(**{"emails-1-address": "Maya@ÉXEMPLE.org", "phones-0-valid_from": "2026-02-31"})
    assert refused.status_code == 422
    form = typed(refused)
    assert (form["emails-1-address"], form["phones-0-valid_from"]) == ("Maya@ÉXEMPLE.org", "2026-02-31")

    staff.post(f"/contacts/{maya.id}/edit", data={**form, "phones-0-valid_from": ""})
    assert reread(database, maya.id).emails[1].original == "Maya@ÉXEMPLE.org"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"emails-0-valid_from": "2026-02-31"}, "Not a valid date value."),
        ({"emails-0-valid_from": "0000-01-01"}, "Not a valid date value."),
        ({"emails-0-valid_from": "1066-10-14"}, "Check the year"),
        ({"emails-0-valid_from": "2026-03-02", "emails-0-valid_until": "2026-03-01"}, "before the first one"),
        ({"emails-0-hold_reason": "whim"}, "Not a valid choice."),
        ({"addresses-0-season_from-day": "31", "addresses-0-season_from-month": "2"}, "no such day"),
        ({"addresses-0-season_from-day": "3"}, "both the day and the month"),
        ({"addresses-0-season_from-day": "3", "addresses-0-season_from-month": "4"}, "A season needs both"),
        ({"addresses-0-season_from-day": "\x00", "addresses-0-season_from-month": "९"}, "no such day"),
        ({"birth_on": "1849-12-31"}, "between 1850 and today"),
        ({"birth_on": str(today() + timedelta(days=2))}, "between 1850 and today"),
        ({"birth_on": "1950-02-30"}, "Not a valid date value."),
        ({"birth_year": "1950", "birth_on": "1950-01-02"}, "either the day of birth or only its year"),
        ({"birth_year": "9" * 5000}, "Not a valid integer value."),
        ({"birth_year": "99999999999999999999"}, "between 1850 and this year"),
        ({"deceased_on": "2026-01-01"}, "Tick “Deceased” as well"),
        ({"deceased_on": "1949-01-01", "is_deceased": "y", "birth_year": "1950"}, "before the birth"),
        ({"nickname": "x" * 1_000_000}, "cannot be longer than 100"),
        ({"salutation": "x" * 1_000_000}, "cannot be longer than 200"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(edit, database, maya, changed, message):
    answer = edit(given_name="Other", **changed)

    assert answer.status_code == 422
    assert message in words_of(answer)
    assert reread(database, maya.id).given_name == "Maya"


@pytest.mark.parametrize("nickname", ["\x00Mimi\u202e\u200f", " Mimi\r\n"])
def test_signs_that_nobody_sees_are_taken_out_of_names(edit, database, maya, nickname):
    edit(nickname=nickname)

    assert reread(database, maya.id).nickname == "Mimi"


def test_emoji_stay(edit, database, maya):
    edit(nickname="Mimi 🦄", salutation="Chère Mimi 🌸")

    kept = reread(database, maya.id)
    assert (kept.nickname, kept.salutation) == ("Mimi 🦄", "Chère Mimi 🌸")


def test_people_are_found_by_their_nickname(edit, staff):
    edit(nickname="Pépette")

    assert "Maya Lefèvre" in staff.get("/contacts/?q=pepett").get_data(as_text=True)


def test_letters_begin_as_usual_until_somebody_writes_it_by_hand(edit, staff, maya):
    edit(title="Mme")
    assert "Chère Madame Lefèvre," in words_of(staff.get(f"/contacts/{maya.id}"))

    edit(salutation="Très chère Maya")
    edit(family_name="Gurung")
    assert "Très chère Maya," in words_of(staff.get(f"/contacts/{maya.id}"))
    assert "Left blank: Chère Madame Gurung," in words_of(staff.get(f"/contacts/{maya.id}/edit"))


def test_what_people_refuse_is_kept_apart(edit, database, maya, staff):
    edit(no_phone="y", is_deceased="y", deceased_on="2026-02-01", birth_year="1950")

    kept = reread(database, maya.id)
    assert (kept.no_email, kept.no_phone, kept.no_post, kept.do_not_contact) == (False, True, False, False)
    assert (kept.is_deceased, kept.deceased_on, kept.birth_year) == (True, date(2026, 2, 1), 1950)
    words = words_of(staff.get(f"/contacts/{maya.id}"))
    assert "Never by phone" in words
    assert "Born 1950" in words


def test_an_organisation_is_not_born(staff, database, db):
    key = make_contact(db, group_name="Atelier").id
    db.commit()
    form = typed(staff.get(f"/contacts/{key}/edit"))

    answer = staff.post(f"/contacts/{key}/edit", data={**form, "birth_year": "1950", "nickname": "At"})

    assert answer.status_code == 303
    assert (reread(database, key).birth_year, reread(database, key).nickname) == (None, "")


def test_whoever_saves_second_is_shown_every_new_part_and_loses_nothing(staff, database, maya):
    address = f"/contacts/{maya.id}/edit"
    form = typed(staff.get(address))
    first = {
        "birth_on": "1950-03-01", "nickname": "Mimi", "no_post": "y", "emails-0-hold_reason": "bounced",
        "addresses-0-season_from-day": "1", "addresses-0-season_from-month": "6",
        "addresses-0-season_until-day": "31", "addresses-0-season_until-month": "8",
    }  # fmt: skip
    assert staff.post(address, data={**form, **first}).status_code == 303

    late = staff.post(address, data={**form, "salutation": "Chère Maya", "phones-0-valid_until": "2030-01-01"})

    assert late.status_code == 409
    words = words_of(late)
    for part in ("Born on — 1 Mar 1950", "Never by post No Yes", "E-mails bounce", "each year 1 Jun to 31 Aug"):
        assert part in words
    again = typed(late)
    assert (again["nickname"], again["birth_on"], again["no_post"]) == ("Mimi", "1950-03-01", "y")
    assert (again["salutation"], again["phones-0-valid_until"]) == ("Chère Maya", "2030-01-01")
    assert staff.post(address, data=again).status_code == 303
    kept = reread(database, maya.id)
    assert (kept.nickname, kept.salutation, kept.addresses[0].season_until) == ("Mimi", "Chère Maya", 831)
    assert kept.phones[0].valid_until == date(2030, 1, 1)
    assert kept.emails[0].hold_reason is HoldReason.BOUNCED


def test_only_new_doubts_about_an_address_are_told(edit, staff):
    words = words_of(staff.get(edit(**{"addresses-0-postcode": "7501"}).location))
    assert "The postcode 7501 does not look right." in words

    assert "does not look right" not in words_of(staff.get(edit(nickname="Mimi").location))


def test_the_region_is_called_as_its_country_calls_it(staff, edit, maya):
    edit(**{"addresses-0-country": "GB"})

    assert "County" in words_of(staff.get(f"/contacts/{maya.id}/edit"))


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ({"emails": (EmailDetails(address="a@a.org", valid_from=LATER, valid_until=EARLIER),)}, "emails"),
        ({"phones": (PhoneDetails(typed="06", valid_from=date(9999, 1, 1)),)}, "phones"),
        ({"addresses": (AddressDetails(city="Paris", season_from=230, season_until=301),)}, "addresses"),
        ({"addresses": (AddressDetails(city="Paris", season_from=301),)}, "addresses"),
    ],
)  # fmt: skip
def test_the_service_refuses_the_same(db, rows, field):
    with pytest.raises(Refused) as refusal:
        make_contact(db, **rows)

    assert refusal.value.field == field
    assert db.scalar(select(Contact.id)) is None


def test_an_edit_that_changes_nothing_writes_nothing_new(db, maya):
    before = details_of(maya)

    edit_contact(db, maya, before, actor=SYSTEM)

    assert details_of(maya) == before


ANYTHING = st.text(max_size=60) | st.sampled_from(
    ["\u202eevil", "🦄" * 50, "2026-02-31", "0000-00-00", "29", "\x00", "-1"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from([
            "nickname", "salutation", "birth_on", "birth_year", "deceased_on", "is_deceased", "emails-0-valid_from",
            "emails-0-valid_until", "emails-0-hold_reason", "emails-0-id", "addresses-0-season_from-day",
            "addresses-0-season_from-month", "addresses-0-season_until-day", "addresses-0-country", "primary_phones",
        ]),
        ANYTHING,
        min_size=1,
        max_size=6,
    )
)  # fmt: skip
def test_whatever_is_typed_is_kept_clean_or_refused_whole(edit, database, maya, changed):
    before = details_of(reread(database, maya.id))

    answer = edit(**changed)

    after = details_of(reread(database, maya.id))
    assert answer.status_code in {303, 422}
    assert answer.status_code == 303 or after == before
    assert all(clean(text) == text for text in (after.nickname, after.salutation))


def test_a_million_signs_are_refused_in_any_field(edit, database, maya):
    for name in ("nickname", "emails-0-address", "phones-0-typed", "addresses-0-street", "emails-0-label"):
        assert edit(**{name: "\u200b\u0915" * 500_000}).status_code in {413, 422}
    assert reread(database, maya.id).version == 1


def test_a_number_of_another_country_stays_when_the_contact_is_saved_unchanged(db):
    contact = make_contact(db, phone="", phones=(PhoneDetails(typed="9841025067", country="NP"),))
    db.flush()
    assert contact.phones[0].number == "+9779841025067"

    edit_contact(db, contact, details_of(contact), actor=SYSTEM)
    assert contact.phones[0].number == "+9779841025067"

    retyped = replace(details_of(contact).phones[0], typed="06 12 34 56 78")
    edit_contact(db, contact, replace(details_of(contact), phones=(retyped,)), actor=SYSTEM)
    assert contact.phones[0].number == "+33612345678"
