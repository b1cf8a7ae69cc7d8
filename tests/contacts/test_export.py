"""Contacts taken out as a file: the columns and people that were chosen, harmless in spreadsheets, and written down."""

import csv
import io

import pytest
from sqlalchemy import event, select

from app.accounts.models import StaffUser
from app.contacts.models import Contact, ContactEmail, ContactKind, CustomType, Segment
from app.contacts.queries import export
from app.contacts.services.custom_fields import set_values
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.conditions import Condition, Group, Op
from tests.factories.contacts import make_contact
from tests.factories.custom_fields import make_field, make_group
from tests.factories.giving import make_offline_gift
from tests.factories.segments import make_segment
from tests.factories.tags import make_tag

pytestmark = pytest.mark.db
CLERK = ("contacts.read", "contacts.export")
EVERYBODY = Group(parts=(Condition("contact.kind", Op.ANY_OF, ("person",)),))


@pytest.fixture
def asha(sign_in):
    return sign_in(*CLERK)


@pytest.fixture
def keep(database):
    """Run something in a transaction of the system's."""

    def do(work):
        with database.writing() as db:
            act_as(db, SYSTEM)
            found = work(db)
            db.flush()
            return found

    return do


@pytest.fixture
def segment(asha, keep):
    def make(db):
        owner = db.scalars(select(StaffUser)).first()
        return make_segment(db, owner, name="Everybody", question=EVERYBODY)

    return f"/segments/{keep(make).id}/export"


def table(answer, delimiter=","):
    assert answer.status_code == 200
    assert answer.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(answer.text[1:]), delimiter=delimiter))


def test_a_segment_comes_with_the_columns_that_were_chosen_by_name(asha, keep, segment):
    keep(lambda db: [make_contact(db, given_name="Maya", family_name=name) for name in ("Zimmer", "Adhikari")])

    answer = asha.post(segment, data={"columns": ["given_name", "family_name", "country"]})

    assert table(answer) == [
        ["First name", "Last name", "Country"], ["Maya", "Adhikari", "France"], ["Maya", "Zimmer", "France"],
    ]  # fmt: skip
    assert answer.headers["Content-Disposition"] == "attachment; filename=contacts.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/csv"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_nothing_becomes_a_formula(sign, asha, keep, segment):
    def make(db):
        make_contact(db)
        db.flush()
        db.scalars(select(Contact)).one().family_name = f"{sign}HYPERLINK(1)"

    keep(make)

    (_heading, line) = table(asha.post(segment, data={"columns": ["family_name"]}))

    assert line[0].startswith("'")


def test_all_columns_together(sign_in, keep, segment):
    def make(db):
        contact = make_contact(db)
        make_tag(db, "Mécène", contact)
        make_offline_gift(db, contact)
        group = make_group(db)
        choice, other = make_field(db, CustomType.CHOICES, group), make_field(db, CustomType.CONTACT, group)
        firm = make_contact(db, kind=ContactKind.ORGANISATION, group_name="Himal SARL")
        db.flush()
        set_values(db, contact, {choice.key: [choice.choices[0].id], other.key: [firm.id]}, actor=SYSTEM)
        return choice.key, other.key, choice.choices[0].name("en")

    choice, other, chosen = keep(make)
    client = sign_in()
    keys = columns_of(client, segment)

    heading, line = table(client.post(segment, data={"columns": keys}))

    told = dict(zip(keys, line, strict=True))
    assert len(heading) == len(keys)
    assert told["tags"] == "Mécène"
    assert (told[f"custom.{choice}"], told[f"custom.{other}"]) == (chosen, "Himal SARL")
    assert dict(zip(heading, line, strict=True))["Number of gifts"] == "1"


def test_whoever_may_not_read_gifts_or_restricted_fields_gets_neither(asha, sign_in, keep, segment):
    def make(db):
        return make_field(db, CustomType.TEXT, make_group(db, is_restricted=True)).key

    key = f"custom.{keep(make)}"
    assert key in columns_of(sign_in(), segment)
    mine = columns_of(asha, segment)
    assert key not in mine
    assert not [each for each in mine if each.startswith("added.")]

    for refused in (key, "added.0", "password_hash"):
        assert asha.post(segment, data={"columns": ["id", refused]}).status_code == 422


def test_it_can_be_narrowed_to_whom_one_may_write(asha, keep, segment):
    def make(db):
        make_contact(db, family_name="Reached")
        silent = make_contact(db, family_name="Silent", emails=[])
        refusing = make_contact(db, family_name="Refusing")
        refusing.no_email = True
        assert isinstance(silent.emails, list)

    keep(make)

    lines = table(asha.post(segment, data={"columns": ["family_name"], "who": "email"}))

    assert ["Refusing"] not in lines
    assert ["Silent"] not in lines


