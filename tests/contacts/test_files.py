"""Attached files: what is taken, how it is kept and handed out, and who finds it."""

import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.contacts.forgetting import FORGETS
from app.contacts.models.file import ContactFile
from app.contacts.rules.files import EXTENSIONS, LONGEST_NAME, WORD, kept_name, recognise
from app.contacts.services.files import attach_file, prepare
from app.kernel import files
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.files import FileChunk, StoredFile
from app.kernel.retention import forget
from tests.factories.contacts import make_contact
from tests.factories.files import PDF, a_picture, attach

pytestmark = pytest.mark.db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def office(*parts, mimetype=""):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in [*parts, "mimetype"] if mimetype else parts:
            archive.writestr(part, mimetype if part == "mimetype" else "<x/>")
    return out.getvalue()


def bomb(side=30_000):
    """A PNG of some kilobytes that says it has 900 million pixels."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = side.to_bytes(4, "big") * 2 + b"\x01\x00\x00\x00\x00"
    lines = zlib.compress(bytes((side // 8 + 1) * 200), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def damaged(method):
    """An office document whose type cannot be unpacked."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text" * 9)
    content = bytearray(out.getvalue())
    content[38 + 10 : 38 + 25] = b"\xff" * 15  # the name of the part ends at 38
    return bytes(content)


LETTER = ("[Content_Types].xml", "word/document.xml")
DOCX = office(*LETTER)
TAKEN = {
    "letter.pdf": (PDF, "application/pdf"),
    "photo.png": (a_picture(), "image/png"),
    "photo.jpg": (a_picture("JPEG"), "image/jpeg"),
    "photo.webp": (a_picture("WEBP"), "image/webp"),
    "photo.gif": (a_picture("GIF"), "image/gif"),
    "letter.docx": (DOCX, WORD),
    "list.ods": (office(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
                 "application/vnd.oasis.opendocument.spreadsheet"),
    "list.csv": ("Prénom;Nom\nMaya;Lefèvre\n".encode("cp1252"), "text/csv"),
    "read me.txt": ("नमस्ते\n".encode(), "text/plain"),
}  # fmt: skip
REFUSED = {
    "a script in a picture": ("logo.svg", SVG),
    "a page called a picture": ("photo.png", HTML),
    "a page": ("page.html", HTML),
    "nothing": ("empty.pdf", b""),
    "a program": ("setup.exe", b"MZ" + bytes(200)),
    "a text with NUL": ("notes.txt", b"one\x00two"),
    "an archive": ("all.zip", office("a.txt")),
    "a damaged document": ("letter.docx", DOCX[:-30]),
    "macros": ("letter.docx", office(*LETTER, "word/vbaProject.bin")),
    "macros in capitals": ("letter.docx", office(*LETTER, "word/VBAPROJECT.BIN")),
    "macros behind a crowd": ("letter.docx", office(*LETTER, *map(str, range(10_001)), "word/vbaProject.bin")),
    "a damaged part": ("letter.odt", damaged(zipfile.ZIP_DEFLATED)),
    "a part damaged otherwise": ("letter.odt", damaged(zipfile.ZIP_LZMA)),
    "half a picture": ("photo.png", a_picture()[:60]),
    "a bomb of pixels": ("photo.png", bomb()),
    "a little bomb": ("photo.png", bomb(8_000)),
}


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


def words(answer):
    return answer.get_data(as_text=True)


def send(client, contact_id, name="letter.pdf", content=PDF, visibility="everybody"):
    file = FileStorage(BytesIO(content), filename=name)
    boundary, body = encode_multipart({"file": file, "visibility": visibility})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"/contacts/{contact_id}/files", data=body, content_type=kind)


def the_file(database):
    with database.reading() as db:
        return db.scalars(select(ContactFile)).one()


def count(database, model):
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_is_what_is_in_it(name):
    content, media_type = TAKEN[name]
    assert recognise(name, content) == media_type


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_taken_is_refused_and_leaves_nothing(author, database, maya, what):
    answer = send(author, maya, *REFUSED[what])

    assert answer.status_code == 422
    assert count(database, ContactFile) == count(database, StoredFile) == 0


def test_no_file_at_all_is_refused(author, maya):
    assert author.post(f"/contacts/{maya}/files", data={"visibility": "everybody"}).status_code == 422


def test_a_file_may_have_ten_megabytes_and_no_more(author, database, maya):
    large = PDF + bytes(10_000_000 - len(PDF))
    assert send(author, maya, content=large).status_code == 303
    assert author.get(f"/files/{the_file(database).id}").data == large

    assert send(author, maya, content=large + b"1").status_code == 422
    assert send(author, maya, content=PDF + bytes(30_000_000)).status_code == 413
    assert count(database, ContactFile) == 1


def test_a_file_is_handed_out_to_be_saved_and_nothing_of_it_runs(author, database, maya):
    send(author, maya, "Reçu … 2026 😀.txt", b"<script>alert(1)</script>")
    answer = author.get(f"/files/{the_file(database).id}")

    assert answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_picture_is_drawn_anew_without_the_place_it_was_taken(author, database, maya):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif.get_ifd(0x8825)[2] = (27.0, 42.0, 0.0)
    exif[0x010E] = "The house of Maya"
    send(author, maya, "IMG.JPG", a_picture("JPEG", (60, 30), exif=exif, comment=b"Maya lives here"))
    file = the_file(database)
    kept = author.get(f"/files/{file.id}").data
    small = author.get(f"/files/{file.id}/thumbnail")

    with Image.open(BytesIO(kept)) as picture:
        assert picture.size == (30, 60)
        assert not picture.getexif()
    assert b"Maya" not in kept
    assert file.name == "IMG.jpg"
    assert small.headers["Content-Type"] == "image/webp"
    assert author.get(f"/files/{file.id + 1}/thumbnail").status_code == 404


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\Maya\\letter.pdf", "letter.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("photo.png", "photo.pdf"),
        ("😀.pdf", "😀.pdf"),
        ("", "file.pdf"),
        (".pdf", "file.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "a Set-Cookie_ b.pdf"),
        ("\x00", "file.pdf"),
    ],
)
def test_a_name_is_made_harmless(name, kept):
    assert kept_name(name, "application/pdf") == kept


