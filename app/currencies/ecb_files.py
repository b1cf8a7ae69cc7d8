"""The files of the European Central Bank: history and day as CSV (also in a ZIP), and the XML of a day, 90 days or all.

Anybody may send anything: sizes are bounded before anything is unpacked, XML may declare no entities, and one
unreadable line refuses the whole file, so that a half-read one never looks like a whole one.
https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/
"""

import csv
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from itertools import islice
from xml.etree import ElementTree as ET

from app.currencies.models import EURO
from app.currencies.rules import FIRST_DAY, plain_rate
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS

LARGEST = 6_000_000
"""Bytes of a file; the whole history is two million."""
LARGEST_UNPACKED = 16_000_000
PACKED_BY = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What the Central Bank packs with; of the others a few hundred bytes unpack to gigabytes before anybody can stop."""
MOST_COLUMNS = 100
MOST_LINES = 500_000
"""Rates of a file; the whole history is not three hundred thousand."""
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
_NONE = {"", "N/A"}


@dataclass(frozen=True)
class Line:
    """One rate of a file: units of the currency for one euro."""

    currency: str
    day: date
    units: str


@dataclass(frozen=True)
class RateFile:
    """What a file says, oldest day first, and the currencies in it that we do not know."""

    lines: list[Line]
    skipped: list[str]


def read_file(content: bytes, today: date) -> RateFile:
    """Read a file of the Central Bank.

    Raises:
        Refused: it is none, too large, of a day to come, says a day twice, or has a line that cannot be read.

    """
    if len(content) > LARGEST:
        raise Refused(_l("This file is too large: %(size)s MB at most.", size=LARGEST // 1_000_000), field="file")
    text = _text(_unpacked(content) if content.startswith(b"PK") else content)
    found = list(islice(_of_xml(text) if text.lstrip().startswith("<") else _of_csv(text), MOST_LINES + 1))
    if len(found) > MOST_LINES:
        raise _strange(_l("it has more rates than there ever were"))
    known = [line for line in found if line.currency in EXPONENTS]
    if not known:
        raise _strange(_l("there is no rate in it of a currency we know"))
    if len({(line.currency, line.day) for line in found}) != len(found):
        raise _strange(_l("it says a day twice"))
    wrong = next((line.day for line in found if not FIRST_DAY <= line.day <= today), None)
    if wrong is not None:
        raise _strange(_l("it has rates of %(day)s", day=wrong.isoformat()))
    skipped = sorted({line.currency for line in found} - set(EXPONENTS))
    return RateFile(sorted(known, key=lambda line: (line.day, line.currency)), skipped)


def _strange(why: object) -> Refused:
    return Refused(_l("This is no file of rates as the European Central Bank publishes them: %(why)s.", why=why),
                   field="file")  # fmt: skip


def _unpacked(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.infolist()
            if len(names) != 1:
                raise _strange(_l("the archive does not hold exactly one file"))
            if names[0].compress_type not in PACKED_BY:
                raise _strange(_l("the archive cannot be opened"))
            with archive.open(names[0]) as file:
                inside = file.read(LARGEST_UNPACKED + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as bad:
        raise _strange(_l("the archive cannot be opened")) from bad
    if len(inside) > LARGEST_UNPACKED:
        raise _strange(_l("what is in the archive is too large"))
    return inside


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise _strange(_l("it is not text")) from bad


def _line(currency: str, day: date, units: str) -> Line:
    code = currency.strip()
    if len(code) != 3 or not code.isascii() or not code.isalpha() or not code.isupper() or code == EURO:
        raise _strange(_l("“%(text)s” is not the code of a currency", text=code[:20]))
    try:
        return Line(code, day, plain_rate(units))
    except ValueError as bad:
        raise _strange(_l("“%(text)s” is not a rate", text=units.strip()[:20])) from bad


def _day(text: str) -> date:
    """2026-03-02 as in the history and in XML, or "02 March 2026" as in the file of one day."""
    bare = text.strip()
    try:
        if bare.count(" ") == 2:
            number, month, year = bare.split(" ")
            return date(int(year), MONTHS.index(month.lower()) + 1, int(number))
        return date.fromisoformat(bare)
    except (ValueError, OverflowError) as bad:
        raise _strange(_l("“%(text)s” is not a day", text=bare[:20])) from bad


def _of_csv(text: str) -> Iterator[Line]:
    rows = _rows(text)
    head = [cell.strip() for cell in next(rows, [])]
    codes = head[1:-1] if head and head[-1] == "" else head[1:]
    if not head or head[0] != "Date" or not codes or len(codes) > MOST_COLUMNS:
        raise _strange(_l("its first line does not begin with “Date”"))
    for row in rows:
        if not len(codes) < len(row) <= len(codes) + 2:
            raise _strange(_l("a line has more or fewer rates than the first one names"))
        day = _day(row[0])
        for code, units in zip(codes, row[1 : len(codes) + 1], strict=True):
            if units.strip() not in _NONE:
                yield _line(code, day, units)


def _rows(text: str) -> Iterator[list[str]]:
    """The lines that say something, one at a time."""
    try:
        for row in csv.reader(StringIO(text, newline="")):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error as bad:
        raise _strange(_l("its lines cannot be told apart")) from bad


def _of_xml(text: str) -> Iterator[Line]:
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        raise _strange(_l("it declares things of its own"))
    if text.count("<") > MOST_LINES:
        raise _strange(_l("it has more rates than there ever were"))
    try:
        root = ET.fromstring(text)  # noqa: S314 - no declaration of entities comes this far
    except (ET.ParseError, ValueError) as bad:
        raise _strange(_l("its XML is broken")) from bad
    for of_day in root.iter():
        if "time" in of_day.attrib:
            day = _day(of_day.attrib["time"])
            for each in of_day:
                if each.attrib.get("rate", "").strip() not in _NONE:
                    yield _line(each.attrib.get("currency", ""), day, each.attrib["rate"])
