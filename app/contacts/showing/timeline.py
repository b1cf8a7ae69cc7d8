"""What contacts themselves tell on the timeline: answers about consent, e-mails, additions and changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.contacts.showing.custom_fields import may_read_restricted, names_changed
from app.kernel.actors import ActorKind
from app.kernel.audit import AuditEntry
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import Message, MessageStatus
from app.web.feature import TimelineItem

PARTS = {
    "title": _l("Title"), "given_name": _l("First name"), "family_name": _l("Last name"), "group_name": _l("Name"),
    "legal_form": _l("Legal form"), "siren": _l("SIREN"), "language": _l("Language we write in"),
    "source": _l("How we came to know them"), "nickname": _l("Nickname"), "salutation": _l("How letters begin"),
    "birth_on": _l("Born on"), "birth_year": _l("Year of birth"), "is_deceased": _l("Deceased"),
    "deceased_on": _l("Died on"), "do_not_contact": _l("Do not contact"), "no_email": _l("Never by e-mail"),
    "no_phone": _l("Never by phone"), "no_post": _l("Never by post"),
}  # fmt: skip
FILLED = "custom_values.changed"
FEW, MANY = 30, 500


def most_shown() -> int:
    """How many happenings the page that is asked for shows: a few, or with `?timeline=all` as good as all.

    Panels that share what they read with the timeline read so many, so that it is asked for once.
    """
    return MANY if request.args.get("timeline") == "all" else FEW


def consents(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """What they agreed to and refused."""
    answers = db.get_one(Contact, contact_id).consents[: -limit - 1 : -1]
    return [
        TimelineItem(
            answer.created_at,
            "circle-check" if answer.is_given else "hand-stop",
            _("Agreed") if answer.is_given else _("Refused"),
            answer.wording.text(language()),
        )
        for answer in answers
    ]


def emails(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """What we sent them."""
    sent = select(Message).where(Message.about_type == "contact", Message.about_id == contact_id)
    return [
        TimelineItem(
            message.sent_at or message.created_at,
            "mail",
            mail_state(message),
            message.subject,
        )
        for message in db.scalars(sent.order_by(Message.id.desc()).limit(limit))
    ]


def mail_state(message: Message) -> str:
    """Whether an e-mail has left, in words."""
    if message.stopped_at is not None:
        return _("E-mail stopped before it left")
    return _("E-mail sent") if message.status is MessageStatus.SENT else _("E-mail on its way")


def changes(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """When they were added and what was changed since, from the audit."""
    entries = select(AuditEntry).where(
        AuditEntry.record_type == "contact", AuditEntry.record_id == contact_id,
        AuditEntry.action.in_(("created", "changed", *_fillings())),
    )  # fmt: skip
    found = db.scalars(entries.order_by(AuditEntry.id.desc()).limit(limit))
    return [TimelineItem(entry.created_at, *_told(entry)) for entry in found]


def _fillings() -> tuple[str, ...]:
    """The deeds of filling in custom fields that the reader may know of."""
    return (FILLED, f"{FILLED}_restricted") if may_read_restricted() else (FILLED,)


def _told(entry: AuditEntry) -> tuple[str, str, str]:
    """An entry's icon, title and detail."""
    who = _("the donor") if entry.actor_kind == ActorKind.PUBLIC else entry.actor_name
    if entry.action == "created":
        return "user-plus", _("Added by %(name)s", name=who), ""
    if entry.action.startswith(FILLED):
        return "forms", _("Fields filled in by %(name)s", name=who), ", ".join(names_changed(entry.changes))
    if "archived_at" in entry.changes:
        is_back = entry.changes["archived_at"][1] is None
        title = _("Taken out of the archive by %(name)s") if is_back else _("Archived by %(name)s")
        return "history" if is_back else "inbox", title % {"name": who}, ""
    return "pencil", _("Changed by %(name)s", name=who), _parts(entry.changes)


def _parts(changed: Mapping[str, Any]) -> str:
    parts = [str(label) for name, label in PARTS.items() if name in changed]
    return ", ".join(parts) or _("Ways to reach them")
