"""The pages of contacts, as staff use them."""

import html
import json
import re

import pytest
from sqlalchemy import event

from app.contacts.models import Contact, ContactKind
from app.contacts.services import EmailDetails, PhoneDetails
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db


@pytest.fixture
def maya(db):
    contact = make_contact(db)
    db.commit()
    return contact


@pytest.fixture
def staff(app, sign_in):
    return sign_in("contacts.read", "contacts.edit")


def typed(page):
    """The form of a page as a browser would send it back."""
    text = page.get_data(as_text=True)
    text = text[text.index('id="contact-form"') :]
    values = {}
    for tag in re.findall(r"<input[^>]*>", text):
        parts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in parts and (parts.get("type") not in {"radio", "checkbox"} or " checked" in tag):
            values[parts["name"]] = parts.get("value", "")
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', body)
        values[name] = chosen[1] if chosen else ""
    for tag, body in re.findall(r"<textarea([^>]*)>\s*(.*?)</textarea>", text, re.DOTALL):
        values[re.search(r'name="([^"]*)"', tag)[1]] = body
    return {name: html.unescape(value) for name, value in values.items()}


def reread(database, key):
    with database.reading() as db:
        return db.get(Contact, key)


def test_a_person_is_added_with_several_ways_to_reach_them(staff, database):
    form = typed(staff.get("/contacts/new"))
    form |= {
        "given_name": "सीता",
        "family_name": "शर्मा",
        "emails-0-address": "Sita@Example.ORG",
        "phones-0-typed": "+977 984-1234567",
        "addresses-0-city": "Pokhara",
        "addresses-0-country": "NP",
    }
    form = typed(staff.post("/contacts/new", data={**form, "add_row": "emails"}))
    form |= {"emails-1-address": "sita@work.example", "emails-1-label": "Work", "primary_emails": "emails-1"}

    answer = staff.post("/contacts/new", data=form)

    assert answer.status_code == 303
    contact = reread(database, int(answer.location.rpartition("/")[2]))
    assert contact.name == "सीता शर्मा"
    assert [(row.address, row.is_primary) for row in contact.emails] == [
        ("Sita@example.org", False),
        ("sita@work.example", True),
    ]
    assert contact.primary_phone.number == "+9779841234567"
    assert contact.primary_address.country == "NP"


@pytest.mark.parametrize(("kind", "field"), [("household", "group_name"), ("organisation", "group_name")])
def test_households_and_organisations_have_one_name(staff, database, kind, field):
    form = typed(staff.get(f"/contacts/new?kind={kind}"))

    answer = staff.post(f"/contacts/new?kind={kind}", data={**form, field: "Émeraude"})

    assert reread(database, int(answer.location.rpartition("/")[2])).kind == kind


def test_a_row_is_added_and_removed_without_javascript(staff, maya):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    more = typed(staff.post(f"/contacts/{maya.id}/edit", data={**form, "add_row": "phones", "phones-0-typed": "07 1"}))
    less = typed(staff.post(f"/contacts/{maya.id}/edit", data={**more, "remove_row": "phones-0"}))

    assert {name for name in more if name.startswith("phones-")} >= {"phones-0-typed", "phones-1-typed"}
    assert (more["phones-0-typed"], less["phones-0-typed"]) == ("07 1", "")
    assert "phones-1-typed" not in less


def test_an_edit_changes_what_was_changed_and_keeps_the_rest(staff, database, maya):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))
    before = maya.primary_email.id

    answer = staff.post(f"/contacts/{maya.id}/edit", data={**form, "given_name": "Māyā", "do_not_contact": "y"})

    after = reread(database, maya.id)
    assert answer.status_code == 303
    assert (after.given_name, after.do_not_contact, after.primary_email.id) == ("Māyā", True, before)
    assert [row.city for row in after.addresses] == ["Paris"]


