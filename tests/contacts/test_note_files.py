"""Files that belong to a note: kept with it, seen by nobody who may not read it, gone and back with it."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from app.contacts.forgetting import FORGETS
from app.contacts.models import ContactNote
from app.contacts.models.file import ContactFile
from app.contacts.models.visibility import Visibility
from app.contacts.services.files import MOST_AT_ONCE, MOST_OF_A_NOTE, attach_to_note, prepare
from app.contacts.services.notes import add_note
from app.kernel.actors import SYSTEM, Actor, ActorKind
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.files import StoredFile
from app.kernel.retention import forget
from tests.factories.contacts import make_contact
from tests.factories.files import PDF, a_picture, attach

pytestmark = pytest.mark.db
SECRET = "Diagnosis"


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
def others(colleague, director):
    return {"colleague": colleague, "director": director}


def words(answer):
    return answer.get_data(as_text=True)


def send(client, address, *files, visibility="everybody", text="She told us.", **more):
    told = MultiDict({"text": text, "visibility": visibility, **more})
    for name, content in files:
        told.add("files", FileStorage(BytesIO(content), filename=name))
    boundary, body = encode_multipart(told)
    return client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def write(client, contact_id, *files, **told):
    answer = send(client, f"/contacts/{contact_id}/notes", *files, **told)
    assert answer.status_code == 303


def kept(database, model=ContactFile):
    with database.reading() as db:
        return db.scalars(select(model).order_by(model.id)).all()


def test_a_note_is_written_with_its_files_and_shows_them_once(author, database, maya):
    write(author, maya, ("letter.pdf", PDF), ("house.png", a_picture()))
    (note,), (letter, picture) = kept(database, ContactNote), kept(database)

    assert {letter.note_id, picture.note_id} == {note.id}
    assert letter.contact_id == note.contact_id == maya
    page = words(author.get(f"/contacts/{maya}"))
    assert page.count("letter.pdf") == page.count("house.png") == 1
    assert f'src="/files/{picture.id}/thumbnail"' in page
    assert "File attached by" not in page
    assert author.get(f"/files/{letter.id}").data == PDF
    for address in (f"/contacts/{maya}/files", f"/notes/{note.id}"):
        assert "letter.pdf" in words(author.get(address))


def test_pinned_notes_show_their_files_too(author, database, maya):
    write(author, maya, ("letter.pdf", PDF))
    author.post(f"/notes/{kept(database, ContactNote)[0].id}/pin")

    for address in (f"/contacts/{maya}", f"/contacts/{maya}?timeline=all"):
        assert words(author.get(address)).count("letter.pdf") == 1


def test_files_come_to_a_note_later_and_what_was_typed_wrongly_keeps_nothing(author, colleague, database, maya):
    write(author, maya)
    (note,) = kept(database, ContactNote)
    address, version = f"/notes/{note.id}", str(note.version)

    assert send(author, address, ("a.svg", b"<svg/>"), version=version, text="Other").status_code == 422
    assert send(author, address, ("a.pdf", PDF), version="0", text="Other").status_code == 409
    assert send(author, address, ("a.pdf", PDF), version=version, text="").status_code == 422
    assert send(colleague, address, ("a.pdf", PDF), version=version).status_code == 422
    assert kept(database) == kept(database, StoredFile) == []
    assert kept(database, ContactNote)[0].text == "She told us."

    assert send(author, address, ("a.pdf", PDF), version=version).status_code == 303
    assert [file.name for file in kept(database)] == ["a.pdf"]


def test_whoever_has_to_choose_again_is_told_why_and_keeps_the_words(author, database, maya):
    page = send(author, f"/contacts/{maya}/notes", ("good.pdf", PDF), ("logo.svg", b"<svg/>"), text="Long words")

    assert page.status_code == 422
    assert "logo.svg: Files of this kind are not taken" in words(page)
    assert "Long words" in words(page)
    assert "Choose the files again" in words(page)
    assert kept(database, ContactNote) == kept(database) == []


@pytest.mark.parametrize(
    "files",
    [
        [("a.pdf", PDF)] * (MOST_AT_ONCE + 1),
        [("a.pdf", PDF + bytes(5_000_000)), ("b.pdf", PDF + bytes(5_000_000))],
        [("a.pdf", b"")],
    ],
)
def test_too_many_too_large_and_empty_ones_are_refused(author, database, maya, files):
    assert send(author, f"/contacts/{maya}/notes", *files).status_code == 422
    assert kept(database, ContactNote) == kept(database) == []


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [("everybody", {"colleague", "director"}), ("restricted", {"director"}), ("author", set())],
)
def test_a_file_of_a_note_is_seen_by_nobody_who_may_not_see_the_note(
    author, others, database, visibility, readers
):  # fmt: skip
    with database.writing() as db:
        act_as(db, SYSTEM)
        maya = make_contact(db).id
    write(author, maya, (f"{SECRET}.png", a_picture()), visibility=visibility)
    with database.writing() as db:  # whatever the file says of itself
        db.execute(update(ContactFile).values(visibility=Visibility.EVERYBODY))
    (file,) = kept(database)

    for name, client in others.items():
        for address in (f"/contacts/{maya}", f"/contacts/{maya}?timeline=all", f"/contacts/{maya}/files"):
            assert (SECRET in words(client.get(address))) == (name in readers)
        for address in (f"/files/{file.id}", f"/files/{file.id}/thumbnail"):
            assert (client.get(address).status_code == 200) == (name in readers)
        if name not in readers:
            assert client.post(f"/files/{file.id}/delete").status_code == 404
            assert client.post(f"/files/{file.id}/restore").status_code == 404
    assert SECRET in words(author.get(f"/contacts/{maya}/files"))
    with database.reading() as db:
        assert SECRET not in str([each.changes for each in db.scalars(select(AuditEntry))])


def test_a_file_that_is_for_fewer_than_its_note_stays_so(colleague, author, database, maya):
    write(author, maya, (f"{SECRET}.pdf", PDF))
    with database.writing() as db:
        db.execute(update(ContactFile).values(visibility=Visibility.AUTHOR))

    assert "She told us." in words(colleague.get(f"/contacts/{maya}"))
    assert SECRET not in words(colleague.get(f"/contacts/{maya}"))
    assert colleague.get(f"/files/{kept(database)[0].id}").status_code == 404


def test_when_a_note_gets_other_readers_its_files_do(author, colleague, database, maya):
    write(author, maya, (f"{SECRET}.pdf", PDF))
    (note,) = kept(database, ContactNote)
    address = f"/notes/{note.id}"

    assert send(author, address, version=str(note.version), visibility="restricted").status_code == 303
    assert kept(database)[0].visibility is Visibility.RESTRICTED
    assert SECRET not in words(colleague.get(f"/contacts/{maya}/files"))
    (note,) = kept(database, ContactNote)
    assert send(author, address, version=str(note.version)).status_code == 303
    assert SECRET in words(colleague.get(f"/contacts/{maya}/files"))


def test_a_note_takes_its_files_along_and_brings_them_back_but_for_those_that_had_gone_before(author, database, maya):
    write(author, maya, ("stays.pdf", PDF), ("gone.png", a_picture()))
    (note,), (stays, gone) = kept(database, ContactNote), kept(database)
    back = author.post(f"/files/{gone.id}/delete")
    assert back.headers["Location"].endswith(f"/notes/{note.id}")

    author.post(f"/notes/{note.id}/delete")
    assert all(file.archived_at is not None for file in kept(database))
    assert author.get(f"/files/{stays.id}").status_code == 404
    assert author.post(f"/files/{stays.id}/restore").status_code == 404
    assert "stays.pdf" not in words(author.get(f"/contacts/{maya}/files"))

    author.post(f"/notes/{note.id}/restore")
    assert author.get(f"/files/{stays.id}").data == PDF
    assert author.get(f"/files/{gone.id}").status_code == 404
    author.post(f"/files/{gone.id}/restore")
    assert author.get(f"/files/{gone.id}").status_code == 200


def test_a_note_is_forgotten_once_its_files_are(database, maya):
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = make_contact(db)
        note = add_note(db, contact, "Well", actor=SYSTEM)
        attach_to_note(db, note, [prepare("a.pdf", PDF)], actor=SYSTEM)
        db.flush()
        long_ago = now() - timedelta(days=31)
        note.archived_at = long_ago
        key = note.id
    by_name = {what.name: what for what in FORGETS}

    assert forget(database, by_name["deleted_notes"]) == 0
    with database.writing() as db:
        db.execute(update(ContactFile).where(ContactFile.note_id == key).values(archived_at=long_ago))
    assert {name: forget(database, what) for name, what in by_name.items()} == {
        "deleted_files": 1, "deleted_notes": 1, "unused_bytes": 0,
    }  # fmt: skip


def test_a_note_has_a_bounded_number_of_files_and_is_nobody_elses_to_fill(db, maya):
    note = add_note(db, make_contact(db), "Well", actor=SYSTEM)
    one = prepare("a.pdf", PDF)
    attach_to_note(db, note, [one] * MOST_OF_A_NOTE, actor=SYSTEM)

    with pytest.raises(Refused, match="20 files"):
        attach_to_note(db, note, [one], actor=SYSTEM)
    with pytest.raises(Refused, match="Only whoever wrote"):
        attach_to_note(db, note, [one], actor=Actor(ActorKind.STAFF, id=7, name="Ram"))


def test_the_database_refuses_a_file_with_a_note_about_somebody_else(database, maya):
    with database.writing() as db:
        act_as(db, SYSTEM)
        other = make_contact(db)
        note, file = add_note(db, other, "Well", actor=SYSTEM), attach(db, other)
        db.flush()
        stored, key = file.stored_file_id, note.id
    row = {"name": "a.png", "media_type": "image/png", "size": 1, "author_name": "Asha", "version": 1}
    row |= {"visibility": Visibility.EVERYBODY, "created_at": now(), "stored_file_id": stored, "note_id": key}

    for contact_id, note_id in ((maya, key), (maya, key + 1)):
        deed = insert(ContactFile).values({**row, "contact_id": contact_id, "note_id": note_id})
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(deed)


def test_attached_files_stand_on_the_timeline_once_for_those_they_are_for(author, colleague, database, maya):
    write(author, maya, ("with-the-note.pdf", PDF))
    for name, visibility in (("plain.pdf", "everybody"), (f"{SECRET}.pdf", "author")):
        send_file = {"file": (BytesIO(PDF), name), "visibility": visibility}
        assert author.post(f"/contacts/{maya}/files", data=send_file).status_code == 303

    mine, theirs = words(author.get(f"/contacts/{maya}")), words(colleague.get(f"/contacts/{maya}"))
    for name in ("with-the-note.pdf", "plain.pdf"):
        assert mine.count(f">{name}<") == theirs.count(f">{name}<") == 1
    assert mine.count("File attached by") == 2
    assert (SECRET in mine, SECRET in theirs) == (True, False)
    author.post(f"/files/{kept(database)[1].id}/delete")
    assert ">plain.pdf<" not in words(author.get(f"/contacts/{maya}"))
