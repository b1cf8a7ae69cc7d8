"""The inside of a backup: a compressed tar of what it is, the rows in pieces, and the checksum of every piece.

Everything is made and read as a stream, piece by piece. docs/adr/0011-backups.md describes the format.
"""

import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO, Self

from app.backups.errors import BackupError

FORMAT = 1
ABOUT, CHECKSUMS, ROWS = "about.json", "checksums.json", "database/"
PIECE = 1_000_000
"""Bytes after which a piece is full."""
LARGEST = 64_000_000
"""Bytes of a piece that is read: a backup that was made elsewhere may not fill our memory."""
BLOCK = 512
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
DAMAGED = "The backup is damaged: a part of it is missing or was changed."


@dataclass(frozen=True)
class TableAbout:
    """A table in a backup: its columns with their kinds (see `app.backups.rows`), in order, and how many rows."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: int


@dataclass(frozen=True, kw_only=True)
class About:
    """What a backup says of itself. `revision` is the schema's, `kind` of database sqlite or postgresql."""

    product: str
    revision: str
    kind: str
    taken_at: datetime
    tables: tuple[TableAbout, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables)

    def to_json(self) -> bytes:
        """As it is written."""
        tables = [{"name": t.name, "columns": [list(c) for c in t.columns], "rows": t.rows} for t in self.tables]
        return _json(
            {
                "format": FORMAT, "product": self.product, "revision": self.revision, "kind": self.kind,
                "taken_at": self.taken_at.isoformat(), "tables": tables,
            }
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """As it was written.

        Raises:
            BackupError: it is none, or of a later format.

        """
        try:
            read: dict[str, Any] = json.loads(text)
            if read["format"] != FORMAT:
                raise BackupError(f"The backup has format {read['format']}; these programs read format {FORMAT}.")
            tables = tuple(
                TableAbout(_word(each["name"]), tuple(map(_column, each["columns"])), int(each["rows"]))
                for each in read["tables"]
            )
            taken_at = datetime.fromisoformat(read["taken_at"])
            return cls(
                product=_word(read["product"]), revision=_word(read["revision"]), kind=_word(read["kind"]),
                taken_at=taken_at, tables=tables,
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BackupError(DAMAGED) from None


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a word")
    return value


def _column(pair: Any) -> tuple[str, str]:
    name, kind = pair
    return _word(name), _word(kind)


def pack(about: About, rows: Callable[[TableAbout], Iterable[list[Any]]]) -> Iterator[bytes]:
    """The bytes of a backup, compressed: what it is, each table's rows in pieces, the checksums."""
    squeeze = zlib.compressobj(6, wbits=31)  # 31: with gzip's head and tail
    sums: dict[str, str] = {}
    for name, content in _members(about, rows):
        sums[name] = hashlib.sha256(content).hexdigest()
        yield from (part for part in _squeezed(squeeze, name, content, about) if part)
    yield from (part for part in _squeezed(squeeze, CHECKSUMS, _json(sums), about) if part)
    yield squeeze.compress(bytes(2 * BLOCK)) + squeeze.flush()


def _members(about: About, rows: Callable[[TableAbout], Iterable[list[Any]]]) -> Iterator[tuple[str, bytes]]:
    yield ABOUT, about.to_json()
    for table in about.tables:
        for number, content in enumerate(_pieces(rows(table)), 1):
            yield f"{ROWS}{table.name}/{number:06}.jsonl", content


def _pieces(rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """Lines in pieces of about one megabyte."""
    lines: list[bytes] = []
    size = 0
    for row in rows:
        line = _json(row)
        lines.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def _squeezed(squeeze: "zlib._Compress", name: str, content: bytes, about: About) -> Iterator[bytes]:
    """One member of a tar: its head, its content, zeros up to the next block."""
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = len(content), 0o600, int(about.taken_at.timestamp())
    yield squeeze.compress(head.tobuf(tarfile.USTAR_FORMAT))
    yield squeeze.compress(content)
    yield squeeze.compress(bytes(-len(content) % BLOCK))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class _Plain(tarfile.TarInfo):
    """A head as we write them. Long names and other additions of a tar are read into memory whatever their size."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if not self.isreg() or self.size > LARGEST:
            raise tarfile.ReadError("not one of ours")
        read: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return read


class Unpacked:
    """A backup that is read from beginning to end, once; every piece is compared with its checksum at the end.

    `about` is known from the start. `pieces()` gives each table's rows in pieces, in the order of `about`, and
    raises at its end if anything was missing, changed or too much: believe nothing before it has ended.
    """

    def __init__(self, plain: BinaryIO) -> None:
        try:
            self._tar = tarfile.open(fileobj=plain, mode="r|gz", tarinfo=_Plain)  # noqa: SIM115 - lives as long as its source
            name, content = self._next()
        except _BROKEN:
            raise BackupError(DAMAGED) from None
        if name != ABOUT:
            raise BackupError(DAMAGED)
        self.about = About.from_json(content)
        self._sums = {name: hashlib.sha256(content).hexdigest()}

    def pieces(self) -> Iterator[tuple[TableAbout, list[list[Any]]]]:
        """(table, rows) for every piece.

        Raises:
            BackupError: the backup is not whole, or of a later format.

        """
        try:
            yield from self._counted()
        except _BROKEN:
            raise BackupError(DAMAGED) from None

    def _counted(self) -> Iterator[tuple[TableAbout, list[list[Any]]]]:
        counts = dict.fromkeys((table.name for table in self.about.tables), 0)
        tables = {table.name: table for table in self.about.tables}
        while True:
            name, content = self._next()
            if name == CHECKSUMS:
                break
            self._sums[name] = hashlib.sha256(content).hexdigest()
            folder, _, rest = name.partition("/")
            table = tables.get(rest.partition("/")[0])
            if f"{folder}/" != ROWS or table is None:
                raise BackupError(f"The backup holds “{name[:100]}”, which these programs do not know.")
            rows = [_row(line, table) for line in BytesIO(content)]
            counts[table.name] += len(rows)
            yield table, rows
        if json.loads(content) != self._sums or counts != {each.name: each.rows for each in self.about.tables}:
            raise BackupError(DAMAGED)

    def _next(self) -> tuple[str, bytes]:
        member = self._tar.next()
        if member is None:
            raise BackupError(DAMAGED)
        content = self._tar.extractfile(member)
        assert content is not None  # only of what is no regular file
        read = content.read()
        if len(read) != member.size:
            raise BackupError(DAMAGED)
        return member.name, read


def _row(line: bytes, table: TableAbout) -> list[Any]:
    if len(line) > PIECE and b"[" in _TEXT.sub(b"", line)[1:]:  # read, it would take a hundred times its size
        raise BackupError(DAMAGED)
    row = json.loads(line)
    if not isinstance(row, list) or len(row) != len(table.columns):
        raise BackupError(DAMAGED)
    if any(isinstance(value, list | dict) for value in row):
        raise BackupError(DAMAGED)
    return row


_BROKEN = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, KeyError, RecursionError)
