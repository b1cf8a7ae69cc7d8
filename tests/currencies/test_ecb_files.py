"""The files of the Central Bank, and what is none."""

import zipfile
from contextlib import suppress
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.currencies.ecb_files import LARGEST, Line, read_file
from app.kernel.errors import Refused

TODAY = date(2026, 3, 10)
HISTORY = b"""Date,USD,JPY,BGN,CYP,RON,
2026-03-09,1.0921,157.50,1.9558,N/A,4.9755,
2026-03-06,1.0900,157.1,1.9558,N/A,N/A,
"""
OF_A_DAY = b"Date, USD, JPY, BGN, \n09 March 2026, 1.0921, 157.50, 1.9558, \n"
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<Cube><Cube time='2026-03-09'><Cube currency='USD' rate='1.0921'/><Cube currency='JPY' rate='157.50'/></Cube>
	<Cube time='2026-03-06'><Cube currency='USD' rate='1.0900'/></Cube></Cube>
</gesmes:Envelope>"""


def packed(*files: bytes, by: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", by) as archive:
        for number, content in enumerate(files):
            archive.writestr(f"eurofxref-{number}.csv", content)
    return out.getvalue()


def test_the_history_is_read_oldest_day_first_without_what_it_has_not() -> None:
    file = read_file(HISTORY, TODAY)
    older, newer = date(2026, 3, 6), date(2026, 3, 9)
    assert file.lines == [
        Line("JPY", older, "157.1"), Line("USD", older, "1.0900"),
        Line("JPY", newer, "157.50"), Line("RON", newer, "4.9755"), Line("USD", newer, "1.0921"),
    ]  # fmt: skip
    assert file.skipped == ["BGN"]


def test_the_same_in_an_archive() -> None:
    assert read_file(packed(HISTORY), TODAY) == read_file(HISTORY, TODAY)


def test_the_file_of_one_day() -> None:
    assert [line.units for line in read_file(OF_A_DAY, TODAY).lines] == ["157.50", "1.0921"]
    assert read_file(OF_A_DAY, TODAY).lines[0].day == date(2026, 3, 9)


def test_the_file_as_xml() -> None:
    assert len(read_file(XML, TODAY).lines) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00\x01\xff", b"Hello", b"Date\n2026-03-09\n", b"Date,USD\n", b"Date,BGN\n2026-03-09,1.9558\n",
        b"Date,USD\n2026-03-09,1.1,2.2,3.3\n", b"Date,USD,JPY\n2026-03-09,1.1\n", b"Date,USD\n2026-03-09,-1\n",
        b"Date,USD\n2026-03-09,0\n", b"Date,USD\n2026-03-09,one\n", b"Date,USD\n9/3/2026,1.1\n",
        b"Date,USD\n2026-03-11,1.1\n", b"Date,USD\n1998-03-09,1.1\n", b"Date,usd\n2026-03-09,1.1\n",
        b"Date,USD\n2026-03-09,1.1\n2026-03-09,1.2\n", b"Date,USD,USD\n2026-03-09,1.1,1.1\n",
        b"Date,EUR\n2026-03-09,1\n", b"<xml", b"<a></b>", b"<html><body>Not found</body></html>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a time="2026-03-09"><c currency="USD" rate="&b;"/></a>',
        b"PK\x03\x04nonsense", packed(), packed(HISTORY, HISTORY), packed(b"Hello"), packed(b"0" * 17_000_000),
        b"x" * (LARGEST + 1), b'Date,USD\n"2026-03-09,1.1\n', b"Date,USD\n02 March 99999999999999999999,1.1\n",
        packed(HISTORY)[:-10] + b"\xff\xff\xff\x7f" + packed(HISTORY)[-6:],
        packed(b"<a>" + b"<b/>" * 600_000 + b"</a>"),
    ],
)  # fmt: skip
def test_junk_is_refused_with_a_word(content: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        read_file(content, TODAY)
    assert refusal.value.field == "file"
    assert len(str(refusal.value.message)) < 200


@pytest.mark.parametrize("by", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_archive_is_opened_that_could_unpack_to_gigabytes_at_once(by: int) -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        read_file(packed(HISTORY, by=by), TODAY)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"Date,USD\n{text}".encode("utf-8", "replace")))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    with suppress(Refused):
        assert read_file(content, TODAY).lines
