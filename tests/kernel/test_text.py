"""What people type is cleaned without being changed, and found however it is spelt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.text import CROCKFORD, clean, fold, make_token, one_line


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Éloïse  LEFÈVRE", "eloise lefevre"), ("Straße", "strasse"), ("œuvre", "oeuvre"), ("e\u0301", "e"),
        ("राम", "ram"), ("  a\tb\nc ", "a b c"), ("", ""), ("Łukasz", "lukasz"),
    ],
)  # fmt: skip
def test_folding_forgets_accents_capitals_and_scripts(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ram ", "Ram"), ("Ra\x00m", "Ram"), ("\u202eRam", "Ram"), ("\ufeffRam\u200b", "Ram"), ("e\u0301", "é"),
        ("two\nlines", "two\nlines"), ("\ud800half", "half"), ("\x85", ""), ("\u2067x\u2069", "x"),
        ("क्\u200dष", "क्\u200dष"),
    ],
)  # fmt: skip
def test_cleaning_takes_away_what_nobody_sees_and_keeps_what_devanagari_needs(typed, kept):
    assert clean(typed) == kept


@given(st.text(alphabet=st.characters()))
def test_whatever_is_cleaned_can_be_stored_and_is_clean(text):
    kept = clean(text)

    assert kept.encode("utf-8").decode("utf-8") == kept
    assert "\x00" not in kept
    assert clean(kept) == kept


@given(st.text(alphabet=st.characters()))
def test_one_line_is_one_line_for_every_protocol(text):
    assert len(one_line(text).splitlines()) <= 1


def test_a_header_cannot_be_smuggled_into_a_name():
    assert one_line("Ram\r\nBcc: everybody@example.org") == "Ram Bcc: everybody@example.org"


def test_a_token_is_long_readable_and_never_the_same():
    tokens = {make_token() for _ in range(200)}

    assert len(tokens) == 200
    assert all(len(token) == 26 and set(token) <= set(CROCKFORD) for token in tokens)
    assert len(make_token(8)) == 8
