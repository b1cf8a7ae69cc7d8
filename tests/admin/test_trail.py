"""The trail in the reader's words, narrowed to what is looked for, and taken along so that others can check it."""

import csv
import hashlib
import io
import json
from datetime import date

import pytest
from sqlalchemy import event, select

from app.accounts.models import StaffUser
from app.admin.queries import Wanted, audit_entries
from app.admin.trail_export import csv_lines, json_lines
from app.kernel.actors import SYSTEM, Actor, ActorKind
from app.kernel.audit import AuditEntry, act_as, note
from app.kernel.clock import now, today
from app.kernel.sealing import AuditSeal, seal_all
from app.payments.models import GatewayEvent
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import make_offline_gift
from tests.kernel.chain import write_entries

pytestmark = pytest.mark.db
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 7, frozenset(), "192.0.2.1", "request-12345")


@pytest.fixture
def gift(database):
    """A gift that Asha recorded, and changed."""
    with database.writing() as db:
        act_as(db, ASHA)
        gift = make_offline_gift(db, make_contact(db))
        db.flush()
        gift.staff_note, gift.is_anonymous = "Rang in the morning", True
        db.flush()
    return gift


@pytest.fixture
def auditor(sign_in):
    return sign_in("accounts.audit", "gifts.read", "contacts.read", "funds.read")


def test_it_speaks_in_words_of_the_reader(auditor, sign_in, gift):
    english = auditor.get("/settings/trail/?record_type=gift").text
    french = sign_in("accounts.audit", language="fr").get("/settings/trail/?record_type=gift").text

    for words in (
        "<dt>Amount</dt>",
        "€50.00",
        "<dt>Anonymous</dt>",
        "<del>No</del>",
        "<ins>Yes</ins>",
        "<dt>Donor</dt>",
    ):
        assert words in english
    assert "<dt>Method</dt><dd>Cheque</dd>" in english
    for code in ("amount_minor", "is_anonymous", "contact_id", "staff_note"):
        assert code not in english.replace("record_type=", "")
    assert "50,00" in french
    assert "Anonymous" not in french


def test_names_stand_where_keys_were_and_records_lead_to_their_pages(auditor, gift, database):
    page = auditor.get("/settings/trail/?record_type=gift").text
    with database.reading() as db:
        name = db.get_one(type(gift), gift.id).contact.name

    assert f"<ins>{name}</ins>" in page
    assert f'href="/gifts/{gift.id}"' in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True), ({"q": "asha"}, True), ({"q": "Nobody"}, False), ({"person": "7"}, True), ({"person": "8"}, False),
        ({"person": "staff"}, True), ({"person": "gateway"}, False), ({"record_type": "gift"}, True),
        ({"record_type": "receipt"}, False), ({"action": "changed"}, True), ({"action": "deleted"}, False),
        ({"request_id": "request-12345"}, True), ({"request_id": "other"}, False), ({"since": "2020-01-01"}, True),
        ({"since": "2999-01-01"}, False), ({"until": "2020-01-01"}, False), ({"q": "request-12345"}, True),
    ],
)  # fmt: skip
def test_it_is_narrowed_to_what_is_looked_for(auditor, gift, asked, found):
    page = auditor.get("/settings/trail/", query_string={"record_type": "gift", **asked}).text

    assert ("Rang in the morning" in page) is found


def test_a_period_holds_both_its_days_in_the_zone_of_the_organisation(database, gift):
    with database.reading() as db:
        day = today("Europe/Paris")
        assert audit_entries(db, Wanted(since=day, until=day)).rows


def test_a_contact_is_found_by_its_name(auditor, gift, database):
    with database.reading() as db:
        name = db.get_one(type(gift), gift.id).contact.family_name

    assert name in auditor.get("/settings/trail/", query_string={"record_type": "contact", "q": name}).text


@pytest.mark.parametrize(
    "query",
    ["since=never&until=0001-01-01", "person='&q=%00%FF", "record_id=-1&person=99999999999999", "until=9999-12-31",
     "action=%3Cscript%3E&record_type=%3Cscript%3E"],
)  # fmt: skip
def test_what_makes_no_sense_asks_for_nothing_and_harms_nothing(auditor, gift, query):
    answer = auditor.get(f"/settings/trail/?{query}")

    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_number_of_contacts_is_not_taken_for_one_of_them(auditor, gift, database):
    with database.writing() as db:
        act_as(db, ASHA)
        contact = db.get_one(type(gift), gift.id).contact
        name, key = contact.name, contact.id
        note(db, ASHA, "contacts.exported", db.get_one(type(gift), gift.id), contacts=key, columns=["id"])

    page = auditor.get("/settings/trail/?action=contacts.exported").text

    assert f"<dt>Contacts</dt><dd>{key}</dd>" in page
    assert name not in page