def test_a_name_of_five_hundred_signs_is_cut_and_keeps_its_ending():
    name = kept_name("x" * 500 + ".pdf", "application/pdf")
    assert len(name) == LONGEST_NAME
    assert name.endswith(".pdf")


@given(name=st.text(max_size=300), media_type=st.sampled_from(sorted(EXTENSIONS)))
def test_any_name_becomes_one_line_with_an_ending_of_its_type(name, media_type):
    kept = kept_name(name, media_type)
    assert len(kept) <= LONGEST_NAME
    assert kept.rpartition(".")[2] in EXTENSIONS[media_type]
    assert kept.isprintable() or not name.isprintable() or "\u200c" in name or "\u200d" in name
    assert not set(kept) & set('/\\<>:"|?*\r\n\x00')
    assert kept_name(kept, media_type) == kept


@settings(deadline=None)
@given(
    content=st.binary(max_size=200),
    start=st.sampled_from([b"", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"GIF89a"]),
)
def test_any_bytes_are_taken_or_refused(content, start):
    with suppress(Refused):
        assert prepare("file.csv", start + content).media_type in EXTENSIONS


@pytest.mark.parametrize("visibility", ["restricted", "author"])
def test_a_file_is_found_by_those_it_is_for_and_by_nobody_else(author, colleague, database, maya, visibility):
    send(author, maya, "Diagnosis.pdf", visibility=visibility)
    key = the_file(database).id

    assert "Diagnosis" in words(author.get(f"/contacts/{maya}/files"))
    assert "Diagnosis" not in words(colleague.get(f"/contacts/{maya}/files"))
    for address in (f"/files/{key}", f"/files/{key}/thumbnail"):
        assert colleague.get(address).status_code == 404
    for deed in ("delete", "restore"):
        assert colleague.post(f"/files/{key}/{deed}").status_code == 404
    assert "Diagnosis" not in words(colleague.get("/settings/trail/?record_type=contact_file"))
    with database.reading() as db:
        entries = db.scalars(select(AuditEntry).where(AuditEntry.record_type == "contact_file")).all()
    assert entries
    assert "Diagnosis" not in str([entry.changes for entry in entries])


def test_a_deleted_file_is_brought_back_with_one_click(author, colleague, database, maya):
    send(author, maya)
    key = the_file(database).id
    assert colleague.post(f"/files/{key}/delete").status_code == 409

    shown = words(author.post(f"/files/{key}/delete", follow_redirects=True))
    assert f'action="/files/{key}/restore"' in shown
    assert author.get(f"/files/{key}").status_code == 404
    author.post(f"/files/{key}/restore")
    assert author.get(f"/files/{key}").data == PDF


def test_whoever_only_reads_downloads_and_attaches_nothing(sign_in, author, database, maya):
    send(author, maya)
    reader = sign_in("contacts.read")

    assert 'type="file"' not in words(reader.get(f"/contacts/{maya}/files"))
    assert reader.get(f"/files/{the_file(database).id}").status_code == 200
    assert send(reader, maya).status_code == 403


def test_the_same_bytes_are_stored_once_even_by_two_at_once(database, maya):
    content = PDF + bytes(700_000)

    def keep(_number):
        with database.writing() as db:
            act_as(db, SYSTEM)
            return files.put(db, content)

    with ThreadPoolExecutor(3) as pool:
        keys = set(pool.map(keep, range(3)))

    assert len(keys) == count(database, StoredFile) == 1
    assert count(database, FileChunk) == 3
    with database.reading() as db:
        assert files.read(db, keys.pop()) == content
        with pytest.raises(LookupError):
            files.read(db, 999)


def test_nothing_at_all_is_not_stored(db):
    with pytest.raises(ValueError, match="without a byte"):
        files.put(db, b"")


def test_what_was_deleted_a_month_ago_is_forgotten_with_its_bytes_unless_another_file_has_them(database, maya):
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = make_contact(db, email="")
        gone, kept = attach(db, contact, "a.png"), attach(db, contact, "b.pdf", PDF)
        twin = attach_file(db, contact, prepare("c.pdf", PDF), actor=SYSTEM)
        for each in (gone, twin):
            each.archived_at = now() - timedelta(days=31)
        db.flush()
        db.execute(update(StoredFile).values(used_at=now() - timedelta(days=31)))

    forgotten = {what.name: forget(database, what) for what in FORGETS}

    assert forgotten == {"deleted_notes": 0, "deleted_files": 2, "unused_bytes": 2}
    with database.reading() as db:
        assert files.read(db, kept.stored_file_id) == PDF
    assert count(database, FileChunk) == 1


def test_bytes_that_were_just_sent_in_are_not_forgotten(database, maya):
    with database.writing() as db:
        act_as(db, SYSTEM)
        files.put(db, PDF)

    assert forget(database, FORGETS[-1]) == 0
