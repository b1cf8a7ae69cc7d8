"""Tables as CSV (RFC 4180) for spreadsheet programs, a part at a time; `app.kernel.spreadsheets` writes them for Excel.

Figures and days are written as a spreadsheet of the reader's language takes them for such; what somebody typed is never
taken for a formula.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from app.kernel.money import Money
from app.kernel.spreadsheets import Cell

BOM = "\ufeff"
"""By which Excel knows that a file is UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for a formula at the beginning of a cell (OWASP, CSV injection; CWE-1236)."""
DECIMAL_COMMA = frozenset({"fr"})
"""Languages that write 1,50: their spreadsheets part columns at semicolons."""


def csv_parts(headings: Sequence[str], lots: Iterable[Iterable[Sequence[Cell]]], *, locale: str) -> Iterator[str]:
    """The headings, then each lot of rows as it comes."""
    yield BOM + _written([headings], locale)
    for lot in lots:
        yield _written(lot, locale)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever somebody typed."""
    return f"'{text}" if text.startswith(FORMULA) else text


def plain(cell: Cell, locale: str) -> str:
    """A cell in words, figures with the decimal sign of the language."""
    if isinstance(cell, Money):
        cell = cell.to_decimal()
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", "," if locale in DECIMAL_COMMA else ".")
    return "" if cell is None else str(cell)


def _written(rows: Iterable[Sequence[Cell]], locale: str) -> str:
    file = io.StringIO()
    lines = csv.writer(file, delimiter=";" if locale in DECIMAL_COMMA else ",")
    lines.writerows([_safe(cell, locale) for cell in row] for row in rows)
    return file.getvalue()


def _safe(cell: Cell, locale: str) -> str:
    """A figure below nought begins with a minus and is no formula."""
    text = plain(cell, locale)
    return harmless(text) if isinstance(cell, str) else text
