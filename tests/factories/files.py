"""Attached files as they come, for tests."""

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from app.contacts.models.contact import Contact
from app.contacts.models.file import ContactFile
from app.contacts.services.files import attach_file, prepare
from app.kernel.actors import SYSTEM

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


def a_picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **saved: Any) -> bytes:
    """A picture of one colour."""
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(out, kind, **saved)
    return out.getvalue()


def attach(
    db: Session, contact: Contact, name: str = "photo.png", content: bytes | None = None, **parts: Any
) -> ContactFile:
    """A file of a contact: a small picture, unless `content` says what."""
    details = prepare(name, content if content is not None else a_picture(), **parts)
    file = attach_file(db, contact, details, actor=SYSTEM)
    db.flush()
    return file
