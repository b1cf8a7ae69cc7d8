"""What the settings pages show."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from app.contacts.queries.search import search_contacts
from app.giving.models import StatutoryRate
from app.kernel.actors import ActorKind
from app.kernel.audit import AuditEntry
from app.kernel.organisation import the_organisation
from app.kernel.pages import SIZE, Page, Sort, paginate

NAMESAKES = 50
"""Contacts of a name whose entries are looked for."""


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the trail. Days are of the organisation's time zone, both included."""

    text: str = ""
    person: str = ""
    record_type: str = ""
    record_id: int | None = None
    action: str = ""
    request_id: str = ""
    since: date | None = None
    until: date | None = None
    hidden: tuple[str, ...] = ()
    """Deeds that the reader is not to know of."""

    def told(self) -> dict[str, str]:
        """What was asked for, without what was not: for links and for the entry that an export leaves."""
        asked = {name: value for name, value in asdict(self).items() if name != "hidden"}
        return {name: str(value) for name, value in asked.items() if value not in ("", None)}


def audit_query(db: Session, wanted: Wanted) -> Select[tuple[AuditEntry]]:
    """The entries that somebody looks for."""
    query: Select[tuple[AuditEntry]] = select(AuditEntry)
    for column in ("record_type", "record_id", "action", "request_id"):
        value = getattr(wanted, column)
        if value not in ("", None):
            query = query.where(getattr(AuditEntry, column) == value)
    if wanted.hidden:
        query = query.where(AuditEntry.action.not_in(wanted.hidden))
    if wanted.person.isdecimal():
        query = query.where(AuditEntry.actor_kind == ActorKind.STAFF.value, AuditEntry.actor_id == int(wanted.person))
    elif wanted.person:
        query = query.where(AuditEntry.actor_kind == wanted.person)
    zone = ZoneInfo(the_organisation(db).time_zone) if wanted.since or wanted.until else UTC
    if wanted.since:
        query = query.where(AuditEntry.created_at >= datetime.combine(wanted.since, time(), tzinfo=zone))
    if wanted.until:
        query = query.where(
            AuditEntry.created_at < datetime.combine(wanted.until, time(), tzinfo=zone) + timedelta(days=1)
        )
    return query.where(_said(db, wanted.text)) if wanted.text else query


def _said(db: Session, text: str) -> ColumnElement[bool]:
    """Words in the name of who acted, or of a contact; or the number of a record."""
    pattern = f"%{text.replace('%', '').replace('_', '')}%"
    alternatives: list[ColumnElement[bool]] = [AuditEntry.actor_name.ilike(pattern), AuditEntry.request_id == text]
    people = [contact.id for contact in search_contacts(db, text, limit=NAMESAKES)]
    if people:
        alternatives.append(and_(AuditEntry.record_type == "contact", AuditEntry.record_id.in_(people)))
    if text.isascii() and text.isdecimal() and len(text) < len(str(2**31)):
        alternatives.append(AuditEntry.record_id == int(text))
    return or_(*alternatives)


def audit_entries(db: Session, wanted: Wanted, *, cursor: str | None = None, size: int = SIZE) -> Page:
    """The trail, newest first, narrowed to what is looked for."""
    return paginate(db, audit_query(db, wanted), [Sort(AuditEntry.id, descending=True)], cursor=cursor, size=size)


def tax_table(db: Session) -> Sequence[StatutoryRate]:
    """Every rate: by regime and kind of donor, the newest first."""
    order = (StatutoryRate.regime, StatutoryRate.donor_kind.desc(), StatutoryRate.valid_from.desc())
    return db.scalars(select(StatutoryRate).order_by(*order)).all()
