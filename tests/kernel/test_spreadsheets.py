"""Tables for spreadsheet programs: what they hold is read back as it was, and they are given away as they are made."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from app.kernel import spreadsheets
from app.kernel.money import Money
from app.kernel.spreadsheets import workbook


def read(rows, headings=("What",)):
    return load_workbook(io.BytesIO(b"".join(workbook("Gifts", headings, rows))))


def told(value):
    cell = read([[value]]).active["A2"]
    return cell.value, cell.data_type, cell.number_format


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "#REF!", "TRUE", "007", "<b>&amp;</b>", " two \n lines ", "é", "😀"]
)
def test_text_is_text_whatever_it_looks_like(text):
    assert told(text) == (text, "s", "@")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("a\x00b\x0bc\x1f", "abc"), ("one\r\ntwo\rthree", "one\ntwo\nthree"), ("\ud800x\uffff", "x"), ("\x7f", "\x7f")],
)
def test_what_xml_has_no_place_for_is_left_out(typed, kept):
    assert told(typed)[0] == kept


def test_what_looks_like_an_escaped_character_is_none():
    assert spreadsheets.as_text("_x000D_ _x_ a_xABCD_") == "_x005F_x000D_ _x_ a_x005F_xABCD_"


def test_a_text_is_as_long_as_a_cell_can_be_and_no_character_is_halved():
    assert len(told("x" * 40_000)[0]) == 32_767
    assert told("x" + "😀" * 20_000)[0] == "x" + "😀" * 16_383


@pytest.mark.parametrize(
    ("value", "number_format", "read_back"),
    [
        (7, "0", 7), (Decimal("12.50"), "0.00", 12.5), (Decimal(-3), "0", -3), (0, "0", 0),
        (Money(123456, "EUR"), "#,##0.00 [$EUR]", 1234.56), (Money(-500, "JPY"), "#,##0 [$JPY]", -500),
        (Money(1234, "KWD"), "#,##0.000 [$KWD]", 1.234),
    ],
)  # fmt: skip
def test_figures_are_figures_with_their_currency(value, number_format, read_back):
    assert told(value) == (read_back, "n", number_format)


def test_a_figure_with_more_digits_than_a_spreadsheet_keeps_loses_none():
    assert told(Decimal(123456789012345678))[:2] == ("123456789012345678", "s")
    assert told(Decimal(100000000000000000))[:2] == (10**17, "n")


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(2026, 2, 28)])
def test_days_are_days(day):
    value, kind, _format = told(day)
    assert (value, kind) == (datetime(day.year, day.month, day.day), "d")  # noqa: DTZ001 - as the library reads days


def test_a_day_before_there_were_any_stays_text():
    assert told(date(1899, 12, 31))[:2] == ("1899-12-31", "s")


def test_nothing_is_nothing():
    book = read([[None, "", 0]], ("A", "B", "C"))
    assert list(book.active.values)[1] == (None, None, 0)


def test_the_headings_are_bold_stay_in_sight_and_filter():
    sheet = read([["x", 1], ["y", 2]], ("Name", "How many")).active
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("Gifts", "A2", "A1:B3")
    assert sheet["B1"].font.bold
    assert not sheet["B2"].font.bold


def test_columns_are_as_wide_as_what_they_hold_within_reason():
    sheet = read([["x", "y" * 20, "z" * 500]], ("A", "B", "C")).active
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert widths == [spreadsheets.NARROWEST, 21, spreadsheets.WIDEST]


def test_no_rows_leave_the_headings():
    assert list(read([], ("A", "B")).active.values) == [("A", "B")]


@pytest.mark.parametrize(("name", "value"), [("MOST_ROWS", 4), ("MOST_BYTES", 600)])
def test_a_full_sheet_is_followed_by_another_and_no_row_is_lost(name, value, monkeypatch):
    monkeypatch.setattr(spreadsheets, name, value)
    book = read([[number] for number in range(10)])
    found = [[row[0] for row in sheet.values] for sheet in book]
    assert len(found) > 1
    assert book.sheetnames[:2] == ["Gifts", "Gifts 2"]
    assert all(lines[0] == "What" and len(lines) > 1 for lines in found)
    assert [number for lines in found for number in lines[1:]] == list(range(10))


def test_a_sheet_that_is_just_full_is_the_only_one(monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 4)
    assert read([[1], [2], [3]]).sheetnames == ["Gifts"]


def test_the_first_bytes_come_before_the_first_row_is_asked_for():
    asked = []

    def rows():
        asked.append(True)
        yield ["x"]

    parts = workbook("Gifts", ["A"], rows())
    assert next(parts)
    assert asked == []
    assert b"".join(parts)
    assert asked == [True]


def test_what_is_written_is_given_away_at_once_however_much_it_is():
    text = [f"{number * 7919**3:x}" for number in range(20_000)]
    sizes = [len(part) for part in workbook("Gifts", ["A", "B"], ([each, each[::-1]] for each in text))]
    assert len(sizes) > 3
    assert max(sizes) < 3 * spreadsheets.AT_ONCE


def test_whoever_goes_away_half_way_leaves_nothing_behind():
    parts = workbook("Gifts", ["A"], ([str(number)] for number in range(10**6)))
    next(parts)
    next(parts)
    parts.close()


def test_a_row_that_cannot_be_read_ends_the_file_and_is_not_hidden():
    def rows():
        yield ["x"]
        raise LookupError("the database is gone")

    with pytest.raises(LookupError):
        list(workbook("Gifts", ["A"], rows()))


def test_the_archive_is_whole_and_needs_no_extension():
    data = b"".join(workbook("Gifts", ["A"], [["x"]]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert "xl/worksheets/sheet1.xml" in archive.namelist()
        assert {entry.create_version for entry in archive.infolist()} == {zipfile.DEFAULT_VERSION}