def test_a_spoilt_entry_is_shown_as_it_is(auditor, database):
    with database.writing() as db:
        db.add(AuditEntry(
            actor_kind="staff", actor_id=1, actor_name="A", address=None, request_id=None, action="changed",
            record_type="gift", record_id=1,
            changes={"received_on": ["soon", 7], "amount_minor": ["a", None], "status": ["odd", {}], "contact_id": "x",
                     "currency": [None, "nope"], "gone_field": [1, [2, {"a": None, "b": "c"}]]},
        ))  # fmt: skip
        db.add(AuditEntry(
            actor_kind="staff", actor_id=1, actor_name="A", address=None, request_id=None, action="of.old",
            record_type="no_more", record_id=None, changes={},
        ))  # fmt: skip
    page = auditor.get("/settings/trail/").text

    assert "soon" in page
    assert "No more" in page


def test_the_number_of_questions_does_not_grow_with_the_entries(auditor, app, database, gift):
    def questions():
        seen = []
        listen = lambda *_arguments: seen.append(1)  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listen)
        assert auditor.get("/settings/trail/").status_code == 200
        event.remove(database.engine, "before_cursor_execute", listen)
        return len(seen)

    def give(count):
        with database.writing() as db:
            act_as(db, ASHA)
            for _ in range(count):
                make_offline_gift(db, make_contact(db))

    give(4)
    before = questions()
    give(12)
    assert questions() == before <= 20


def test_a_records_page_shows_its_history_to_whoever_may_read_it(auditor, sign_in, gift):
    page = auditor.get(f"/gifts/{gift.id}").text
    part = auditor.get(f"/settings/trail/of/gift/{gift.id}", headers={"HX-Request": "true"})

    assert f'hx-get="/settings/trail/of/gift/{gift.id}"' in page
    assert "Rang in the morning" in part.text
    assert "<html" not in part.text
    assert auditor.get(f"/settings/trail/of/gift/{gift.id}").status_code == 302
    assert "/settings/trail" not in sign_in("gifts.read").get(f"/gifts/{gift.id}").text
    assert sign_in("gifts.read").get(f"/settings/trail/of/gift/{gift.id}").status_code == 403


def test_the_export_is_a_file_and_who_took_it_along_is_written_down(auditor, gift, database):
    seal_all(database)
    answer = auditor.post("/settings/trail/export", data={"format": "csv", "record_type": "gift"})

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["Content-Disposition"] == "attachment; filename=audit-trail.csv"
    assert {row["record_type"] for row in rows} == {"gift"}
    assert {row["seal_number"] for row in rows} == {"1"}
    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "audit.exported")).one()
    assert entry.changes == {"kind": "csv", "record_type": "gift"}


def test_a_format_that_there_is_not_is_csv_and_nothing_of_it_is_written_down(auditor, gift, database):
    answer = auditor.post("/settings/trail/export", data={"format": "x" * 5_000})

    assert answer.mimetype == "text/csv"
    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "audit.exported")).one()
    assert entry.changes["kind"] == "csv"


def test_an_exported_entry_can_be_checked_outside(database, gift):
    seal_all(database)
    write_entries(database, 1)
    told = [json.loads(line) for line in json_lines(database, Wanted())]
    with database.reading() as db:
        seal = db.scalars(select(AuditSeal)).one()

    for entry in told[:-1]:
        sealed = {name: value for name, value in entry.items() if name not in {"sha256", "seal_number", "seal"}}
        by_hand = hashlib.sha256(json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        assert by_hand == entry["sha256"]
        assert bytes.fromhex(by_hand) in seal.marks
        assert (entry["seal_number"], entry["seal"]) == (1, seal.seal)
    assert (told[-1]["seal_number"], told[-1]["seal"]) == (None, None)


def test_a_long_trail_is_exported_in_pieces_and_whole(database, monkeypatch):
    monkeypatch.setattr("app.admin.trail_export.CHUNK", 7)
    monkeypatch.setattr("app.kernel.sealing.BATCH", 5)
    write_entries(database, 40)
    seal_all(database)

    told = [json.loads(line) for line in json_lines(database, Wanted())]
    assert [entry["id"] for entry in told] == list(range(1, 41))
    assert [entry["seal_number"] for entry in told] == [1 + number // 5 for number in range(40)]


def test_no_cell_of_the_export_is_a_formula(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        evil = Actor(ActorKind.STAFF, "=cmd|' /C calc'!A0", 1, frozenset())
        note(db, evil, "fund.recorded", make_fund(db))
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(database, Wanted())))))

    assert "'=cmd|' /C calc'!A0" in {row["actor_name"] for row in rows}


def test_nobody_exports_without_the_right(sign_in, gift):
    assert sign_in("gifts.read").post("/settings/trail/export").status_code == 403


def test_who_reads_the_text_of_a_message_is_written_down(sign_in, database):
    with database.writing() as db:
        message = GatewayEvent(
            reference="evt_1", kind="charge.succeeded", object_reference="ch_1", is_test=True, api_version="2026",
            happened_at=now(), payload={"name": "Jeanne Moreau"},
        )  # fmt: skip
        db.add(message)
    reader = sign_in("payments.read")

    assert "Jeanne Moreau" not in reader.get(f"/gateway-events/{message.id}").text
    assert "Jeanne Moreau" in reader.post(f"/gateway-events/{message.id}/text").text
    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "gateway_event.read")).one()
        assert entry.actor_id in set(db.scalars(select(StaffUser.id)))


def test_days_far_away_are_no_days(database):
    with database.reading() as db:
        assert audit_entries(db, Wanted(until=date(9998, 12, 31))).rows == []
