"""Tables for spreadsheet programs (XLSX, ECMA-376), sent while they are written, however long they are.

Nothing is kept: rows go into the packed sheet as they come, and what is packed is given away at once. So a million of
them need no memory and no file on a disk, and whoever waits for them is never left without a sign for long.

Text stays text, whatever it begins with: a cell says of what type it is, and nobody guesses. Amounts and numbers are
true numbers, days are true days.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from io import BytesIO, RawIOBase
from itertools import chain, islice
from typing import IO, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from app.kernel.money import Money, exponent

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""Rows of a sheet, its heading among them (Excel specifications and limits). Whatever is more goes on another one."""
MOST_BYTES = 2**31 - 2**24
"""Bytes of a sheet before it is packed: beyond two gigabytes a ZIP needs an extension that Excel refuses in streams."""
LONGEST_TEXT = 32_767
"""UTF-16 units of a cell (Excel specifications and limits)."""
MOST_DIGITS = 15
"""Digits of a number that spreadsheets keep (IEEE 754); one with more stays text, so that none is lost."""
FIRST_DAY = date(1900, 1, 1)
"""Earlier days are no days for a spreadsheet; they stay text."""
LOOKED_AT = 200
"""Rows that are looked at to see how wide the columns should be."""
NARROWEST, WIDEST = 9, 48
AT_ONCE = 64 * 1024
"""Bytes that are sent together."""
AS_TEXT, AS_DAY, AS_COUNT = "@", "mm-dd-yy", "0"
"""Number formats. The one for days is the short date of the reader's own computer (number 14: ECMA-376, 18.8.30)."""
NO_ROWS = "<sheetData></sheetData>"
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) has no place for, and the carriage return, which is a line end here."""
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""What looks like an escaped character (ST_Xstring, ECMA-376, 22.9.2.19)."""

Cell = str | int | Decimal | Money | date | None
Row = Sequence[Cell]


