"""The look keeps its promises: readable in both themes, small, and nothing that a strict policy would refuse."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "app" / "static" / "css"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = ("tokens.css", "public.css")
GROUNDS = {"tokens.css": ("canvas", "surface", "raised"), "public.css": ("canvas", "surface")}
TEXTS = {"tokens.css": ("ink", "ink-soft", "ink-faint", "link"), "public.css": ("ink", "soft")}
TINTED = {
    "tokens.css": [
        *((f"{tone}-ink", f"{tone}-soft") for tone in ("green", "amber", "red", "blue", "violet", "grey", "accent")),
        *((f"{tone}-ink", "surface") for tone in ("green", "red", "accent")),
        ("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-red", "red"), ("red-soft", "red-ink"),
        ("ink-soft", "sunken"), ("ink", "sunken"),
    ],
    "public.css": [
        ("tint-ink", "tint"), ("red-ink", "red-soft"), ("red-ink", "surface"), ("amber-ink", "amber-soft"),
        ("green-ink", "green-soft"), ("on-accent", "accent"), ("on-accent", "strong"),
    ],
}  # fmt: skip


def themes(sheet: str) -> dict[str, dict[str, str]]:
    """The tokens of a sheet by theme; dark ones stand on top of the light ones."""
    text = (CSS / sheet).read_text(encoding="utf-8")
    blocks = re.findall(r"(:root[^{]*)\{([^}]*)\}", text)
    found = {name.strip(): dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", body)) for name, body in blocks}
    light = found[":root"]
    return {
        "light": light,
        "dark": light | found[':root[data-theme="dark"]'],
        "system dark": light | found[':root:not([data-theme="light"])'],
    }


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, 1.4.3), 1 to 21."""

    def luminance(colour: str) -> float:
        digits = colour.removeprefix("#")
        digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = ((part / 12.92) if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sheet", SHEETS)
def test_dark_looks_the_same_whether_chosen_or_taken_from_the_system(sheet: str) -> None:
    assert themes(sheet)["dark"] == themes(sheet)["system dark"]


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_every_ground_it_stands_on(sheet: str, theme: str) -> None:
    tokens = themes(sheet)[theme]
    pairs = [(text, ground) for text in TEXTS[sheet] for ground in GROUNDS[sheet]] + TINTED[sheet]
    faint = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_of_controls_and_the_focus_ring_stand_out(sheet: str, theme: str) -> None:
    tokens = themes(sheet)[theme]
    pairs = [(line, ground) for line in ("border", "accent", "focus", "red") for ground in ("canvas", "surface")]
    assert {pair for pair in pairs if contrast(tokens[pair[0]], tokens[pair[1]]) < 3} == set()


def test_the_public_sheet_is_small_and_asks_for_nothing_else() -> None:
    text = (CSS / "public.css").read_text(encoding="utf-8")
    assert len(text.encode()) < 10_000
    assert "url(" not in text
    assert "@import" not in text


def test_components_name_tokens_not_colours() -> None:
    painted = {
        sheet.name: found
        for sheet in CSS.glob("*.css")
        if sheet.name not in {"tokens.css", "public.css", "print.css"}
        if (found := re.findall(r"#[0-9a-f]{3,8}\b(?=[^{]*;)", sheet.read_text(encoding="utf-8")))
    }
    assert painted == {}


def test_every_token_that_a_sheet_uses_exists() -> None:
    known = set(themes("tokens.css")["light"])
    for sheet in CSS.glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        names = set(themes("public.css")["light"]) if sheet.name in {"public.css", "give.css", "portal.css"} else known
        assert set(re.findall(r"var\(--([a-z0-9-]+)", text)) - names == set(), sheet.name


def test_no_sheet_is_longer_than_people_read() -> None:
    assert {p.name for p in CSS.glob("*.css") if len(p.read_text(encoding="utf-8").splitlines()) > 400} == set()


def test_templates_carry_no_style_and_no_script_of_their_own() -> None:
    inline = re.compile(r"""<[a-z][^>]*\s(style|on[a-z]+)=["']|<script(?![^>]*\ssrc=)|javascript:""")
    mail = ROOT / "templates" / "layouts" / "email.html"
    assert {p.name for p in TEMPLATES if p != mail and inline.search(p.read_text(encoding="utf-8"))} == set()


def test_headings_of_the_layers_come_in_their_order() -> None:
    order = re.search(r"@layer ([^;]+);", (CSS / "tokens.css").read_text(encoding="utf-8"))
    assert order is not None
    names = order.group(1).split(", ")
    used = {name for sheet in CSS.glob("*.css") for name in re.findall(r"@layer (\w+) \{", sheet.read_text("utf-8"))}
    assert used <= set(names)
    assert all(names.index(one) < names.index(two) for one, two in pairwise(["base", "layout", "components", "states"]))
