"""Files of a contact as their page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from app.contacts.models.file import ContactFile
from app.contacts.models.visibility import Visibility
from app.contacts.services.files import may_delete
from app.contacts.wording.visibility import MARKED
from app.kernel.i18n import format_number
from app.web.auth import current_actor
from app.web.feature import Attached

KILO = 1000


@dataclass(frozen=True)
class Line:
    """One file: its size in words, the mark of who may read it ("" for everybody), whether the reader may delete it."""

    file: ContactFile
    size: str
    mark: str
    may_delete: bool


def lines_of(files: Sequence[ContactFile]) -> list[Line]:
    """The files with what the page says of each."""
    actor = current_actor()
    return [
        Line(
            file, in_words(file.size), "" if file.visibility is Visibility.EVERYBODY else str(MARKED[file.visibility]),
            may_delete(file, actor),
        )
        for file in files
    ]  # fmt: skip


def attached(file: ContactFile) -> Attached:
    """A file beneath what it belongs to."""
    picture = url_for("files.thumbnail", file_id=file.id) if file.thumbnail_id is not None else ""
    return Attached(file.name, in_words(file.size), url_for("files.download", file_id=file.id), picture)


def in_words(size: int) -> str:
    """Bytes as people read them: 512 B, 34 kB, 2 MB (powers of ten, IEC 80000-13)."""
    if size < KILO:
        return f"{size} B"
    if size < KILO * KILO:
        return f"{format_number(round(size / KILO))} kB"
    return f"{format_number(round(size / KILO / KILO, 1))} MB"
