"""Text as people type it, made clean, and as searching sees it: one folded form for accents, capitals and scripts."""

import re
import secrets
import unicodedata

from anyascii import anyascii

_SPACES = re.compile(r"\s+")
_LINE_ENDS = re.compile("[\t\r\n\u2028\u2029]+")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but for tab and line ends
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks
    "\u200b\u2060\ufeff"  # signs without width; the joiners of Devanagari (U+200C, U+200D) stay
    "\ud800-\udfff]"  # halves of characters, which no database takes
)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIGN_OF_BYTE = CROCKFORD.encode() * 8


def fold(text: str) -> str:
    """Lower case, no accents, Latin letters: “Éloïse” and “एलोइज” are found by what a keyboard can type."""
    return _SPACES.sub(" ", anyascii(unicodedata.normalize("NFC", text)).casefold()).strip()


def clean(text: str) -> str:
    """What a person typed, without control characters and direction marks, trimmed, in NFC. Lines stay lines."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", text)).strip()


def one_line(text: str) -> str:
    """What a person typed as one clean line: a line end in a name would be a second header of an e-mail."""
    return _LINE_ENDS.sub(" ", clean(text))


def make_token(length: int = 26) -> str:
    """An unguessable name for a public address: 5 bits a sign, so 130 bits by default."""
    return secrets.token_bytes(length).translate(_SIGN_OF_BYTE).decode()
