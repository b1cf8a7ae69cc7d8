"""What the pages of one contact cost the database does not depend on how many others there are.

Counted in steps of SQLite's virtual machine, which are the same on every machine and at every hour.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, RelationshipType
from app.contacts.models.tag import Tag
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.seed.bulk.crowd import SHAPES, Crowd, World
from app.seed.bulk.loading import largest_key, loading
from app.web.application import Application
from tests.conftest import SignIn
from tests.factories.contacts import make_contact, make_wording
from tests.factories.giving import french_organisation
from tests.factories.tags import make_tag

pytestmark = pytest.mark.db

FEW, MANY = 300, 6_000
EVERY = 10
"""Steps between two looks of ours."""
MOST = 1.3, 1_000
"""Times as many steps as among few, and so many more, for trees that are a level deeper."""


@pytest.fixture(autouse=True)
def _only_where_steps_are_counted(app: Application) -> None:
    if app.database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL tells no number of steps")


@contextmanager
def steps(app: Application) -> Iterator[Callable[[], int]]:
    """How many steps the database took meanwhile."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += EVERY

    def listen(connection: Any, *_rest: Any) -> None:
        connection.connection.driver_connection.set_progress_handler(step, EVERY)

    engines = (app.database.engine, app.database.glances)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    yield lambda: taken
    for engine in engines:
        event.remove(engine, "before_cursor_execute", listen)


def crowd(db: Session, count: int) -> None:
    connection = db.connection()
    ties = {each.code: each.id for each in db.scalars(select(RelationshipType))}
    world = World([("news:email", 1)], list(db.scalars(select(Tag.id))), ties, today("Europe/Paris"))
    with loading(connection, [shape.table for shape in SHAPES], lambda _what: None) as into:
        people = Crowd(world, Random(count), largest_key(connection, "contact") + 1)
        people.write(count, into, lambda _more: None)


def cost(app: Application, client: FlaskClient, address: str) -> int:
    """The steps of a page that has been asked for before."""
    client.get(address)
    with steps(app) as taken:
        answer = client.get(address)
    assert answer.status_code == 200, answer.status
    return taken()


def test_the_pages_of_a_contact_cost_the_same_among_many_as_among_few(app: Application, sign_in: SignIn) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        make_wording(db)
        for name in ("Press", "Volunteer", "Concert"):
            make_tag(db, name)
        contact: Contact = make_contact(db, given_name="Odile", family_name="Quéméneur")
        db.flush()
        crowd(db, FEW)
        key = contact.id
    client = sign_in()
    addresses = [
        each.format(key)
        for each in (
            "/contacts/{}",
            "/contacts/{}/edit",
            "/contacts/{}/tags",
            "/contacts/{}/notes",
            "/contacts/{}/consents/",
        )
    ]
    before = {address: cost(app, client, address) for address in addresses}
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        crowd(db, MANY)
    after = {address: cost(app, client, address) for address in addresses}

    grown = {each: (before[each], after[each]) for each in addresses if after[each] > MOST[0] * before[each] + MOST[1]}
    assert not grown
