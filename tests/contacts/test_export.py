"""Contacts taken out as a file: the columns and people that were chosen, harmless in spreadsheets, and written down."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from app.accounts.models import StaffUser
from app.contacts.models import Contact, ContactEmail, ContactKind, CustomType, Segment
from app.contacts.queries import export
from app.contacts.services.custom_fields import set_values
from app.kernel import spreadsheets
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.conditions import Condition, Group, Op
from app.kernel.money import Money
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


def workbook(answer):
    """The file as Excel reads it."""
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(answer.get_data()))


def table(answer, delimiter=","):
    assert answer.status_code == 200
    assert answer.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(answer.text[1:]), delimiter=delimiter))


def test_a_segment_comes_with_the_columns_that_were_chosen_by_name(asha, keep, segment):
    keep(lambda db: [make_contact(db, given_name="Maya", family_name=name) for name in ("Zimmer", "Adhikari")])

    answer = asha.post(segment, data={"file": "csv", "columns": ["given_name", "family_name", "country"]})

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

    (_heading, line) = table(asha.post(segment, data={"file": "csv", "columns": ["family_name"]}))

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
        both = choice.choices[:2]
        set_values(db, contact, {choice.key: [each.id for each in both], other.key: [firm.id]}, actor=SYSTEM)
        return choice.key, other.key, ", ".join(each.name("en") for each in both)

    choice, other, chosen = keep(make)
    client = sign_in()
    keys = columns_of(client, segment)

    heading, line = table(client.post(segment, data={"file": "csv", "columns": keys}))

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
        assert asha.post(segment, data={"file": "csv", "columns": ["id", refused]}).status_code == 422


def test_it_can_be_narrowed_to_whom_one_may_write(asha, keep, segment):
    def make(db):
        make_contact(db, family_name="Reached")
        silent = make_contact(db, family_name="Silent", emails=[])
        refusing = make_contact(db, family_name="Refusing")
        refusing.no_email = True
        assert isinstance(silent.emails, list)

    keep(make)

    lines = table(asha.post(segment, data={"file": "csv", "columns": ["family_name"], "who": "email"}))

    assert ["Refusing"] not in lines
    assert ["Silent"] not in lines


def test_a_million_is_read_some_at_a_time(app, asha, keep, segment, monkeypatch):
    monkeypatch.setattr(export, "KEYS_AT_ONCE", 4)
    monkeypatch.setattr(export, "AT_ONCE", 2)
    keep(lambda db: [make_contact(db, family_name=f"Rai {number:02}") for number in range(11)])

    lines = table(asha.post(segment, data={"file": "csv", "columns": ["family_name"]}))

    assert lines[1:] == [[f"Rai {number:02}"] for number in range(11)]


def test_a_thousand_contacts_cost_no_more_questions_than_two(app, asha, keep, segment):
    def ask():
        asked = []
        note = lambda *told: asked.append(told[2])  # noqa: E731
        event.listen(app.database.engine, "before_cursor_execute", note)
        asha.post(segment, data={"file": "csv", "columns": ["family_name", "email", "tags", "owner"]}).get_data()
        event.remove(app.database.engine, "before_cursor_execute", note)
        return len(asked)

    keep(lambda db: [make_contact(db) for _ in range(2)])
    little = ask()
    keep(lambda db: [make_contact(db) for _ in range(30)])

    assert ask() == little


def test_who_took_out_how_many_is_written_down_without_names(asha, keep, segment, database):
    keep(make_contact)

    asha.post(segment, data={"file": "csv", "columns": ["family_name", "email"]})

    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "contacts.exported")).one()
    assert (entry.actor_name, entry.record_type) == ("Asha Gurung", "segment")
    assert entry.changes == {"contacts": 1, "columns": ["family_name", "email"], "file_kind": "csv"}


def test_the_list_comes_as_it_is_narrowed(asha, keep):
    keep(lambda db: make_contact(db, kind=ContactKind.ORGANISATION, group_name="Himal SARL"))
    keep(make_contact)
    tag = keep(lambda db: make_tag(db, "Mécène", make_contact(db, family_name="Tagged"))).id

    firms = table(asha.post("/contacts/export?kind=organisation", data={"file": "csv", "columns": ["group_name"]}))
    tagged = table(asha.post(f"/contacts/export?tag={tag}", data={"file": "csv", "columns": ["family_name"]}))

    assert firms[1:] == [["Himal SARL"]]
    assert tagged[1:] == [["Tagged"]]
    assert "/contacts/export?kind=organisation" in asha.get("/contacts/?kind=organisation").text


def test_french_spreadsheets_get_semicolons(sign_in, keep, segment):
    keep(make_contact)

    lines = table(
        sign_in(*CLERK, language="fr").post(segment, data={"file": "csv", "columns": ["given_name", "deceased"]}), ";"
    )

    assert lines[1][1] == "Non"


def test_a_field_that_is_no_more_is_said(asha, keep, segment, database):
    gone = Group(parts=(Condition("custom.gone", Op.IS, ("x",)),)).as_data()

    def spoil(db):
        db.scalars(select(Segment)).one().question = gone

    keep(spoil)

    assert "a field that is no more" in asha.get(segment).text
    answer = asha.post(segment, data={"file": "csv", "columns": ["id"]})
    assert answer.mimetype == "text/html"
    assert "a field that is no more" in answer.text


def test_without_the_capability_there_is_no_file(sign_in, segment):
    reader = sign_in("contacts.read", "contacts.edit")

    assert reader.get(segment).status_code == 403
    assert reader.post(segment, data={"file": "csv", "columns": ["id"]}).status_code == 403
    assert reader.get("/contacts/export").status_code == 403
    assert "Download as a table" not in reader.get("/contacts/").text


def test_no_columns_is_said(asha, segment):
    answer = asha.post(segment, data={})

    assert answer.status_code == 422
    assert "Choose at least one column." in answer.text
    assert "Choose a kind of file." in answer.text


def test_an_address_on_hold_is_not_the_one_that_is_told(asha, keep, segment):
    def make(db):
        contact = make_contact(db)
        contact.emails.append(ContactEmail(address="second@example.org", folded="second@example.org"))
        db.flush()
        first = contact.primary_email
        first.hold_reason, first.hold_since = "bounced", contact.created_at.date()

    keep(make)

    assert table(asha.post(segment, data={"file": "csv", "columns": ["email"]}))[1] == ["second@example.org"]


def columns_of(client, address):
    """The columns that the page offers."""
    found = client.get(address).text.split('name="columns"')[1:]
    return [each.split('value="')[1].split('"')[0] for each in found]


def test_a_browser_does_not_ask_for_every_column(asha, segment):
    boxes = asha.get(segment).text.split('name="columns"')[1:]
    assert boxes
    assert not [box for box in boxes if " required" in box.partition(">")[0]]


def test_excel_is_what_is_offered_first_and_gets_a_file_of_its_own(asha, keep, segment):
    keep(lambda db: [make_contact(db, given_name="Maya", family_name=name) for name in ("Zimmer", "Adhikari")])
    (excel,) = [each for each in asha.get(segment).text.split("<input") if 'value="xlsx"' in each]
    assert "checked" in excel.partition(">")[0]

    answer = asha.post(segment, data={"file": "xlsx", "columns": ["given_name", "family_name"]})

    sheet = workbook(answer)["Contacts"]
    assert list(sheet.values) == [("First name", "Last name"), ("Maya", "Adhikari"), ("Maya", "Zimmer")]
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["Content-Disposition"] == "attachment; filename=contacts.xlsx"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B3")
    assert sheet["A1"].font.bold


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+33 1", "-1", "@SUM(A1)", "#N/A", "01000"])
def test_in_excel_text_stays_the_text_that_it_is(text, asha, keep, segment):
    def make(db):
        make_contact(db)
        db.flush()
        db.scalars(select(Contact)).one().family_name = text

    keep(make)

    sheet = workbook(asha.post(segment, data={"file": "xlsx", "columns": ["family_name"]})).active

    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].number_format) == (text, "s", "@")


def test_in_excel_figures_are_figures_and_days_are_days(sign_in, keep, segment):
    def make(db):
        contact = make_contact(db)
        contact.birth_on = date(1984, 3, 9)
        make_offline_gift(db, contact)
        group = make_group(db)
        kinds = (CustomType.DATE, CustomType.MONEY, CustomType.NUMBER)
        day, money, number = (make_field(db, kind, group) for kind in kinds)
        db.flush()
        values = {day.key: [date(2026, 5, 1)], money.key: [Money(123450, money.currency)], number.key: [Decimal(7)]}
        set_values(db, contact, values, actor=SYSTEM)
        return [f"custom.{each.key}" for each in (day, money, number)], money.name("en"), contact.id

    custom, asked, key = keep(make)
    client = sign_in()
    columns = ["id", "birth_on", *custom, *(each for each in columns_of(client, segment) if each.startswith("added."))]

    sheet = workbook(client.post(segment, data={"file": "xlsx", "columns": columns})).active

    headings, cells = [each.value for each in sheet[1]], {sheet.cell(1, cell.column).value: cell for cell in sheet[2]}
    assert [each for each in headings if each.endswith("(EUR)")] == [
        f"{asked} (EUR)", "Given in all (EUR)", "Largest gift (EUR)",
    ]  # fmt: skip
    assert cells["Number"].value == key
    assert cells["Born on"].value == datetime(1984, 3, 9)  # noqa: DTZ001 - as the library reads days
    assert cells["Born on"].is_date
    assert (cells[f"{asked} (EUR)"].value, cells[f"{asked} (EUR)"].number_format) == (1234.5, "#,##0.00 [$EUR]")
    assert cells["Given in all (EUR)"].data_type == "n"
    assert cells["Number of gifts"].value == 1
    assert cells["First gift"].is_date


def test_the_sheet_and_its_headings_are_in_the_readers_language(sign_in, keep, segment):
    keep(make_contact)
    data = {"file": "xlsx", "columns": ["given_name", "deceased"]}

    for language, sheet, answer in (("fr", "Contacts", "Non"), ("ne", "सम्पर्क", "होइन")):
        found = workbook(sign_in(*CLERK, language=language).post(segment, data=data))
        assert found.sheetnames == [sheet]
        assert found.active["B2"].value == answer


def test_excel_gets_those_whom_the_list_was_narrowed_to(asha, keep, segment):
    keep(lambda db: [make_contact(db, family_name="Reached"), make_contact(db, family_name="Silent", email="")])

    found = workbook(asha.post(segment, data={"file": "xlsx", "columns": ["family_name"], "who": "email"}))

    assert list(found.active.values) == [("Last name",), ("Reached",)]


def test_a_sheet_that_is_full_is_followed_by_another(asha, keep, segment, monkeypatch):
    monkeypatch.setattr(export, "KEYS_AT_ONCE", 4)
    monkeypatch.setattr(export, "AT_ONCE", 2)
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 6)
    keep(lambda db: [make_contact(db, family_name=f"Rai {number:02}") for number in range(11)])

    book = workbook(asha.post(segment, data={"file": "xlsx", "columns": ["family_name"]}))

    assert book.sheetnames == ["Contacts", "Contacts 2", "Contacts 3"]
    found = [[row[0] for row in sheet.values] for sheet in book]
    assert [lines[0] for lines in found] == ["Last name"] * 3
    assert [name for lines in found for name in lines[1:]] == [f"Rai {number:02}" for number in range(11)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nothing_of_the_database_is_held_while_a_file_is_sent(kind, asha, keep, segment, monkeypatch):
    monkeypatch.setattr(export, "AT_ONCE", 2)
    keep(lambda db: [make_contact(db) for _ in range(5)])

    answer = asha.post(segment, data={"file": kind, "columns": ["family_name"]}, buffered=False)

    held = [asha.application.database.engine.pool.checkedout() for _part in answer.iter_encoded()]
    assert held
    assert set(held) == {0}


def test_another_kind_of_file_is_refused(asha, segment):
    answer = asha.post(segment, data={"file": "exe", "columns": ["id"]})

    assert answer.status_code == 422
    assert answer.mimetype == "text/html"
