"""Devanagari names in the Latin letters their bearers use, so that a Latin keyboard finds them.

Sign-by-sign transliteration leaves out the vowel that every Devanagari consonant carries ("hri" for हरि); people
write it ("Hari"). The rule here is that of Nepali: the carried vowel is spoken, except at the end of a word after
a single consonant (राम is Ram, but श्रेष्ठ keeps it: Shrestha).
"""

import re
import unicodedata

CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "ng", "च": "ch", "छ": "chh", "ज": "j", "झ": "jh", "ञ": "n",
    "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n",
    "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "v", "श": "sh",
    "ष": "sh", "स": "s", "ह": "h", "ळ": "l",
}  # fmt: skip
VOWELS = {
    "अ": "a", "आ": "a", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ऋ": "ri", "ए": "e", "ऐ": "ai", "ओ": "o", "औ": "au",
}  # fmt: skip
VOWEL_SIGNS = {"ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "ृ": "ri", "े": "e", "ै": "ai", "ो": "o", "ौ": "au"}
MARKS = {"ं": "n", "ँ": "n", "ः": "h"}
VIRAMA = "्"
NUKTA = "़"
_WORD = re.compile(r"[\u0900-\u097f]+")


def romanise(text: str) -> str:
    """The text with its Devanagari words in Latin letters; everything else stays as it is."""
    return _WORD.sub(_in_latin, unicodedata.normalize("NFC", text))


def is_devanagari(text: str) -> bool:
    """Whether any of the text is in Devanagari."""
    return _WORD.search(text) is not None


def _in_latin(match: re.Match[str]) -> str:
    word = match[0].replace("ज्ञ", "ग्य")
    signs = [sign for sign in unicodedata.normalize("NFD", word) if sign != NUKTA]
    written: list[str] = []
    for place, sign in enumerate(signs):
        following = signs[place + 1] if place + 1 < len(signs) else ""
        if sign in CONSONANTS:
            written.append(CONSONANTS[sign])
            is_conjunct = place > 0 and signs[place - 1] == VIRAMA
            if _carries_vowel(following, is_conjunct=is_conjunct, is_alone=len(signs) == 1):
                written.append("a")
        else:
            written.append(VOWELS.get(sign) or VOWEL_SIGNS.get(sign) or MARKS.get(sign) or "")
    return "".join(written)


def _carries_vowel(following: str, *, is_conjunct: bool, is_alone: bool) -> bool:
    """Whether the consonant before `following` ("" at the end of the word) is spoken with its own vowel."""
    if following in VOWEL_SIGNS or following == VIRAMA:
        return False
    return following != "" or is_conjunct or is_alone
