"""The people, households and organisations of a crowd, as rows: who they are, how to reach them, what they agreed to.

The keys that searches use are put together of folded parts, exactly as `Contact.refresh` would make them of the whole:
a test compares. Every number, address and name is invented; domains end in ".example" (RFC 2606).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from app.contacts.rules.greetings import Person, greetings_of
from app.seed.bulk.loading import Loading, Row, Shape
from app.seed.bulk.names import GROUPS, Name, name_of, names_of
from app.seed.bulk.places import Town, number_in, places_of

BATCH = 5_000
DOMAINS = ("exemple.example", "courriel.example", "poste.example", "mel.example", "boite.example")
SOURCES = ("Paper file", "Autumn concert", "Website", "Petition", "Diaspora evening", "")
ORIGINS = (("fr", "FR", "fr", 80), ("ne", "NP", "ne", 7), ("deva", "NP", "ne", 3), ("en", "GB", "en", 10))
"""(names, country, language, how many of a hundred)"""
LIVES = tuple(origin[:3] for origin in ORIGINS for _ in range(origin[3]))
Place = tuple[str, Town, str]
"""(country, town, street with its number)"""
HOUSEHOLDS, ORGANISATIONS = 0.03, 0.07
"""Shares of what comes next: a household brings two people with it."""
BORN = frozenset({"created_at"})

CONTACT = Shape(
    "contact",
    ("id", "kind", "title", "given_name", "family_name", "group_name", "legal_form", "language", "is_deceased",
     "do_not_contact", "no_email", "source", "created_at", "changed_at", "sort_key", "search_key"),
    {"siren": "", "version": 1}, frozenset({"created_at", "changed_at"}),
)  # fmt: skip
EMAIL = Shape("contact_email", ("contact_id", "created_at", "address", "folded", "is_primary"), {"label": ""}, BORN)
PHONE = Shape("contact_phone", ("contact_id", "created_at", "number", "typed", "is_primary"), {"label": ""}, BORN)
ADDRESS = Shape(
    "contact_address",
    ("contact_id", "created_at", "street", "postcode", "city", "postcode_key", "city_key", "country"),
    {"region": "", "label": "", "is_primary": True}, BORN,
)  # fmt: skip
CONSENT = Shape("consent", ("contact_id", "wording_id", "is_given", "source", "language", "created_at"), {}, BORN)
TAGGED = Shape("contact_tag", ("contact_id", "tag_id", "created_at"), {}, BORN)
HOME = Shape(
    "household", ("contact_id", "formal_greeting", "informal_greeting", "created_at"),
    {"is_name_manual": False, "is_formal_manual": False, "is_informal_manual": False, "version": 1}, BORN,
)  # fmt: skip
MEMBER = Shape(
    "household_member", ("household_id", "person_id", "created_at"),
    {"role": "", "is_in_name": True, "is_in_formal": True, "is_in_informal": True, "version": 1}, BORN,
)  # fmt: skip
TIE = Shape(
    "relationship", ("type_id", "is_symmetric", "is_employment", "first_id", "second_id", "is_primary", "created_at"),
    {"note": "", "version": 1}, BORN,
)  # fmt: skip
SHAPES = (CONTACT, EMAIL, PHONE, ADDRESS, CONSENT, TAGGED, HOME, MEMBER, TIE)


@dataclass(frozen=True)
class World:
    """What the crowd refers to: consent wordings (purpose and channel, key), tags, kinds of ties by their code."""

    wordings: Sequence[tuple[str, int]]
    tags: Sequence[int]
    ties: dict[str, int]
    today: date


@dataclass
class Crowd:
    """Makes contacts one after the other, in the order of their keys."""

    world: World
    dice: Random
    next_id: int
    rows: dict[str, list[Row]] = field(default_factory=lambda: {shape.table: [] for shape in SHAPES})
    employer: int = 0
    names: set[str] = field(default_factory=set)
    """What the sort keys of all of them are put together of, each once."""

    def __post_init__(self) -> None:
        days = [self.world.today - timedelta(days=ago) for ago in range(1, 6 * 365)]
        self.instants = [f"{day} {9 + day.day % 9:02}:{day.day * 3 % 60:02}:00.000000" for day in days]

    def write(self, count: int, into: Loading, on_progress: Callable[[int], None]) -> None:
        """Make so many contacts with all that is theirs, and put them in batch by batch."""
        for made, rows in self.batches(count):
            for shape in SHAPES:
                into.put(shape, rows[shape.table])
            on_progress(made)

    def batches(self, count: int) -> Iterator[tuple[int, dict[str, list[Row]]]]:
        """Make so many contacts: how many more there are, and the rows of each table, which are good until the next."""
        for made in self._steps(count):
            yield made, self.rows
            for rows in self.rows.values():
                rows.clear()

    def _steps(self, count: int) -> Iterator[int]:
        last = before = self.next_id
        end, random = self.next_id + count, self.dice.random
        while self.next_id < end:
            chance = random()
            if chance < HOUSEHOLDS and end - self.next_id >= 3:
                self._household()
            elif chance > 1 - ORGANISATIONS:
                self._organisation()
            else:
                self._somebody()
            if self.next_id - last >= BATCH:
                yield self.next_id - last
                last = self.next_id
        if self.next_id > last or last == before:
            yield self.next_id - last

    def _somebody(self) -> None:
        dice = self.dice.random
        origin, country, language = LIVES[int(dice() * 100)]
        given, family = names_of(origin)
        one = given[int(len(given) * dice() ** 1.5)]
        other = family[int(len(family) * dice() ** 3)]
        if origin == "fr" and dice() < 0.02:
            other = _together(other, family[int(len(family) * dice() ** 3)])
        contact_id = self._person(one, other, language, self._place(country))
        if self.employer and dice() < 0.03:
            self._tie("employment", contact_id, self.employer, is_primary=True)

    def _household(self) -> None:
        dice = self.dice.random
        origin, country, language = LIVES[int(dice() * 100)]
        given, families = names_of(origin)
        family = families[int(len(families) * dice() ** 3)]
        pair = given[int(len(given) * dice())], given[int(len(given) * dice())]
        titles = ("Mme", "M.") if language == "fr" else ("", "")
        both = list(zip(titles, pair, strict=True))
        people = [Person(title=title, given=each.text, family=family.text) for title, each in both]
        strings, place, at = greetings_of(people, language), self._place(country), self._instant()
        home = self._group(strings.name.text, "household", "", language)
        self._reach(home, "", place, at)
        one, other = (self._person(each, family, language, place, title=title) for title, each in both)
        self.rows["household"].append((home, strings.formal.text, strings.informal.text, at))
        self.rows["household_member"] += [(home, one, at), (home, other, at)]
        self._tie("spouse", one, other)

    def _organisation(self) -> None:
        pattern, form = GROUPS[int(self.dice.random() * len(GROUPS))]
        families = names_of("fr")[1]
        family = families[int(len(families) * self.dice.random() ** 2)]
        self.employer = self._group(pattern.format(family.text), "organisation", form, "fr")
        self._reach(self.employer, family.local, self._place("FR"), self._instant())

    def _person(self, given: Name, family: Name, language: str, place: Place, *, title: str | None = None) -> int:
        dice = self.dice.random
        contact_id, at, self.next_id = self.next_id, self._instant(), self.next_id + 1
        chance, is_alone = dice(), title is None
        if title is None:
            title = ("", "Mme", "M.")[int(chance * 3)] if language == "fr" else ""
        written, spoken = f"{given.folded} {family.folded}", f"{given.spoken} {family.spoken}"
        key = written if written == spoken else f"{written} {spoken}"
        key += self._reach(contact_id, f"{given.local}.{family.local}", place, at)
        self.rows["contact"].append((
            contact_id, "person", title, given.text, family.text, "", "", language,
            is_alone and chance < 0.012, 0.5 < chance < 0.506, 0.7 < chance < 0.73,
            SOURCES[int(chance * 600) % 6], at, at, f"{family.spoken} {given.spoken}", key,
        ))  # fmt: skip
        self.names.update((family.spoken, given.spoken))
        self._agree(contact_id, language, at)
        return contact_id

    def _group(self, name: str, kind: str, legal_form: str, language: str) -> int:
        contact_id, at, self.next_id = self.next_id, self._instant(), self.next_id + 1
        called = name_of(name)
        key = called.folded if called.folded == called.spoken else f"{called.folded} {called.spoken}"
        self.rows["contact"].append((
            contact_id, kind, "", "", "", name, legal_form, language, False, False, False, "", at, at, called.spoken,
            key,
        ))  # fmt: skip
        self.names.add(called.spoken)
        return contact_id

    def _reach(self, contact_id: int, local: str, place: Place, at: str) -> str:
        """Give them an e-mail address, numbers and a postal address, most of them; what the search key says of it.

        A group's key is completed here, because its row stands already.
        """
        dice, mails, numbers, digits = self.dice.random, [], [], []
        country, town, street = place
        for turn in range((dice() < 0.86) + (dice() < 0.12) if local else 0):
            mails.append(f"{local}{contact_id}@{DOMAINS[(contact_id + turn) % 5]}")
            self.rows["contact_email"].append((contact_id, at, mails[-1], mails[-1], turn == 0))
        for turn in range((dice() < 0.58) + (dice() < 0.08) if local else 0):
            number, typed, plain = number_in(country, self.dice)
            numbers.append(number)
            digits.append(plain)
            self.rows["contact_phone"].append((contact_id, at, number, typed, turn == 0))
        words = [*mails, *numbers, *digits]
        if dice() < 0.93:
            words.append(town.city_key)
            self.rows["contact_address"].append(
                (contact_id, at, street, town.postcode, town.city, town.postcode_key, town.city_key, country)
            )
        said = "".join([f" {word}" for word in dict.fromkeys(words)])
        mine = self.rows["contact"][-1] if self.rows["contact"] else (0,)
        if mine[0] == contact_id:
            self.rows["contact"][-1] = (*mine[:-1], f"{mine[-1]}{said}")
        return said

    def _agree(self, contact_id: int, language: str, at: str) -> None:
        """More than half have answered what we asked; some have tags."""
        dice = self.dice.random
        if dice() < 0.55:
            for _purpose, wording in self.world.wordings:
                if dice() < 0.6:
                    self.rows["consent"].append((contact_id, wording, dice() < 0.72, "giving form", language, at))
        if self.world.tags and dice() < 0.2:
            tag = self.world.tags[int(len(self.world.tags) * dice() ** 2)]
            self.rows["contact_tag"].append((contact_id, tag, at))

    def _tie(self, code: str, first: int, second: int, *, is_primary: bool = False) -> None:
        if code in self.world.ties:
            row = (self.world.ties[code], code == "spouse", code == "employment", first, second, is_primary)
            self.rows["relationship"].append((*row, self._instant()))

    def _place(self, country: str) -> Place:
        towns, streets = places_of(country)
        dice = self.dice.random
        return (
            country,
            towns[int(len(towns) * dice())],
            f"{1 + int(dice() * 140)} {streets[int(len(streets) * dice())]}",
        )

    def _instant(self) -> str:
        return self.instants[int(len(self.instants) * self.dice.random())]


def _together(one: Name, other: Name) -> Name:
    """A double name, as people of two families have it; its parts are folded already."""
    return Name(
        f"{one.text}-{other.text}",
        f"{one.folded}-{other.folded}",
        f"{one.spoken}-{other.spoken}",
        one.local + other.local,
    )
