"""Whether two names are one person's, whatever the accents, the order, the initials and the script."""

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import product

from rapidfuzz import fuzz

from app.contacts.rules.romanising import is_devanagari, romanise
from app.kernel.text import fold

SPELT_ALIKE = 85
"""Per cent of two spellings of one word that agree: Shreshtha and Shrestha do, Ramesh and Rajesh do not."""


class Likeness(IntEnum):
    """How far two names are one: not at all, one written more briefly than the other, or quite the same."""

    DIFFERENT = 0
    BRIEFER = 1
    SAME = 2


def words_of(text: str) -> list[str]:
    """The folded words of a text, without signs between."""
    return re.findall(r"[a-z0-9]+", fold(text))


def key_of(*texts: str) -> str:
    """What remains of texts when accents, capitals, spaces and signs do not count."""
    return "".join("".join(words_of(text)) for text in texts)


@dataclass(frozen=True)
class PersonName:
    """A person's given and family names as they were written."""

    given: str
    family: str


def compare_people(one: PersonName, other: PersonName) -> Likeness:
    """Whether two people of the same e-mail address are one, whatever the order, accents, initials and middle names.

    Two different given names are two people: couples share addresses.
    """
    whole = key_of(one.given, one.family)
    if whole in {key_of(other.given, other.family), key_of(other.family, other.given)}:
        return Likeness.SAME
    if _spelt_alike(one, other):
        return Likeness.SAME
    for ours, theirs in product(_orders(one), _orders(other)):
        is_same_family = key_of(ours.family) == key_of(theirs.family) != ""
        if is_same_family and _given_alike(words_of(ours.given), words_of(theirs.given)):
            return Likeness.BRIEFER
    return Likeness.DIFFERENT


def _orders(name: PersonName) -> tuple[PersonName, PersonName]:
    return name, PersonName(name.family, name.given)


def _given_alike(one: list[str], other: list[str]) -> bool:
    """Jean = J. = Jean-Pierre = JP = none at all, but not Jeanne."""
    brief, full = sorted((one, other), key=lambda words: len("".join(words)))
    if "".join(brief) == "".join(word[0] for word in full):
        return True
    return all(a == b or (1 in {len(a), len(b)} and a[0] == b[0]) for a, b in zip(brief, full, strict=False))


def _spelt_alike(one: PersonName, other: PersonName) -> bool:
    """Whether one is written in Devanagari and the other as it is usually spelt in Latin letters, word for word."""
    written = [f"{name.given} {name.family}" for name in (one, other)]
    if is_devanagari(written[0]) == is_devanagari(written[1]):
        return False
    spelt, typed = (words_of(romanise(name)) for name in written)
    alike = (fuzz.ratio(a, b) >= SPELT_ALIKE for a, b in zip(spelt, typed, strict=False))
    return len(spelt) == len(typed) and all(alike)
