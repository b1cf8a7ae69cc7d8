"""One administrator with a password, ways to knock at the door, and a mailbox that keeps what leaves."""

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.accounts.queries.staff import all_roles
from app.accounts.services import StaffDetails, create_staff
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.db import Database
from app.kernel.mail import Mailer
from app.kernel.organisation import the_organisation
from app.web.application import Application

PASSWORD = "seven quiet mountains"


def knock(client: FlaskClient, email: str = "asha@example.org", password: str = PASSWORD, **query: str):
    """Try to sign in."""
    return client.post("/sign-in", data={"email": email, "password": password}, query_string=query)


def hire(db: Session, email: str, *roles: str, name: str = "Asha") -> StaffUser:
    """Somebody with a password and these roles."""
    given = [role for role in all_roles(db) if role.name in roles]
    details = StaffDetails(email=email, name=name, language="en", roles=given, password=PASSWORD)
    return create_staff(db, details, actor=SYSTEM)


def role_id(database: Database, name: str) -> str:
    """The key of a role, as forms send it."""
    with database.reading() as db:
        return next(str(role.id) for role in all_roles(db) if role.name == name)


def deeds(database: Database, action: str) -> list[AuditEntry]:
    """What the audit says was done."""
    with database.reading() as db:
        return list(db.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


@pytest.fixture
def asha(database: Database) -> StaffUser:
    """An administrator who signs in as asha@example.org with PASSWORD."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        return hire(db, "asha@example.org", "Administrator")


class Statements:
    """What is asked of the database, in order, without the values."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __call__(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        """Keep one."""
        self._found.append(statement)

    def take(self) -> list[str]:
        """What was asked since the last time, but for the beginnings of transactions."""
        found, self._found = self._found, []
        return [each for each in found if not each.startswith(("BEGIN", "PRAGMA"))]


@pytest.fixture
def statements(database: Database) -> Iterator[Statements]:
    """Every statement from here on."""
    found = Statements()
    event.listen(database.engine, "before_cursor_execute", found)
    yield found
    event.remove(database.engine, "before_cursor_execute", found)


class Mailbox:
    """A mailer that keeps what it is handed."""

    def __init__(self, run_jobs: Callable[[], int]) -> None:
        self._run_jobs = run_jobs
        self._kept: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        """Keep it."""
        self._kept.append(message)

    def open(self) -> list[EmailMessage]:
        """Carry out every job, and take out what came since the last time."""
        self._run_jobs()
        kept, self._kept = self._kept, []
        return kept

    def link(self) -> str:
        """The path of the link in the one letter that came."""
        (letter,) = self.open()
        return link_in(letter)


def link_in(letter: EmailMessage) -> str:
    """The path of the one-time link in a letter."""
    text = letter.get_body(("plain",)).get_content()
    return re.search(r"http://localhost(/link/\S+)", text)[1]


@pytest.fixture
def mailbox(app: Application, run_jobs: Callable[[], int]) -> Iterator[Mailbox]:
    """Where every letter of this test arrives."""
    before, box = app.ports.get(Mailer), Mailbox(run_jobs)
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        the_organisation(db).sender_address = "bonjour@example.org"
    app.ports.provide(Mailer, box)
    yield box
    app.ports.provide(Mailer, before)