def test_the_main_address_moves_to_an_older_row(staff, database, db):
    both = (EmailDetails(address="old@example.org"), EmailDetails(address="new@example.org", is_primary=True))
    contact = make_contact(db, emails=both)
    db.commit()
    form = typed(staff.get(f"/contacts/{contact.id}/edit"))

    staff.post(f"/contacts/{contact.id}/edit", data={**form, "primary_emails": "emails-0"})

    assert reread(database, contact.id).primary_email.address == "old@example.org"


def test_a_cleared_row_is_removed_and_the_next_becomes_the_main_one(staff, database, db):
    both = (PhoneDetails(typed="06 12 34 56 78"), PhoneDetails(typed="07 12 34 56 78"))
    contact = make_contact(db, phones=both)
    db.commit()
    form = typed(staff.get(f"/contacts/{contact.id}/edit"))

    staff.post(f"/contacts/{contact.id}/edit", data={**form, "phones-0-typed": ""})

    after = reread(database, contact.id)
    assert [(row.number, row.is_primary) for row in after.phones] == [("+33712345678", True)]


def test_the_second_of_two_editors_keeps_what_they_typed_and_sees_what_changed(staff, database, maya):
    first = second = typed(staff.get(f"/contacts/{maya.id}/edit"))
    first = typed(staff.post(f"/contacts/{maya.id}/edit", data={**first, "add_row": "phones"}))
    staff.post(
        f"/contacts/{maya.id}/edit",
        data={**first, "family_name": "Lefèvre-Rai", "phones-1-typed": "01 42 68 53 00"},
    )

    late = staff.post(f"/contacts/{maya.id}/edit", data={**second, "given_name": "Maya Devi"})

    text = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "Lefèvre-Rai" in text
    assert "Asha Gurung" in text
    again = typed(late)
    assert (again["given_name"], again["family_name"]) == ("Maya Devi", "Lefèvre-Rai")
    assert staff.post(f"/contacts/{maya.id}/edit", data=again).status_code == 303
    after = reread(database, maya.id)
    assert after.name == "Maya Devi Lefèvre-Rai"
    assert [row.number for row in after.phones] == ["+33612345678", "+33142685300"]


def test_a_row_removed_meanwhile_stays_removed_unless_it_was_typed_in(staff, database, db):
    both = (PhoneDetails(typed="06 12 34 56 78"), PhoneDetails(typed="07 12 34 56 78"))
    contact = make_contact(db, phones=both)
    db.commit()
    address = f"/contacts/{contact.id}/edit"
    untouched = touched = first = typed(staff.get(address))
    staff.post(address, data={**first, "phones-0-typed": "", "phones-1-typed": ""})

    left_alone = typed(staff.post(address, data={**untouched, "title": "Mrs"}))
    typed_in = typed(staff.post(address, data={**touched, "phones-1-label": "Work"}))

    assert "phones-0-typed" not in left_alone
    assert (typed_in["phones-0-typed"], typed_in["phones-0-label"]) == ("07 12 34 56 78", "Work")


def test_no_more_rows_are_added_than_a_contact_can_have(staff, maya):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))
    form |= {f"emails-{number}-address": f"m{number}@example.org" for number in range(40)}

    answer = typed(staff.post(f"/contacts/{maya.id}/edit", data={**form, "add_row": "emails"}))

    assert len([name for name in answer if name.endswith("-address")]) == 20


def test_a_change_of_a_label_alone_is_a_change_too(staff, database, maya):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    staff.post(f"/contacts/{maya.id}/edit", data={**form, "phones-0-label": "Home"})

    assert reread(database, maya.id).version > maya.version


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"given_name": "", "family_name": " "}, "first or a last name"),
        ({"emails-0-address": "not an address"}, "does not look right"),
        ({"phones-0-typed": "12"}, "not a phone number"),
        ({"given_name": "x" * 101}, "longer than 100"),
        ({"addresses-0-country": "??"}, "valid choice"),
        ({"language": "xx"}, "valid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_changes_nothing(staff, database, maya, changes, message):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    answer = staff.post(f"/contacts/{maya.id}/edit", data={**form, **changes})

    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)
    assert reread(database, maya.id).version == maya.version


