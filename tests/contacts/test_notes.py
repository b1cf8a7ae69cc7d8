"""Notes: who reads them, who changes them, and that nothing else tells what they say."""

import pytest
from sqlalchemy import select

from app.contacts.models import ContactNote
from app.contacts.models.visibility import Visibility
from app.contacts.services.notes import add_note
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db
SECRET = "Speaks of an illness"


@pytest.fixture
def maya(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_contact(db).id


@pytest.fixture
def author(sign_in):
    return sign_in("contacts.read", "contacts.edit")


@pytest.fixture
def colleague(sign_in):
    return sign_in("contacts.read", "contacts.edit", "accounts.audit")


@pytest.fixture
def director(sign_in):
    return sign_in("contacts.read", "contacts.edit", "contacts.restricted")


@pytest.fixture
def team(author, colleague, director):
    return {"author": author, "colleague": colleague, "director": director}


def words(answer):
    return answer.get_data(as_text=True)


def write(client, contact_id, visibility="everybody", text=SECRET):
    data = {"text": text, "visibility": visibility}
    assert client.post(f"/contacts/{contact_id}/notes", data=data).status_code == 303


def the_note(database):
    with database.reading() as db:
        return db.scalars(select(ContactNote)).one()


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        ("everybody", {"author", "colleague", "director"}),
        ("restricted", {"author", "director"}),
        ("author", {"author"}),
    ],
)
def test_a_note_is_read_by_those_it_is_for_and_found_by_nobody_else(team, database, maya, visibility, readers):
    write(team["author"], maya, visibility)
    note = the_note(database)

    for name, client in team.items():
        for address in (f"/contacts/{maya}", f"/contacts/{maya}?timeline=all"):
            assert (SECRET in words(client.get(address))) == (name in readers)
        assert (client.get(f"/notes/{note.id}").status_code == 200) == (name in readers)
        if name not in readers:
            for deed in ("pin", "unpin", "delete", "restore"):
                assert client.post(f"/notes/{note.id}/{deed}").status_code == 404


def test_no_entry_of_the_trail_and_no_export_tells_what_a_note_says(author, colleague, database, maya):
    write(author, maya, "restricted")
    note = the_note(database)
    told = {"text": f"{SECRET} and more", "visibility": "author", "version": str(note.version)}
    assert author.post(f"/notes/{note.id}", data=told).status_code == 303
    author.post(f"/notes/{note.id}/delete")

    with database.reading() as db:
        entries = db.scalars(select(AuditEntry).where(AuditEntry.record_type == "contact_note")).all()
    assert {"note.written", "note.edited", "note.deleted"} <= {entry.action for entry in entries}
    assert all(SECRET not in str(entry.changes) for entry in entries)
    pages = [
        colleague.get("/settings/trail/?record_type=contact_note"),
        colleague.get(f"/settings/trail/of/contact_note/{note.id}", headers={"HX-Request": "true"}),
        colleague.post("/settings/trail/export", data={"format": "jsonl", "record_type": "contact_note"}),
        colleague.get("/contacts/?q=illness"),
        colleague.get("/search?q=illness"),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "Speaks of" not in words(page)


def test_only_the_author_changes_a_note_and_whoever_saw_an_older_version_is_told(author, colleague, database, maya):
    write(author, maya)
    note = the_note(database)
    address, told = f"/notes/{note.id}", {"text": "Called", "visibility": "everybody", "version": "1"}

    assert "<textarea" not in words(colleague.get(address))
    assert colleague.post(address, data=told).status_code == 422
    assert author.post(address, data=told).status_code == 303
    late = author.post(address, data={**told, "text": "Mine"})
    assert late.status_code == 409
    assert "Mine" in words(late)
    assert the_note(database).text == "Called"
    assert "edited" in words(author.get(f"/contacts/{maya}"))


def test_a_pinned_note_stands_above_what_happened_since(author, database, maya):
    write(author, maya)
    note = the_note(database)
    for number in range(35):
        write(author, maya, text=f"Call number {number}")
    assert SECRET not in words(author.get(f"/contacts/{maya}"))

    author.post(f"/notes/{note.id}/pin")
    shown = words(author.get(f"/contacts/{maya}"))
    assert shown.index(SECRET) < shown.index("Call number 34")
    author.post(f"/notes/{note.id}/unpin")
    assert SECRET not in words(author.get(f"/contacts/{maya}"))


def test_a_deleted_note_is_brought_back_with_one_click(author, colleague, database, maya):
    write(author, maya)
    note = the_note(database)

    assert colleague.post(f"/notes/{note.id}/delete").status_code == 409
    shown = words(author.post(f"/notes/{note.id}/delete", follow_redirects=True))
    assert SECRET not in shown
    assert f'action="/notes/{note.id}/restore"' in shown
    assert author.get(f"/notes/{note.id}").status_code == 404
    author.post(f"/notes/{note.id}/restore")
    assert SECRET in words(author.get(f"/contacts/{maya}"))


def test_whoever_reads_what_is_restricted_deletes_what_others_left(author, director, database, maya):
    write(author, maya, "restricted")
    assert director.post(f"/notes/{the_note(database).id}/delete").status_code == 303
    assert the_note(database).archived_at is not None


@pytest.mark.parametrize(
    "data",
    [
        {"text": ""},
        {"text": "\x00\u202e"},
        {"text": "x" * 5001},
        {"text": "Well", "visibility": "everyone"},
    ],
)
def test_what_is_no_note_is_refused(author, database, maya, data):
    assert author.post(f"/contacts/{maya}/notes", data={"visibility": "everybody", **data}).status_code == 422
    with database.reading() as db:
        assert db.scalars(select(ContactNote)).all() == []


def test_the_product_itself_has_no_notes_of_its_own(db):
    with pytest.raises(Refused):
        add_note(db, make_contact(db), "Well", visibility=Visibility.AUTHOR, actor=SYSTEM)


def test_whoever_only_reads_writes_no_notes(sign_in, maya):
    assert sign_in("contacts.read").post(f"/contacts/{maya}/notes", data={"text": "Well"}).status_code == 403
