"""Finding people by what one remembers of them: part of a name, an e-mail, the beginning of a phone number, a city.

The database proposes candidates, each time from an index and never more than a few: those whose name begins so, those
who bear the words in another order, those who hold words that begin so anywhere. Only where nobody does are words that
are like the typed ones looked up among all words of names. Python ranks the candidates word by word: accents and typing
slips are forgiven, the order of words does not count, and Latin spellings find Devanagari names.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, lazyload

from app.contacts.models import Contact, ContactEmail
from app.contacts.models.search_index import SHORTEST
from app.contacts.rules.romanising import romanise
from app.kernel.text import clean, fold

LONGEST = 100
MOST_WORDS = 6
"""Words beyond that only help to rank."""
SPARE = 20
"""So many candidates beyond twice those that are wanted."""
ALIKE, LIKEST = 60, 8
"""Words of names that share trigrams with a typed one, and how many of them are followed."""
SAME, BEGINNING, ELSEWHERE = 100, 94, 3
"""The rating of a word that is one of ours, or begins one; and what it is less where it is none of the names."""
PLAIN = 88
"""The rating of somebody whose words are all found without a slip."""
GOOD_ENOUGH = 60
"""Per cent of the words that must be found, slips counted down."""
FURTHEST = 30
"""Per cent behind the best answer at which the others stop being answers."""
SAME_WORD = 75
"""Per cent of two words that agree when one is a slip of the other."""
NATIONAL = 5
"""Digits from which on a number may lack the code of its country."""
CALLING_CODES = tuple(map(str, COUNTRY_CODE_TO_REGION_CODE))
LOOKED_THROUGH = 2000
"""PostgreSQL: so many who begin with a word are looked through before all who hold it are."""
LEAST_ALIKE = "0.2"
"""PostgreSQL: share of the trigrams that agree: two letters changed round cost a short word most of them."""
AFTER_ALL = "\x7f"
"""Sorts after everything in a key: keys are ASCII, and sorted by their bytes."""
NAME_AND_EMAIL = lazyload(Contact.phones), lazyload(Contact.addresses)
"""What hits are told apart by."""
Rated = tuple[float, str, int]
Groups = Sequence[Sequence[str]]
"""For each typed word, what may stand for it."""
_PHONE = re.compile(r"\+?[\d\s().\-/]{3,}")
_WORD = re.compile(r"[a-z0-9]+")


def search_contacts(db: Session, text: str, limit: int = 20, *, is_brief: bool = False) -> list[Contact]:
    """The contacts that are most likely meant, best first; archived ones are left out. Any text is safe.

    Brief hits come with their e-mail addresses, and fetch a number or a place only when asked for it.
    """
    typed = clean(text[: LONGEST * 4])[:LONGEST]
    wanted, digits = fold(romanise(typed)), _digits_of(typed)
    if not _WORD.search(wanted):
        return []
    if digits:
        found = _Found(db, [digits], limit)
        found.add(_calling(found, digits))
        return found.load(is_brief=is_brief)
    # लक्ष्मी is Lakshmi letter by letter, and Laxmi on most passports
    found = _Found(db, list(dict.fromkeys((wanted, wanted.replace("x", "ksh")))), limit)
    for look in (_begins, _turned_round, _held, _similar):
        if not found.suffices(look):
            found.add(look(found))
    return found.load(is_brief=is_brief)


class _Found:
    """Who was found until now, and how well."""

    def __init__(self, db: Session, spellings: list[str], limit: int) -> None:
        self.db, self.spellings, self.limit = db, spellings, limit
        self.wanted = [_WORD.findall(each) for each in spellings]
        self.most = limit * 2 + SPARE
        self.rated: dict[int, Rated] = {}

    def suffices(self, look: Callable[["_Found"], set[int]]) -> bool:
        """Whether another look is not worth its time: enough are meant, or any at all before slips are forgiven."""
        meant = sum(rating >= PLAIN for rating, _name, _key in self.rated.values())
        return meant >= (1 if look is _similar else self.limit)

    def add(self, ids: set[int]) -> None:
        """Rate those who are not archived."""
        ids = ids - self.rated.keys()
        if not ids:
            return
        keys = select(Contact.id, Contact.sort_key, Contact.search_key)
        for row_id, sort_key, search_key in self.db.execute(
            keys.where(Contact.id.in_(ids), Contact.archived_at.is_(None))
        ):
            rating = max(_rate(search_key, sort_key, each) for each in self.wanted)
            self.rated[row_id] = (rating, sort_key, row_id)

    def load(self, *, is_brief: bool) -> list[Contact]:
        """Those near enough to the best, best first, then by name."""
        in_order = sorted(self.rated.values(), key=lambda row: (-row[0], row[1], row[2]))
        least = max(GOOD_ENOUGH, in_order[0][0] - FURTHEST) if in_order else 0
        ids = [row_id for rating, _name, row_id in in_order[: self.limit] if rating >= least]
        theirs = select(Contact).where(Contact.id.in_(ids)).options(*(NAME_AND_EMAIL if is_brief else ()))
        contacts = {contact.id: contact for contact in self.db.scalars(theirs)}
        return [contacts[row_id] for row_id in ids]


def _digits_of(typed: str) -> str:
    """The digits of a phone number without what differs between 06…, +33 6… and 0033 6…; "" if it is none."""
    if not _PHONE.fullmatch(typed):
        return ""
    digits = "".join(sign for sign in typed if sign in "0123456789").lstrip("0")
    return digits if len(digits) >= SHORTEST else ""


def _begins(found: _Found) -> set[int]:
    """Those whose family name comes first and begins so, or whose given name does; or whose e-mail address it is."""
    ids: set[int] = set()
    for wanted in found.spellings:
        for column in (Contact.sort_key, Contact.search_key):
            begins = select(Contact.id).where(*_prefix(column, wanted)).order_by(column)
            ids.update(found.db.scalars(begins.limit(found.most)))
        if "@" in wanted:
            theirs = select(ContactEmail.contact_id).where(ContactEmail.folded == wanted)
            ids.update(found.db.scalars(theirs.limit(found.most)))
    return ids


def _calling(found: _Found, digits: str) -> set[int]:
    """Those with a number that begins so, at home or with any country's code before it."""
    if found.db.get_bind().dialect.name == "postgresql":
        return _holding(found.db, [[digits]], found.most)
    codes = CALLING_CODES if len(digits) >= NATIONAL else ()
    return _holding(found.db, [[digits, f"0{digits}", *(f"{code}{digits}" for code in codes)]], found.most)