def test_a_wrong_siren_is_refused(staff):
    form = typed(staff.get("/contacts/new?kind=organisation"))

    answer = staff.post("/contacts/new?kind=organisation", data={**form, "group_name": "X", "siren": "123456789"})

    assert answer.status_code == 422
    assert "SIREN" in answer.get_data(as_text=True)


def test_an_unusual_postcode_is_kept_and_pointed_out(staff, maya):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    form |= {"addresses-0-postcode": "750"}
    answer = staff.post(f"/contacts/{maya.id}/edit", data=form, follow_redirects=True)

    assert "750 does not look right" in answer.get_data(as_text=True)


JUNK = {
    "version": "x" * 50,
    "seen": '{"parts": [], "rows": 3}',
    "add_row": "emails\x00",
    "remove_row": "emails-٣",
    "emails-²-address": "a@example.org",
    "phones-99999999999999999999-typed": "1",
    "emails-0-id": "9" * 30,
    "primary_emails": "addresses-77",
    "given_name": "a\x00b",
    "source": "s" * 1_000_000,
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_in_a_form_is_refused_and_breaks_nothing(staff, database, maya, name):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    answer = staff.post(f"/contacts/{maya.id}/edit", data={**form, "given_name": "Maya", name: JUNK[name]})

    assert answer.status_code in {200, 303, 409, 413, 422}
    assert len(reread(database, maya.id).emails) <= 2


def test_a_form_without_anything_is_told_to_look_again(staff, database, maya):
    assert staff.post(f"/contacts/{maya.id}/edit", data={}).status_code == 409
    assert len(reread(database, maya.id).emails) == 1


def test_another_contacts_row_cannot_be_taken(staff, database, db):
    maya, sita = make_contact(db), make_contact(db, given_name="Sita", email="sita@example.org")
    db.commit()
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    staff.post(f"/contacts/{maya.id}/edit", data={**form, "emails-0-id": str(sita.emails[0].id)})

    assert reread(database, sita.id).primary_email.address == "sita@example.org"


@pytest.mark.parametrize(
    "address",
    [
        "/contacts/99",
        "/contacts/9223372036854775808",
        "/contacts/99999999999999999999999999/edit",
        "/contacts/0",
        "/contacts/-1",
        "/contacts/x",
        "/contacts/?after=junk",
        "/contacts/?after=WyJuIiwxLCJ4Il0",
        "/contacts/new?kind=alien",
        "/contacts/reviews/?after=%00",
    ],
)
def test_an_address_that_leads_nowhere_is_not_found(staff, address):
    assert staff.get(address).status_code == 404


@pytest.mark.parametrize("query", ["kind=alien", "q=%00", "q=" + "x" * 5000, "kind=household&q=%25%27", "timeline=all"])
def test_a_list_with_junk_in_its_address_still_answers(staff, query):
    assert staff.get(f"/contacts/?{query}").status_code == 200


def test_the_list_is_by_name_and_narrowed_by_kind(staff, db):
    make_contact(db, given_name="Zoé", family_name="Ängström")
    make_contact(db, given_name="Ana", family_name="Blanc")
    make_contact(db, group_name="Association Aube", email="", phone="")
    db.commit()

    everybody = staff.get("/contacts/").get_data(as_text=True)
    groups = staff.get("/contacts/?kind=organisation").get_data(as_text=True)

    assert everybody.index("Zoé Ängström") < everybody.index("Association Aube") < everybody.index("Ana Blanc")
    assert "Ana Blanc" not in groups
    assert "Association Aube" in groups


def test_the_list_is_walked_to_its_end_and_back(staff, db):
    for number in range(120):
        make_contact(db, given_name=f"N{number:03}", family_name="Même", email="", phone="")
    db.commit()
    seen, address = [], "/contacts/"
    while address:
        text = staff.get(address).get_data(as_text=True)
        seen += re.findall(r">(N\d{3}) Même<", text)
        onward = re.search(r'href="([^"]*after=[^"]*)" rel="next"', text)
        address = onward[1].replace("&amp;", "&") if onward else ""

    assert seen == [f"N{number:03}" for number in range(120)]


def test_a_narrowed_list_says_that_there_are_more_and_counts_them_when_asked(staff, db, monkeypatch):
    monkeypatch.setattr("app.contacts.showing.narrowing.COUNTED", 3)
    for number in range(60):
        make_contact(db, given_name=f"N{number:03}", email=f"n{number}@example.org")
    make_contact(db, email="")
    db.commit()

    some = staff.get("/contacts/?for=email").text
    every = html.unescape(re.search(r'<a href="([^"]*count=all[^"]*)"', some)[1])
    counted = staff.get(every).text

    assert "More than 3 results" in some
    assert "60 results" in counted
    assert "count=all" not in re.search(r'href="([^"]*after=[^"]*)"', counted)[1]  # the next page does not wait
    assert "61 results" in staff.get("/contacts/?count=all").text
    assert staff.get("/contacts/?for=gone:email&count=all").status_code == 200


def test_archiving_hides_a_contact_and_restoring_brings_it_back(staff, maya):
    staff.post(f"/contacts/{maya.id}/archive", follow_redirects=True)
    hidden, archived = staff.get("/contacts/"), staff.get("/contacts/?kind=archived")
    staff.post(f"/contacts/{maya.id}/restore")

    assert "Maya Lefèvre" not in hidden.get_data(as_text=True)
    assert "Maya Lefèvre" in archived.get_data(as_text=True)
    assert "Maya Lefèvre" in staff.get("/contacts/").get_data(as_text=True)


def test_a_note_stands_on_the_timeline_and_is_only_text(staff, maya):
    staff.post(f"/contacts/{maya.id}/notes", data={"text": "Called <b>twice</b>"})

    text = staff.get(f"/contacts/{maya.id}").get_data(as_text=True)

    assert "Called &lt;b&gt;twice&lt;/b&gt;" in text
    assert "Note by Asha Gurung" in text


def test_an_empty_note_is_refused(staff, maya):
    assert staff.post(f"/contacts/{maya.id}/notes", data={"text": " \x00 "}).status_code == 422


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/contacts/new"),
        ("post", "/contacts/new"),
        ("get", "/contacts/1/edit"),
        ("post", "/contacts/1/edit"),
        ("post", "/contacts/1/notes"),
        ("post", "/contacts/1/archive"),
        ("post", "/contacts/1/restore"),
        ("get", "/contacts/reviews/"),
    ],
)
def test_readers_look_and_do_not_touch(sign_in, maya, method, address):
    assert getattr(sign_in("contacts.read"), method)(address).status_code == 403


