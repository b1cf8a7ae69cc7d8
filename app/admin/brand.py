"""The organisation's colour on public pages, made readable: WCAG 2.2 contrast, whatever colour was chosen."""

from collections.abc import Iterator

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
NIGHT: Colour = (0x19, 0x21, 0x25)
"""The surface of the dark theme."""
READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3: text against its ground."""


def parse(text: str) -> Colour:
    """“#0d5c54” as its three channels."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def write(colour: Colour) -> str:
    """The reverse of `parse`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(colour: Colour, with_colour: Colour, percent: int) -> Colour:
    """The colour with that much of another in it."""
    red, green, blue = (
        (own * (100 - percent) + other * percent) // 100 for own, other in zip(colour, with_colour, strict=True)
    )
    return red, green, blue


def _luminance(colour: Colour) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """How well one is read on the other: from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _towards(colour: Colour, end: Colour) -> Iterator[Colour]:
    return (mix(colour, end, percent) for percent in range(0, 101, 4))


def readable(colour: Colour, ground: Colour) -> Colour:
    """The colour, darkened (or on a dark ground lightened) as little as it takes to be read."""
    end = BLACK if _luminance(ground) > 0.5 else WHITE
    return next(each for each in _towards(colour, end) if contrast(each, ground) >= READABLE)


def brand_css(colour: str) -> str:
    """The style sheet that puts the colour on public pages, in the light and the dark theme."""
    own = parse(colour)
    light, night = readable(own, WHITE), readable(own, NIGHT)
    tint, night_tint = mix(light, WHITE, 90), mix(night, NIGHT, 78)
    day = _rules(light, mix(light, BLACK, 22), WHITE, tint, readable(light, tint))
    dark = _rules(
        night, mix(night, WHITE, 25), readable(mix(night, BLACK, 85), night), night_tint, readable(night, night_tint)
    )
    return (
        f':root{{{day}}}\n@media (prefers-color-scheme: dark){{:root:not([data-theme="light"]){{{dark}}}}}\n'
        f':root[data-theme="dark"]{{{dark}}}\n'
    )


def _rules(accent: Colour, strong: Colour, on_accent: Colour, tint: Colour, tint_ink: Colour) -> str:
    values = {"accent": accent, "strong": strong, "on-accent": on_accent, "tint": tint, "tint-ink": tint_ink}
    return "".join(f"--{name}:{write(value)};" for name, value in values.items())
