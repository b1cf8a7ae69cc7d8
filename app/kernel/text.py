"""Text as searching sees it: one folded form for accents, capitals and scripts."""

import re
import secrets
import unicodedata

from anyascii import anyascii

_SPACES = re.compile(r"\s+")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def fold(text: str) -> str:
    """Lower case, no accents, Latin letters: “Éloïse” and “एलोइज” are found by what a keyboard can type."""
    return _SPACES.sub(" ", anyascii(unicodedata.normalize("NFC", text)).casefold()).strip()


def clean(text: str) -> str:
    """What a person typed, without control characters and direction marks, trimmed, in NFC."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", text)).strip()


def make_token(length: int = 26) -> str:
    """An unguessable name for a public address: 5 bits a sign, so 130 bits by default."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))