@pytest.mark.parametrize("address", ["/contacts/", "/contacts/1"])
def test_those_without_leave_see_nobody(sign_in, client, maya, address):
    assert sign_in("funds.read").get(address).status_code == 403
    assert client.get(address).status_code == 303


def test_a_name_is_shown_as_text_and_never_run(staff, db):
    contact = make_contact(db, given_name="<script>alert(1)</script>", family_name="{{ 7*7 }}")
    db.commit()

    for address in ("/contacts/", f"/contacts/{contact.id}", f"/contacts/{contact.id}/edit", "/search?q=script"):
        assert "<script>alert(1)" not in staff.get(address).get_data(as_text=True)


def test_pages_ask_the_database_a_bounded_number_of_times(staff, app, db):
    for number in range(60):
        make_contact(db, given_name=f"N{number}", email=f"n{number}@example.org")
    db.commit()
    asked = []
    event.listen(app.database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))

    staff.get("/contacts/")
    in_list = len(asked)
    staff.get("/contacts/1")
    on_page = len(asked) - in_list

    assert in_list <= 14, asked
    assert on_page <= 30, asked[in_list:]


def test_the_snapshot_of_a_form_holds_no_more_than_the_form(staff, maya):
    form = typed(staff.get(f"/contacts/{maya.id}/edit"))

    assert set(json.loads(form["seen"])) == {"parts", "rows"}
    assert maya.kind is ContactKind.PERSON
