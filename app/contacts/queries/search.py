"""Finding people by what one remembers of them: part of a name, an e-mail, some digits of a phone, a city.

The database proposes candidates (those that begin so, then those that share trigrams), Python ranks them word by word:
accents and typing slips are forgiven, the order of words does not count, and Latin spellings find Devanagari names.
"""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz
from sqlalchemy import and_, func, select, text
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.contacts.rules.romanising import romanise
from app.kernel.text import clean, fold

LONGEST = 100
CANDIDATES = 300
SHORTEST = 3
"""Letters of a trigram."""
PLAIN = 88
"""The rating of somebody whose words are all found without a slip."""
GOOD_ENOUGH = 60
"""Per cent of the words that must be found, slips counted down."""
FURTHEST = 30
"""Per cent behind the best answer at which the others stop being answers."""
SAME_WORD = 75
"""Per cent of two words that agree when one is a slip of the other."""
ONE_WORD, MORE_WORDS = "0.4", "0.5"
"""Share of the trigrams that must agree: one typing slip costs a short word more of them."""
Rated = tuple[float, str, int]
_PHONE = re.compile(r"\+?[\d\s().\-/]{3,}")
_WORD = re.compile(r"[a-z0-9]+")


def search_contacts(db: Session, text: str, limit: int = 20) -> list[Contact]:
    """The contacts that are most likely meant, best first; archived ones are left out. Any text is safe."""
    typed = clean(text[: LONGEST * 4])[:LONGEST]
    wanted, digits = fold(romanise(typed)), _digits_of(typed)
    if not _WORD.search(wanted):
        return []
    if digits:
        return _load(db, _best(_rated(db, _holding(db, [digits]), [digits]))[:limit])
    # लक्ष्मी is Lakshmi letter by letter, and Laxmi on most passports
    spellings = list(dict.fromkeys((wanted, wanted.replace("x", "ksh"))))
    rated = _rated(db, _plain(db, spellings), spellings)
    if sum(rating >= PLAIN for rating, _name, _key in rated) < limit:
        rated += _rated(db, _similar(db, spellings) - {key for _rating, _name, key in rated}, spellings)
    return _load(db, _best(rated)[:limit])


def _rated(db: Session, ids: set[int], spellings: Sequence[str]) -> list[Rated]:
    """(rating, sort key, key) of those who are not archived."""
    keys = select(Contact.id, Contact.sort_key, Contact.search_key)
    found = db.execute(keys.where(Contact.id.in_(ids), Contact.archived_at.is_(None)))
    return [
        (max(_rate(search_key, sort_key, each) for each in spellings), sort_key, row_id)
        for row_id, sort_key, search_key in found
    ]


def _best(rated: list[Rated]) -> list[int]:
    """The keys of those near enough to the best, best first, then by name."""
    in_order = sorted(rated, key=lambda row: (-row[0], row[1], row[2]))
    least = max(GOOD_ENOUGH, in_order[0][0] - FURTHEST) if in_order else 0
    return [row_id for rating, _name, row_id in in_order if rating >= least]


def _load(db: Session, ids: list[int]) -> list[Contact]:
    contacts = {contact.id: contact for contact in db.scalars(select(Contact).where(Contact.id.in_(ids)))}
    return [contacts[row_id] for row_id in ids]


def _digits_of(typed: str) -> str:
    """The digits of a phone number without what differs between 06…, +33 6… and 0033 6…; "" if it is none."""
    if not _PHONE.fullmatch(typed):
        return ""
    digits = "".join(sign for sign in typed if sign in "0123456789").lstrip("0")
    return digits if len(digits) >= SHORTEST else ""


def _plain(db: Session, spellings: Sequence[str]) -> set[int]:
    """The keys of those whose family or whole name begins so, or who hold every word as it is typed."""
    found: set[int] = set()
    for wanted in spellings:
        for column in (Contact.sort_key, Contact.search_key):
            # keys are ASCII and sorted by their bytes: an index answers
            begins = select(Contact.id).where(column >= wanted, column < wanted + "\x7f")
            found.update(db.scalars(begins.order_by(column).limit(CANDIDATES)))
        found |= _holding(db, wanted.split())
    return found


def _holding(db: Session, words: Sequence[str]) -> set[int]:
    """The keys of some who hold all these words somewhere; words of one or two letters are not looked for."""
    words = [word for word in words if len(word) >= SHORTEST]
    if not words:
        return set()
    if db.get_bind().dialect.name == "postgresql":
        holds = and_(*(Contact.search_key.contains(word, autoescape=True) for word in words))
        return set(db.scalars(select(Contact.id).where(holds).limit(CANDIDATES)))
    return _with_trigrams(db, _trigrams(words), " AND ")


def _similar(db: Session, spellings: Sequence[str]) -> set[int]:
    """The keys of those who have most trigrams in common with the text, whatever their order."""
    found: set[int] = set()
    for wanted in spellings:
        if db.get_bind().dialect.name == "postgresql":
            found |= _word_similar(db, wanted)
        else:
            found |= _with_trigrams(db, _trigrams(wanted.split()), " OR ", "ORDER BY rank")
    return found


def _word_similar(db: Session, wanted: str) -> set[int]:
    """PostgreSQL: by pg_trgm's word similarity, the setting of which stays until this connection is given another."""
    least = MORE_WORDS if " " in wanted else ONE_WORD
    db.execute(select(func.set_config("pg_trgm.word_similarity_threshold", least, False)))
    nearness = func.word_similarity(wanted, Contact.search_key)
    alike = select(Contact.id).where(Contact.search_key.op("%>")(wanted)).order_by(nearness.desc(), Contact.id)
    return set(db.scalars(alike.limit(CANDIDATES)))


def _trigrams(words: Sequence[str]) -> list[str]:
    return sorted({word[place : place + SHORTEST] for word in words for place in range(len(word) - SHORTEST + 1)})


def _with_trigrams(db: Session, trigrams: Sequence[str], joiner: str, order: str = "") -> set[int]:
    """SQLite: by the FTS5 index; `joiner` and `order` are words of ours."""
    if not trigrams:
        return set()
    # each trigram is quoted, so that none is an operator
    query = joiner.join('"{}"'.format(each.replace('"', '""')) for each in trigrams)
    matching = text(f"SELECT rowid FROM contact_search WHERE contact_search MATCH :query {order} LIMIT :most")  # noqa: S608
    return set(db.scalars(matching, {"query": query, "most": CANDIDATES}))


def _rate(search_key: str, sort_key: str, wanted: str) -> float:
    """How much of the wanted words is found, 0 to about 100: long words weigh more, the whole name a little more."""
    ours, names = set(_WORD.findall(search_key)), set(_WORD.findall(sort_key))
    words = _WORD.findall(wanted)
    found = 0.0
    for word in words:
        found += len(word) * max((_likeness(word, each) - 3 * (each not in names) for each in ours), default=0)
    is_whole_name = sorted(words) == sorted(_WORD.findall(sort_key))
    return found / sum(map(len, words)) + 5 * is_whole_name


def _likeness(word: str, ours: str) -> float:
    """How likely a typed word means one of ours: the same, its beginning, a part of it, or a slip of the keys."""
    if word == ours:
        return 100
    if ours.startswith(word):
        return 94
    if len(word) < SHORTEST:
        return 0
    if word in ours:
        return PLAIN
    slip = max(fuzz.ratio(word, ours), fuzz.ratio(word, ours[: len(word)]) - 5)
    return slip * 0.9 if slip >= SAME_WORD else 0
