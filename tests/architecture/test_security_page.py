"""docs/security.md answers the whole of OWASP ASVS 5.0.0, levels 1 and 2, once, and names nothing that is not there."""

import re

import pytest

from tests.architecture.tree import ROOT

PAGE = ROOT / "docs" / "security.md"
# Of each section of the standard: the numbers of its requirements of level 1 and 2.
ASKED = {
    "1.1": "1 2", "1.2": "1 2 3 4 5 6 7 8 9", "1.3": "1 2 3 4 5 6 7 8 9 10 11", "1.4": "1 2 3", "1.5": "1 2",
    "2.1": "1 2 3", "2.2": "1 2 3", "2.3": "1 2 3 4", "2.4": "1", "3.2": "1 2", "3.3": "1 2 3 4",
    "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2", "4.1": "1 2 3", "4.2": "1", "4.3": "1 2",
    "4.4": "1 2 3 4", "5.1": "1", "5.2": "1 2 3", "5.3": "1 2", "5.4": "1 2 3", "6.1": "1 2 3",
    "6.2": "1 2 3 4 5 6 7 8 9 10 11 12", "6.3": "1 2 3 4", "6.4": "1 2 3 4", "6.5": "1 2 3 4 5", "6.6": "1 2 3",
    "6.8": "1 2 3 4", "7.1": "1 2 3", "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2",
    "7.6": "1 2", "8.1": "1 2", "8.2": "1 2 3", "8.3": "1", "8.4": "1", "9.1": "1 2 3", "9.2": "1 2 3 4",
    "10.1": "1 2", "10.2": "1 2", "10.3": "1 2 3 4", "10.4": "1 2 3 4 5 6 7 8 9 10 11", "10.5": "1 2 3 4 5",
    "10.6": "1 2", "10.7": "1 2 3", "11.1": "1 2", "11.2": "1 2 3", "11.3": "1 2 3", "11.4": "1 2 3 4",
    "11.5": "1", "11.6": "1", "12.1": "1 2 3", "12.2": "1 2", "12.3": "1 2 3 4", "13.1": "1", "13.2": "1 2 3 4 5",
    "13.3": "1 2", "13.4": "1 2 3 4 5", "14.1": "1 2", "14.2": "1 2 3 4", "14.3": "1 2 3", "15.1": "1 2 3",
    "15.2": "1 2 3", "15.3": "1 2 3 4 5 6 7", "16.1": "1", "16.2": "1 2 3 4 5", "16.3": "1 2 3 4", "16.4": "1 2 3",
    "16.5": "1 2 3",
}  # fmt: skip
WEBRTC = "17.1.1–17.3.2"
ANSWERS = {"yes", "operator", "none", "not yet"}
ROW = re.compile(
    r"\| (?P<number>\d+\.\d+\.\d+(?:–\d+\.\d+\.\d+)?) \| (?P<asked>.+?) \| (?P<answer>[\w ]+) \| ?(?P<by>.*)\|"
)
NAMED = re.compile(r"`((?:app|tests|docs|migrations)/[^`*\s]+)`")


def rows():
    return [found for line in PAGE.read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]


def numbers(span):
    """The single numbers of “6.6.1–6.6.3”."""
    first, _dash, last = span.partition("–")
    section, _dot, lowest = first.rpartition(".")
    highest = last.rpartition(".")[2] or lowest
    return [f"{section}.{number}" for number in range(int(lowest), int(highest) + 1)]


def test_every_requirement_of_levels_1_and_2_is_answered_once_and_in_order():
    answered = [number for row in rows() if row["number"] != WEBRTC for number in numbers(row["number"])]

    assert answered == [f"{section}.{number}" for section, numbers in ASKED.items() for number in numbers.split()]


def test_every_answer_is_one_of_four():
    assert {row["answer"] for row in rows()} <= ANSWERS


def test_every_yes_says_where():
    assert [row["number"] for row in rows() if row["answer"] in {"yes", "not yet"} and not row["by"].strip()] == []


@pytest.mark.parametrize("named", sorted(set(NAMED.findall(PAGE.read_text(encoding="utf-8")))))
def test_every_file_and_test_that_is_named_exists(named):
    path, _colons, test = named.partition("::")

    assert (ROOT / path).exists()
    assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
