"""The story with a crowd around it, in one transaction: all of it is there, or nothing."""

from collections.abc import Callable
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
from app.seed.bulk.crowd import Crowd, World
from app.seed.bulk.generosity import Generosity, Purse
from app.seed.bulk.loading import Loading, Row, Shape, largest_key, loading
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
    with database.writing() as db:
        told, dice = tell_story(db, password), Random(plan.random_seed)  # noqa: S311 - the same crowd for one seed
        db.flush()
        more = max(0, plan.contacts - told.contacts), max(0, plan.gifts - told.gifts)
        began = perf_counter()
        first = _people(db, dice, more[0], progress)
        between = perf_counter()
        if more[0] and more[1]:
            _gifts(db, dice, more[1], range(first, first + more[0]), progress)
        done = Filled(told.contacts + more[0], told.gifts + more[1], between - began, perf_counter() - between)
        organisation = the_organisation(db)
        audit.note(db, SYSTEM, "database.seeded", organisation, contacts=done.contacts, gifts=done.gifts)
    _look_around(database)
    return done


def _people(db: Session, dice: Random, count: int, progress: Progress) -> int:
    """Bring so many contacts; the key of the first."""
    for name, colour in TAGS:
        db.add(Tag(name=name, key=fold(name), colour=colour))
    db.flush()
    world, connection = _world(db), db.connection()
    first = largest_key(connection, "contact") + 1
    with loading(connection, [shape.table for shape in crowd.SHAPES], progress.says) as into:
        Crowd(world, dice, first).write(count, into, progress.contacts)
    owners = db.scalars(select(StaffUser.id).order_by(StaffUser.id)).all()
    tasks: list[Row] = [
        (SUBJECTS[place % 4], f"{world.today}", owners[place % 3], first + place * ONE_IN, _instant())
        for place in range(min(MOST_TASKS, count // ONE_IN))
    ]
    Loading(connection).put(TASK, tasks)
    return first


def _gifts(db: Session, dice: Random, count: int, donors: range, progress: Progress) -> None:
    """Let them give, and work out every donor's totals from the gifts themselves."""
    connection = db.connection()
    organisation = the_organisation(db)
    keys = largest_key(connection, "gift") + 1, largest_key(connection, "payment") + 1
    funds = db.scalars(select(Fund.id).order_by(Fund.id)).all()
    purse = Purse(*keys, funds, today(organisation.time_zone), organisation)
    tables = [*(shape.table for shape in generosity.SHAPES), "giving_total"]
    with loading(connection, tables, progress.says) as into:
        Generosity(purse, dice).write(count, donors, into, progress.gifts)
        fill_in_totals(db, from_gift=keys[0])


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
