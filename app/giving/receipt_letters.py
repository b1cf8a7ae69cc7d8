"""Text made printable: a receipt must never fail, or show empty boxes, because of a letter in a name.

The fonts we print with cover Latin, Greek, Cyrillic and Devanagari. PDF/A allows no missing letter, so that names
in other scripts are put into Latin letters on the receipt; the contact keeps its own spelling.
"""

import unicodedata

from anyascii import anyascii

PRINTABLE_RANGES = (
    (0x0020, 0x007E), (0x00A0, 0x00AC), (0x00AE, 0x024F), (0x0250, 0x02AF),  # Latin
    (0x0300, 0x036F),  # combining accents
    (0x0370, 0x0377), (0x037A, 0x037F), (0x0384, 0x03E1), (0x03F0, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic
    (0x0900, 0x097F), (0x200C, 0x200D),  # Devanagari and its joiners
    (0x1E00, 0x1EFF),  # Latin with accents, Vietnamese
    (0x2010, 0x2027), (0x202F, 0x203A), (0x20A0, 0x20BF), (0x2116, 0x2116), (0x2122, 0x2122), (0x2212, 0x2212),
)  # fmt: skip
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"


def _printed(character: str) -> str:
    point = ord(character)
    if any(low <= point <= high for low, high in PRINTABLE_RANGES) and unicodedata.category(character) != "Cn":
        return character
    if unicodedata.category(character) in _INVISIBLE and character not in _JOINERS:
        return ""
    return str(anyascii(character))


def printable(text: str) -> str:
    """The text on one line, composed (NFC), without invisible characters, in letters our fonts have.

    The empty text stays empty; text that only has unprintable characters becomes empty.
    """
    if text.isascii() and text.isprintable():  # most are, and none of what follows concerns them
        return " ".join(text.split())
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(_printed(character) for character in one_line).strip()
