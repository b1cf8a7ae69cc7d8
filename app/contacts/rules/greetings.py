"""How a household is called and greeted, worked out from its members alone; no database.

Three strings: the name (Famille Gurung), the formal greeting (Mme Maya et M. Ram Gurung) and the informal one (Maya
et Ram). Members of one family name stand together, so that the name is said once. They are the rules fundraisers know
from Salesforce's Nonprofit Success Pack, but for one: where nobody is left to greet there is no "Anonymous", only the
reason why there is no string.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.text import fold

MOST_SHOWN = 9
"""So many people, or family names, stand in a string; the rest are "others"."""
LAST_OF_LATIN = "\u024f"
AND = {"fr": "et", "en": "and", "ne": "र"}
OTHERS = {"fr": "les autres", "en": "others", "ne": "अन्य"}
CALLED = {"fr": "Famille {}", "en": "{} Household", "ne": "{} परिवार"}


class Why(StrEnum):
    """Why there is no string."""

    NO_MEMBER = "no_member"
    ALL_LEFT_OUT = "all_left_out"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member as the strings see them, and in which of the three they stand."""

    title: str = ""
    given: str = ""
    family: str = ""
    is_deceased: bool = False
    is_in_name: bool = True
    is_in_formal: bool = True
    is_in_informal: bool = True


@dataclass(frozen=True)
class Words:
    """A string, or why there is none."""

    text: str = ""
    why: Why | None = None


@dataclass(frozen=True)
class Greetings:
    """The three strings of a household."""

    name: Words
    formal: Words
    informal: Words


def greetings_of(members: Sequence[Person], language: str) -> Greetings:
    """The three strings for these members, in this order, in the household's language (else in English).

    The deceased are left out, unless nobody of the household lives. The order of members is kept, but for those of one
    family name, who stand where the first of them stands.
    """
    code = language if language in AND else "en"
    named = [each for each in map(_tidy, members) if each.given or each.family]
    living = [each for each in named if not each.is_deceased] or named
    return Greetings(
        name=_string([each for each in living if each.is_in_name], named, code, _name),
        formal=_string([each for each in living if each.is_in_formal], named, code, _formal),
        informal=_string([each for each in living if each.is_in_informal], named, code, _informal),
    )


Make = Callable[[list[list[Person]], str], str]


def _string(shown: list[Person], members: list[Person], code: str, make: Make) -> Words:
    if not shown:
        return Words(why=Why.ALL_LEFT_OUT if members else Why.NO_MEMBER)
    return Words(make(_families(shown), code))


def _name(families: list[list[Person]], code: str) -> str:
    """Famille Gurung et Lefèvre; whoever has no family name is called by the given one."""
    names = [group[0].family or group[0].given for group in families]
    return CALLED[code].format(_listed(names[:MOST_SHOWN], code, is_cut=len(names) > MOST_SHOWN))


def _formal(families: list[list[Person]], code: str) -> str:
    """Mme Maya et M. Ram Gurung et Dr Anna Lefèvre: title and first name, grouped before the family name."""
    kept, is_cut = _cut(families)
    said = [_joined(_listed([_joined(p.title, p.given) for p in group], code), group[0].family) for group in kept]
    return _listed(said, code, is_cut=is_cut)


def _informal(families: list[list[Person]], code: str) -> str:
    """Maya, Ram et Anna; whoever has no first name is called by the title and the family name."""
    kept, is_cut = _cut(families)
    names = [person.given or _joined(person.title, person.family) for group in kept for person in group]
    return _listed(names, code, is_cut=is_cut)


def _cut(families: list[list[Person]]) -> tuple[list[list[Person]], bool]:
    """The first so many people, still in their families, and whether others are left."""
    kept, room = [], MOST_SHOWN
    for group in families:
        if room:
            kept.append(group[:room])
            room -= len(kept[-1])
    return kept, sum(map(len, families)) > MOST_SHOWN


def _families(people: Iterable[Person]) -> list[list[Person]]:
    """Those of one family name together; whoever has none stands alone."""
    groups: dict[object, list[Person]] = {}
    for place, person in enumerate(people):
        groups.setdefault(_key(person.family) or place, []).append(person)
    return list(groups.values())


def _key(family: str) -> str:
    """Accents and capitals do not make another family of Latin names; other scripts are told apart sign by sign."""
    is_latin = all(sign <= LAST_OF_LATIN for sign in family)
    return (fold(family) if is_latin else "") or family.casefold()


def _listed(texts: Sequence[str], code: str, *, is_cut: bool = False) -> str:
    """One, two and three; blanks are left out, and "others" stand last."""
    parts = [text for text in texts if text] + ([OTHERS[code]] if is_cut else [])
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {AND[code]} {parts[-1]}"


def _joined(*texts: str) -> str:
    """Texts with one space between; an empty one takes the space beside it along."""
    return " ".join(text for text in texts if text)


def _tidy(person: Person) -> Person:
    parts = {name: " ".join(getattr(person, name).split()) for name in ("title", "given", "family")}
    return Person(**{**vars(person), **parts})
