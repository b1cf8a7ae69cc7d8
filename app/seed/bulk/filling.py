"""The story with a crowd around it, in one transaction: all of it is there, or nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from time import perf_counter

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import ConsentWording, RelationshipType
from app.contacts.models.tag import Tag, TagColour
from app.funds.models import Fund
from app.giving.services.totals import fill_in_totals
from app.kernel import audit
from app.kernel.actors import SYSTEM
from app.kernel.clock import now, today
from app.kernel.db import Database
from app.kernel.organisation import the_organisation
from app.kernel.text import fold
from app.seed.bulk import crowd, generosity
from app.seed.bulk.apart import Make, Parcel, maker
from app.seed.bulk.crowd import Crowd, World
from app.seed.bulk.generosity import Generosity, Purse, days_until
from app.seed.bulk.loading import Loading, Row, Shape, largest_key, loading
from app.seed.bulk.parcels import SHAPES, Gifts, People
from app.seed.bulk.searching import known_of
from app.seed.story import tell_story

TAGS = (
    ("Concert 2024", TagColour.VIOLET), ("Major donor", TagColour.AMBER), ("Newsletter on paper", TagColour.GREY),
    ("Volunteer", TagColour.GREEN), ("Press", TagColour.BLUE), ("Legacy prospect", TagColour.TEAL),
)  # fmt: skip
TASK = Shape(
    "task", ("subject", "due_on", "owner_id", "contact_id", "created_at"),
    {"notes": "", "is_important": False, "status": "open", "version": 1}, crowd.BORN,
)  # fmt: skip
SUBJECTS = ("Call to thank", "Ask for the new address", "Invite to the concert", "Send the yearly report")
ONE_IN, MOST_TASKS = 400, 2_000


@dataclass(frozen=True)
class Plan:
    """How much there shall be in all, the story's part included, and the number that decides who comes."""

    contacts: int
    gifts: int
    random_seed: int = 2010
    apart_from: int = 20_000
    """From so many contacts or gifts on they are made in a second process, while this one writes."""


@dataclass(frozen=True)
class Progress:
    """Who is told how it goes: a number of contacts or of gifts more; what is built."""

    contacts: Callable[[int], None]
    gifts: Callable[[int], None]
    says: Callable[[str], None]


@dataclass(frozen=True)
class Filled:
    """How much was made, and how long the crowd with its ways to reach people took, in seconds, and then its gifts."""

    contacts: int
    gifts: int
    contact_seconds: float
    gift_seconds: float


def fill(database: Database, password: str, plan: Plan, progress: Progress) -> Filled:
    """Tell the story, and bring the crowd.

    Raises:
        Refused: there is somebody in the database already.

    """
    is_apart = max(plan.contacts, plan.gifts) >= plan.apart_from
    with maker(is_apart=is_apart) as made_by, database.writing() as db:
        told = tell_story(db, password)
        db.flush()
        filling = _Filling(db, plan.random_seed, progress, made_by)
        more = max(0, plan.contacts - told.contacts), max(0, plan.gifts - told.gifts)
        began = perf_counter()
        first = filling.people(more[0])
        between = perf_counter()
        if more[0] and more[1]:
            filling.gifts(more[1], range(first, first + more[0]))
        done = Filled(told.contacts + more[0], told.gifts + more[1], between - began, perf_counter() - between)
        organisation = the_organisation(db)
        audit.note(db, SYSTEM, "database.seeded", organisation, contacts=done.contacts, gifts=done.gifts)
    _look_around(database)
    return done


@dataclass(frozen=True)
class _Filling:
    """Brings people and their gifts into one transaction."""

    db: Session
    random_seed: int
    progress: Progress
    made_by: Callable[[Make], Iterator[Parcel]]

    def people(self, count: int) -> int:
        """Bring so many contacts; the key of the first."""
        for name, colour in TAGS:
            self.db.add(Tag(name=name, key=fold(name), colour=colour))
        self.db.flush()
        world, connection = _world(self.db), self.db.connection()
        first = largest_key(connection, "contact") + 1
        people = Crowd(world, self._dice("people"), first)
        tables = [shape.table for shape in crowd.SHAPES]
        with loading(connection, tables, self.progress.says, is_search_brought=True) as into:
            known = known_of(connection)
            self._put(People(people, count, known, into.is_postgresql), into, self.progress.contacts)
        owners = self.db.scalars(select(StaffUser.id).order_by(StaffUser.id)).all()
        tasks: list[Row] = [
            (SUBJECTS[place % 4], f"{world.today}", owners[place % 3], first + place * ONE_IN, _instant())
            for place in range(min(MOST_TASKS, count // ONE_IN))
        ]
        Loading(connection).put(TASK, tasks)
        return first

    def gifts(self, count: int, donors: range) -> None:
        """Let them give, and work out every donor's totals from the gifts themselves."""
        connection = self.db.connection()
        organisation = the_organisation(self.db)
        keys = largest_key(connection, "gift") + 1, largest_key(connection, "payment") + 1
        funds = self.db.scalars(select(Fund.id).order_by(Fund.id)).all()
        purse = Purse(*keys, funds, days_until(today(organisation.time_zone), organisation))
        tables = [*(shape.table for shape in generosity.SHAPES), "giving_total"]
        with loading(connection, tables, self.progress.says) as into:
            given = Gifts(Generosity(purse, self._dice("gifts")), count, donors, into.is_postgresql)
            self._put(given, into, self.progress.gifts)
            fill_in_totals(self.db, from_gift=keys[0])

    def _put(self, make: Make, into: Loading, on_progress: Callable[[int], None]) -> None:
        for made, rows in self.made_by(make):
            for table, part in rows.items():
                into.put_packed(SHAPES[table], part)
            on_progress(made)

    def _dice(self, purpose: str) -> Random:
        """The same people for one number, however many gifts; and the same gifts, wherever the people were made."""
        return Random(self.random_seed if purpose == "people" else f"{self.random_seed} {purpose}")  # noqa: S311


def _world(db: Session) -> World:
    wordings = select(ConsentWording).where(ConsentWording.is_current).order_by(ConsentWording.id)
    return World(
        [(f"{each.purpose}:{each.channel.value}", each.id) for each in db.scalars(wordings)],
        list(db.scalars(select(Tag.id).order_by(Tag.id))),
        {each.code: each.id for each in db.scalars(select(RelationshipType))},
        today(the_organisation(db).time_zone),
    )


def _instant() -> str:
    return f"{now():%Y-%m-%d %H:%M:%S}.000000"


def _look_around(database: Database) -> None:
    """Let the database see what it has, so that it plans well from the first question on."""
    if database.engine.dialect.name == "sqlite":
        with database.writing() as db:
            db.execute(text("ANALYZE"))
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