def workbook(title: str, headings: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The parts of a file with one sheet, or several where one is full (“Contacts”, “Contacts 2”).

    The headings stand in bold and stay in sight, and every column can be filtered. `title` has at most 25 characters.
    """
    pipe, book, table = _Pipe(), Workbook(write_only=True), _Table(headings, rows)
    book.properties.creator, book.properties.title = "Sahayog", title
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        for number in table.sheets():
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as entry:
                yield pipe.taken()  # before anything is asked of a database
                name = title if number == 1 else f"{title} {number}"
                with closing(_Sheet(book.create_sheet(name), table.headings, table.widths(), entry)) as sheet:
                    for row in table.rows(sheet):
                        sheet.append(row)
                        if pipe.size > AT_ONCE:
                            yield pipe.taken()
        _Frame(book, archive).save()
    yield pipe.taken()


def as_text(text: str) -> str:
    """What of a text XML and a cell can hold."""
    plain = _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(plain) * 2 > LONGEST_TEXT:
        plain = plain.encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")
    return _ESCAPED.sub("_x005F_", plain) if "_x" in plain else plain


class _Pipe(RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self.size += len(part)
        return len(part)

    def taken(self) -> bytes:
        """All that has come since it was taken last."""
        found, self._parts, self.size = b"".join(self._parts), [], 0
        return found


class _Table:
    """Rows under headings, each read once."""

    def __init__(self, headings: Sequence[str], rows: Iterable[Row]) -> None:
        self.headings, self._rows = headings, iter(rows)
        self._next: Row | None = None
        self._widths: list[int] = []

    def sheets(self) -> Iterator[int]:
        """The numbers of the sheets: one, and more while there are rows left."""
        yield 1
        number = 1
        while self._next is not None:
            number += 1
            yield number

    def rows(self, sheet: "_Sheet") -> Iterator[Row]:
        """The rows that the sheet has room for."""
        self._next = self._next or next(self._rows, None)
        while self._next is not None and sheet.has_room:
            yield self._next
            self._next = next(self._rows, None)

    def widths(self) -> Sequence[int]:
        """How many characters wide each column is, by its heading and its first rows."""
        if not self._widths:
            first = list(islice(self._rows, LOOKED_AT))
            self._rows = chain(first, self._rows)
            lengths = [[_length(each) for each in row] for row in first]
            widest = [max(column) for column in zip([len(each) + 4 for each in self.headings], *lengths, strict=True)]
            self._widths = [min(max(each + 1, NARROWEST), WIDEST) for each in widest]
        return self._widths


def _length(cell: Cell) -> int:
    """How many characters a cell takes on its longest line."""
    if isinstance(cell, Money):
        return len(f"{cell.to_decimal():,.{exponent(cell.currency)}f} {cell.currency}")
    return max(map(len, ("" if cell is None else str(cell)).split("\n")))


class _Sheet:
    """One sheet, written row by row from the headings on; `close` ends it.

    The library writes what stands around the rows. Rows themselves it would write five times as slowly.
    """

    def __init__(self, sheet: Any, headings: Sequence[str], widths: Sequence[int], entry: IO[bytes]) -> None:
        self._sheet, self._entry = sheet, entry
        self._letters = [get_column_letter(place) for place in range(1, len(headings) + 1)]
        self._styles: dict[str, int] = {}
        self._rows = self._bytes = 0
        sheet.freeze_panes = "A2"
        for letter, width in zip(self._letters, widths, strict=True):
            sheet.column_dimensions[letter].width = width
        bold = self._style_of(AS_TEXT, Font(bold=True))
        self._write(self._around()[0] + "<sheetData>")
        self._put([_text(bold, each) for each in headings])

    @property
    def has_room(self) -> bool:
        """Whether another row may come."""
        return self._rows < MOST_ROWS and self._bytes < MOST_BYTES

    def append(self, row: Row) -> None:
        """One row more."""
        self._put([self._cell(each) for each in row])

    def close(self) -> None:
        """End it: nothing can be added any more."""
        self._sheet.auto_filter.ref = f"A1:{self._letters[-1]}{self._rows}"
        self._write("</sheetData>" + self._around()[1])

    def _around(self) -> tuple[str, str]:
        """What stands before the rows, and behind them."""
        writer = WorksheetWriter(self._sheet, out=BytesIO())
        writer.write()
        before, _rows, behind = writer.read().decode().partition(NO_ROWS)
        return before, behind

    def _write(self, part: str) -> None:
        self._bytes += self._entry.write(part.encode())

    def _put(self, cells: Sequence[str]) -> None:
        """Write a row: cells that lack nothing but their place, and blanks for none."""
        self._rows += 1
        row, letters = self._rows, self._letters
        placed = [f'<c r="{letter}{row}" {cell}' for letter, cell in zip(letters, cells, strict=True) if cell]
        self._write(f'<row r="{row}">{"".join(placed)}</row>')

    def _cell(self, value: Cell) -> str:
        """A cell of the right type; blank where there is nothing."""
        if value is None or value == "":
            return ""
        if isinstance(value, str):
            return _text(self._style(AS_TEXT), value)
        if isinstance(value, date):
            return self._cell(str(value)) if value < FIRST_DAY else _number(self._style(AS_DAY), int(to_excel(value)))
        number = value.to_decimal() if isinstance(value, Money) else Decimal(value)
        if len(number.normalize().as_tuple().digits) > MOST_DIGITS:
            return self._cell(f"{number:f}")
        return _number(self._style(_format_of(value)), number)

    def _style(self, number_format: str) -> int:
        """The number of the style of cells with this format."""
        if number_format not in self._styles:
            self._styles[number_format] = self._style_of(number_format)
        return self._styles[number_format]

    def _style_of(self, number_format: str, font: Font | None = None) -> int:
        cell = WriteOnlyCell(self._sheet)
        cell.number_format = number_format
        if font is not None:
            cell.font = font
        return int(cell.style_id)


def _text(style: int, text: str) -> str:
    return f's="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(as_text(text))}</t></is></c>'


def _number(style: int, number: int | Decimal) -> str:
    return f's="{style}"><v>{Decimal(number):f}</v></c>'


def _format_of(value: Cell) -> str:
    """How a number is shown: an amount with its decimals and its currency."""
    if isinstance(value, Money):
        decimals = exponent(value.currency)
        return f"#,##0{'.' + '0' * decimals if decimals else ''} [${value.currency}]"
    decimals = max(0, -int(value.as_tuple().exponent)) if isinstance(value, Decimal) else 0
    return f"0.{'0' * decimals}" if decimals else AS_COUNT


class _Frame(ExcelWriter):  # type: ignore[misc]  # the library has no types
    """All of a file but its sheets, which have been written."""

    def write_worksheet(self, ws: Any) -> None:
        """Only say that it is there."""
        self.manifest.append(ws)