def _turned_round(found: _Found) -> set[int]:
    """Those who bear all the words, whichever of them comes first."""
    ids: set[int] = set()
    for wanted in found.spellings:
        words = [[word] for word in _words(wanted)]
        if len(words) > 1:
            ids |= _bearing(found, words)
    return ids


def _held(found: _Found) -> set[int]:
    """Those who hold a word that begins so for every typed one: of a name, an e-mail address, a city."""
    ids: set[int] = set()
    for wanted in found.spellings:
        words = [word for word in _words(wanted.partition("@")[0]) if len(word) >= SHORTEST]
        ids |= _holding(found.db, [[word] for word in words], found.most)
    return ids


def _similar(found: _Found) -> set[int]:
    """Those who bear words like the typed ones: all of them, else at least the longest."""
    ids: set[int] = set()
    for wanted in found.spellings:
        groups = [_alike(found.db, word) for word in _words(wanted) if len(word) >= SHORTEST]
        groups = [group for group in groups if group]
        if not groups:
            continue
        bearing = _bearing(found, groups) or _holding(found.db, groups, found.most)
        ids |= bearing or _bearing(found, [max(groups, key=lambda group: len(group[0]))])
    return ids


def _words(wanted: str) -> list[str]:
    return list(dict.fromkeys(_WORD.findall(wanted)))[:MOST_WORDS]