def test_a_million_is_read_some_at_a_time(app, asha, keep, segment, monkeypatch):
    monkeypatch.setattr(export, "KEYS_AT_ONCE", 4)
    monkeypatch.setattr(export, "AT_ONCE", 2)
    keep(lambda db: [make_contact(db, family_name=f"Rai {number:02}") for number in range(11)])

    lines = table(asha.post(segment, data={"columns": ["family_name"]}))

    assert lines[1:] == [[f"Rai {number:02}"] for number in range(11)]


def test_a_thousand_contacts_cost_no_more_questions_than_two(app, asha, keep, segment):
    def ask():
        asked = []
        note = lambda *told: asked.append(told[2])  # noqa: E731
        event.listen(app.database.engine, "before_cursor_execute", note)
        asha.post(segment, data={"columns": ["family_name", "email", "tags", "owner"]}).get_data()
        event.remove(app.database.engine, "before_cursor_execute", note)
        return len(asked)

    keep(lambda db: [make_contact(db) for _ in range(2)])
    little = ask()
    keep(lambda db: [make_contact(db) for _ in range(30)])

    assert ask() == little


def test_who_took_out_how_many_is_written_down_without_names(asha, keep, segment, database):
    keep(make_contact)

    asha.post(segment, data={"columns": ["family_name", "email"]})

    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "contacts.exported")).one()
    assert (entry.actor_name, entry.record_type) == ("Asha Gurung", "segment")
    assert entry.changes == {"contacts": 1, "columns": ["family_name", "email"]}


def test_the_list_comes_as_it_is_narrowed(asha, keep):
    keep(lambda db: make_contact(db, kind=ContactKind.ORGANISATION, group_name="Himal SARL"))
    keep(make_contact)
    tag = keep(lambda db: make_tag(db, "Mécène", make_contact(db, family_name="Tagged"))).id

    firms = table(asha.post("/contacts/export?kind=organisation", data={"columns": ["group_name"]}))
    tagged = table(asha.post(f"/contacts/export?tag={tag}", data={"columns": ["family_name"]}))

    assert firms[1:] == [["Himal SARL"]]
    assert tagged[1:] == [["Tagged"]]
    assert "/contacts/export?kind=organisation" in asha.get("/contacts/?kind=organisation").text


def test_french_spreadsheets_get_semicolons(sign_in, keep, segment):
    keep(make_contact)

    lines = table(sign_in(*CLERK, language="fr").post(segment, data={"columns": ["given_name", "deceased"]}), ";")

    assert lines[1][1] == "Non"


def test_a_field_that_is_no_more_is_said(asha, keep, segment, database):
    gone = Group(parts=(Condition("custom.gone", Op.IS, ("x",)),)).as_data()

    def spoil(db):
        db.scalars(select(Segment)).one().question = gone

    keep(spoil)

    assert "a field that is no more" in asha.get(segment).text
    answer = asha.post(segment, data={"columns": ["id"]})
    assert answer.mimetype == "text/html"
    assert "a field that is no more" in answer.text


def test_without_the_capability_there_is_no_file(sign_in, segment):
    reader = sign_in("contacts.read", "contacts.edit")

    assert reader.get(segment).status_code == 403
    assert reader.post(segment, data={"columns": ["id"]}).status_code == 403
    assert reader.get("/contacts/export").status_code == 403
    assert "Download as a table" not in reader.get("/contacts/").text


def test_no_columns_is_said(asha, segment):
    answer = asha.post(segment, data={})

    assert answer.status_code == 422
    assert "Choose at least one column." in answer.text


def test_an_address_on_hold_is_not_the_one_that_is_told(asha, keep, segment):
    def make(db):
        contact = make_contact(db)
        contact.emails.append(ContactEmail(address="second@example.org", folded="second@example.org"))
        db.flush()
        first = contact.primary_email
        first.hold_reason, first.hold_since = "bounced", contact.created_at.date()

    keep(make)

    assert table(asha.post(segment, data={"columns": ["email"]}))[1] == ["second@example.org"]


def columns_of(client, address):
    """The columns that the page offers."""
    found = client.get(address).text.split('name="columns"')[1:]
    return [each.split('value="')[1].split('"')[0] for each in found]


def test_a_browser_does_not_ask_for_every_column(asha, segment):
    boxes = asha.get(segment).text.split('name="columns"')[1:]
    assert boxes
    assert not [box for box in boxes if " required" in box.partition(">")[0]]
