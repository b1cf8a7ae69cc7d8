"""Files that people send in, kept by what is in them: the same bytes are stored once, whatever they are called.

The bytes lie in the database, in pieces: they are written with what refers to them or not at all, and every backup has
them (docs/adr/0016-files-in-the-database.md). Whoever uses this module knows ids alone, so that the bytes may move.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.clock import now
from app.kernel.db import Key, Record
from app.kernel.inserting import insert_unless_there

PIECE = 256 * 1024
"""Bytes of a piece: small enough that reading some at once fills no memory."""


class StoredFile(Record):
    """The bytes of a file, known by their SHA-256 in hexadecimal; `size` in bytes. `used_at`: when last sent in.

    Whoever refers to it has a foreign key; one that nobody refers to is forgotten by a rule of whoever stores files.
    """

    __tablename__ = "stored_file"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_is_whole"),
        CheckConstraint("size > 0", name="size_is_positive"),
    )

    sha256: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int]
    used_at: Mapped[datetime] = mapped_column(default_factory=now)


class FileChunk(Record):
    """A piece of a stored file, by its place from 0."""

    __tablename__ = "file_chunk"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        UniqueConstraint("stored_file_id", "place"),
        CheckConstraint("place >= 0", name="place_not_negative"),
    )

    stored_file_id: Mapped[int] = mapped_column(Key, ForeignKey("stored_file.id", ondelete="CASCADE"))
    place: Mapped[int]
    content: Mapped[bytes]


def put(db: Session, content: bytes) -> int:
    """Store these bytes, if they are not stored yet; the id of the stored file.

    Two who send in the same at once store it once. Whoever is about to forget it looks again after this.

    Raises:
        ValueError: there are no bytes.

    """
    if not content:
        raise ValueError("A file without a byte")
    at, digest = now(), hashlib.sha256(content).hexdigest()
    row = {"sha256": digest, "size": len(content), "used_at": at, "created_at": at}
    made = insert_unless_there(db, StoredFile, row, key="sha256")
    if made is None:
        again = update(StoredFile).where(StoredFile.sha256 == digest).values(used_at=at).returning(StoredFile.id)
        found = db.scalars(again, execution_options={"synchronize_session": False}).first()
        return found if found is not None else put(db, content)  # forgotten an instant ago
    pieces = (content[start : start + PIECE] for start in range(0, len(content), PIECE))
    for place, piece in enumerate(pieces):
        told = {"stored_file_id": made, "place": place, "content": piece, "created_at": at}
        db.connection().execute(insert(FileChunk), [told])
    return made


def pieces(db: Session, stored_file_id: int) -> Iterator[bytes]:
    """The bytes of a stored file, piece by piece; nothing where there is none of this id."""
    place = 0
    while True:
        one = select(FileChunk.content).where(FileChunk.stored_file_id == stored_file_id, FileChunk.place == place)
        found = db.scalar(one)
        if found is None:
            return
        yield found
        place += 1


def read(db: Session, stored_file_id: int) -> bytes:
    """All bytes of a stored file.

    Raises:
        LookupError: there is none of this id.

    """
    content = b"".join(pieces(db, stored_file_id))
    if not content:
        raise LookupError(f"No stored file {stored_file_id}")
    return content