def _prefix(column: ColumnElement[str] | object, beginning: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= beginning, column < beginning + AFTER_ALL  # type: ignore[operator,return-value]


def _bearing(found: _Found, groups: Groups) -> set[int]:
    """By the names in their order: one word begins them, the others follow somewhere. An index alone answers."""
    ids: set[int] = set()
    for place, group in enumerate(groups):
        others = [
            or_(*(Contact.sort_key.contains(f" {word}", autoescape=True) for word in each))
            for index, each in enumerate(groups)
            if index != place
        ]
        for word in group:
            if len(word) < SHORTEST or len(ids) >= found.most:
                continue
            names = select(Contact.id).where(*_prefix(Contact.sort_key, word), *others)
            ids.update(found.db.scalars(names.limit(found.most)))
    return ids


def _holding(db: Session, groups: Groups, most: int) -> set[int]:
    """Some who hold a word of each group, by the index of words."""
    if not groups:
        return set()
    if db.get_bind().dialect.name == "postgresql":
        return _holding_letters(db, groups, most)
    # each word is of letters and digits alone, and quoted, so that none is an operator
    query = " AND ".join("({})".format(" OR ".join(f'"{word}"*' for word in group)) for group in groups)
    matching = text("SELECT rowid FROM contact_search WHERE contact_search MATCH :query LIMIT :most")
    return set(db.scalars(matching, {"query": query, "most": most}))


def _holding_letters(db: Session, groups: Groups, most: int) -> set[int]:
    """PostgreSQL: by the trigrams of what they hold, unless enough of those who begin with the first word do.

    A common name with a common city is borne by tens of thousands; the first of them are as good as any.
    """
    if len(groups) > 1:
        for word in groups[0]:
            of_that_name = select(Contact.id, Contact.search_key).where(*_prefix(Contact.search_key, word))
            first = of_that_name.order_by(Contact.search_key).limit(LOOKED_THROUGH).subquery()
            few = set(db.scalars(select(first.c.id).where(_letters(first.c.search_key, groups[1:])).limit(most)))
            if len(few) == most:
                return few
    return set(db.scalars(select(Contact.id).where(_letters(Contact.search_key, groups)).limit(most)))


def _letters(key: ColumnElement[str] | InstrumentedAttribute[str], groups: Groups) -> ColumnElement[bool]:
    return and_(*(or_(*(key.contains(word, autoescape=True) for word in group)) for group in groups))


def _alike(db: Session, wanted: str) -> list[str]:
    """The words of names that are most like a typed one, best first; itself if it begins one."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(select(func.set_config("pg_trgm.similarity_threshold", LEAST_ALIKE, False)))
        near = text(
            "SELECT word FROM contact_search_word WHERE word % :wanted "
            "ORDER BY similarity(word, :wanted) DESC, word LIMIT :most"
        )
        words: Iterable[str] = db.scalars(near, {"wanted": wanted, "most": ALIKE})
    else:
        trigrams = {wanted[place : place + SHORTEST] for place in range(len(wanted) - SHORTEST + 1)}
        near = text(
            "SELECT word FROM contact_search_alike WHERE contact_search_alike MATCH :query ORDER BY rank LIMIT :most"
        )
        query = " OR ".join(f'"{each}"' for each in sorted(trigrams))
        words = db.scalars(near, {"query": query, "most": ALIKE})
    rated = sorted(((_likeness(wanted, word), word) for word in set(words)), key=lambda each: (-each[0], each[1]))
    return [word for rating, word in rated if rating][:LIKEST]


def _rate(search_key: str, sort_key: str, wanted: Sequence[str]) -> float:
    """How much of the wanted words is found, 0 to about 100: long words weigh more, the whole name a little more."""
    named = _WORD.findall(sort_key)
    ours, names = set(_WORD.findall(search_key)), set(named)
    found = sum(len(word) * _found_among(word, names, ours) for word in wanted)
    is_whole_name = len(wanted) == len(named) and sorted(wanted) == sorted(named)
    return found / sum(map(len, wanted)) + 5 * is_whole_name


def _found_among(word: str, names: set[str], ours: set[str]) -> float:
    """How likely a wanted word is meant for one of somebody's names, or, a little less, of what else is theirs."""
    if word in names:
        return SAME
    if word in ours:
        return SAME - ELSEWHERE
    if any(each.startswith(word) for each in names):
        return BEGINNING  # no slip is likelier: most people end here, and comparing letters is what takes long
    return max((_likeness(word, each) - ELSEWHERE * (each not in names) for each in ours), default=0)


def _likeness(word: str, ours: str) -> float:
    """How likely a typed word means one of ours: the same, its beginning, a part of it, or a slip of the keys."""
    if word == ours:
        return SAME
    if ours.startswith(word):
        return BEGINNING
    if len(word) < SHORTEST:
        return 0
    if word in ours:
        return PLAIN
    slip = max(fuzz.ratio(word, ours), fuzz.ratio(word, ours[: len(word)]) - 5)
    return slip * 0.9 if slip >= SAME_WORD else 0
