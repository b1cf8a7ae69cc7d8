"""Words for background work that belongs to no feature of its own, and for the parts of the installation."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import Message
from app.web.feature import Concern, JobWords

PARTS: Mapping[str, Text] = {
    "worker": _l("Background worker"),
    "queue": _l("Queue of tasks"),
    "duties": _l("Regular duties"),
    "gateway": _l("Messages of the payment service"),
    "mail": _l("Letters"),
    "database": _l("Database"),
    "disk": _l("Disk"),
}


def part_in_words(name: str) -> str:
    """What a part of the installation is called; any other code stays as it is."""
    return str(PARTS.get(name, name))


def parts_in_words(facts: Mapping[str, Any]) -> list[str]:
    """The parts that a watch found not to be well, in their usual order: databases keep none."""
    return [str(words) for name, words in PARTS.items() if name in facts]


def letters_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The letters that jobs send, by their subjects."""
    query = select(Message.id, Message.subject).where(Message.id.in_(keys))
    return {row.id: Concern(row.subject) for row in db.execute(query)}


JOBS = (
    JobWords("mail.send", _l("Send a letter"), "message_id", letters_concerned),
    JobWords("operations.tell", _l("Tell the operator what a duty found")),
    JobWords("accounts.invite", _l("Invite a colleague")),
    JobWords("accounts.reset", _l("Send a colleague a link to a new password")),
    JobWords("accounts.password_changed", _l("Tell a colleague that their password changed")),
    JobWords("accounts.new_device", _l("Tell a colleague of a sign-in with a new device")),
    JobWords("accounts.security_news", _l("Tell a colleague of a change of their sign-in")),
)
