"""What a file that somebody sends in is, by what is in it; what it is called; what is taken and what is not.

Neither the name nor the type that a browser tells is believed (OWASP ASVS 5.0, V5.2). Office documents are taken in
their present formats, which show whether they carry programs; those are refused.
"""

import lzma
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

import filetype

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.text import one_line

LONGEST_NAME = 120
"""Characters of a name, with its extension."""
MOST_PARTS = 10_000
"""Parts of an office document: all of them are looked at, so none of a program can stand behind the last."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODF = "application/vnd.oasis.opendocument."
PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    WORD: ("docx",),
    SHEET: ("xlsx",),
    SLIDES: ("pptx",),
    f"{ODF}text": ("odt",),
    f"{ODF}spreadsheet": ("ods",),
    f"{ODF}presentation": ("odp",),
    "text/plain": ("txt",),
    "text/csv": ("csv",),
}
"""Every type that is taken, with the extensions that belong to it, the usual one first."""
TEXTS = {"txt": "text/plain", "csv": "text/csv"}
OFFICE = {"word/document.xml": WORD, "xl/workbook.xml": SHEET, "ppt/presentation.xml": SLIDES}
NOT_TAKEN = _l(
    "Files of this kind are not taken. Send a PDF, a picture (PNG, JPEG, WebP, GIF), a document of an office program "
    "(such as .docx, .xlsx, .odt), a .txt or a .csv, with the right ending in its name."
)
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, KeyError, EOFError, OSError, RuntimeError,
    NotImplementedError,
)  # fmt: skip
_CONTROLS = bytes(sign for sign in range(32) if sign not in b"\t\n\r\f\x1a")
_UNWELCOME = str.maketrans(dict.fromkeys('<>:"|?*', "_"))


def recognise(name: str, content: bytes) -> str:
    """The media type of a file.

    Raises:
        Refused: it is empty, of a kind that is not taken, not what its name says, or has programs in it.

    """
    if not content:
        raise Refused(_l("This file is empty."), field="file")
    guessed = filetype.guess(content)
    media_type = guessed.mime if guessed is not None else ""
    if media_type == "application/pdf" or media_type in PICTURES:
        return str(media_type)
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    written = TEXTS.get(_ending(name))
    if guessed is None and written is not None and content.translate(None, _CONTROLS) == content:
        return written
    raise Refused(NOT_TAKEN, field="file")


def kept_name(name: str, media_type: str) -> str:
    """What a file is called here: one clean line without folders, with an extension that belongs to its type."""
    bare = one_line(name.replace("\\", "/").rpartition("/")[2]).translate(_UNWELCOME).strip()
    endings = EXTENSIONS[media_type]
    ending = _ending(bare)
    known = {each for all_of_one in EXTENSIONS.values() for each in all_of_one}
    stem = bare[: -len(ending) - 1] if ending in known else bare
    ending = ending if ending in endings else endings[0]
    stem = stem[: LONGEST_NAME - len(ending) - 1].strip(" .") or "file"
    return f"{stem}.{ending}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].casefold() if "." in name else ""


def _is_program(part: str) -> bool:
    """Whether a part holds macros, or a program. Office programs find parts whatever their capitals (ECMA-376-2)."""
    return part.endswith("vbaproject.bin") or part.startswith(("basic/", "scripts/"))


def _office(content: bytes) -> str:
    """Which office program's document a ZIP archive is; only its list of parts is read, and one short part."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = set(archive.namelist())
            written = archive.open("mimetype").read(100).decode("ascii") if "mimetype" in parts else ""
    except _DAMAGED as bad:
        raise Refused(_l("This file is damaged, or locked with a password."), field="file") from bad
    if len(parts) > MOST_PARTS:
        raise Refused(NOT_TAKEN, field="file")
    if any(_is_program(part.casefold()) for part in parts):
        raise Refused(_l("This document has macros in it. Save it without them and send it again."), field="file")
    if "[Content_Types].xml" in parts:
        found = next((kind for part, kind in OFFICE.items() if part in parts), "")
    else:
        found = written if written in EXTENSIONS else ""
    if not found:
        raise Refused(NOT_TAKEN, field="file")
    return found
