"""A donor with a gift, a mailbox that keeps what leaves, and browsers that are signed in as donors."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.models.session import hash_of
from app.contacts.models import Contact
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.jobs import Job
from app.kernel.text import make_token
from app.portal.models import LONGEST, DonorSession
from app.web.application import Application
from app.web.limits import limiter
from tests.accounts.conftest import Mailbox, Statements, mailbox, statements  # noqa: F401 - fixtures used here too
from tests.factories.contacts import make_contact
from tests.factories.giving import french_organisation, make_offline_gift

MAYA = "maya.lefevre@example.org"
ComeIn = Callable[..., FlaskClient]


def link_of(box: Mailbox) -> str:
    """The path of the link in the newest letter."""
    text = box.open()[-1].get_body(("plain",)).get_content()
    return re.search(r"http://localhost(/my/link/\S+)", text)[1]


def ask(client: FlaskClient, email: str = MAYA):
    """Ask for a link, as if nobody had asked before."""
    limiter.reset()
    return client.post("/my", data={"email": email})


def follow(client: FlaskClient, path: str):
    """Follow a link and press the button."""
    client.get(path)
    return client.post("/my/open")


def session_for(db: Session, contact: Contact, *, chosen: bool = True) -> str:
    """What the cookie of a new sign-in by a contact's first address says."""
    key, at = make_token(), now()
    record = DonorSession(
        contact_email_id=contact.emails[0].id, contact_id=contact.id if chosen else None, key_hash=hash_of(key),
        started_at=at, last_seen_at=at, expires_at=at + LONGEST,
    )  # fmt: skip
    db.add(record)
    db.flush()
    return record.cookie(key)


@pytest.fixture
def maya(database: Database) -> Contact:
    """A donor who gave 50 € by cheque in May 2026 and has a receipt."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        contact = make_contact(db, language="en")
        make_offline_gift(db, contact)
        db.execute(delete(Job))  # the thanks have been said
    return contact


@pytest.fixture
def come_in(app: Application) -> ComeIn:
    """Browsers that are signed in as a contact."""

    def enter(contact: Contact, client: FlaskClient | None = None, *, chosen: bool = True) -> FlaskClient:
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            cookie = session_for(db, db.get_one(Contact, contact.id), chosen=chosen)
        client = client or app.test_client()
        client.set_cookie("donor", cookie, domain="localhost")
        return client

    return enter


def deeds(database: Database, action: str) -> list[AuditEntry]:
    """What the audit says was done."""
    with database.reading() as db:
        return list(db.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))
