"""Whatever colour an organisation chooses, its public pages can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.admin.brand import NIGHT, READABLE, WHITE, brand_css, contrast, parse, readable

colours = st.tuples(*[st.integers(0, 255)] * 3)


@given(colours)
def test_every_colour_becomes_readable_on_both_themes(colour):
    assert contrast(readable(colour, WHITE), WHITE) >= READABLE
    assert contrast(readable(colour, NIGHT), NIGHT) >= READABLE


def test_a_colour_that_can_be_read_is_left_as_it_is():
    assert readable(parse("#0d5c54"), WHITE) == parse("#0d5c54")


@pytest.mark.parametrize("colour", ["#ffff00", "#000000", "#ffffff", "#0d5c54", "#c0392b"])
def test_the_style_sheet_names_both_themes(colour):
    sheet = brand_css(colour)

    assert sheet.count("--accent:") == 3
    assert '[data-theme="dark"]' in sheet


@pytest.mark.db
def test_public_pages_can_fetch_it(client):
    answer = client.get("/organisation/brand.css")

    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "--accent:#0d5c54" in answer.text
