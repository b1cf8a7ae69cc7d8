"""E-mails: written down in the transaction of their cause, sent by a job, recognisable when they come twice.

A message's Message-ID is made once and kept, so that a copy sent after a crash is known as the same message.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database, Record
from app.kernel.errors import Outside
from app.kernel.jobs import Work, enqueue, job
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token, one_line

TIMEOUT = 20
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SEVEN_BITS = policy.default.clone(cte_type="7bit")
"""Letters with accents travel encoded, so that no server on the way needs to know 8BITMIME."""
AS_WRITTEN = SEVEN_BITS.clone(linesep="\r\n", mangle_from_=False)


class MessageStatus(StrEnum):
    """Whether a message has left."""

    WAITING = "waiting"
    SENT = "sent"


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Filling:
    """Words that stand in a message only when it leaves, as a link that lets somebody in: they are kept nowhere."""

    place: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a service wants sent. `about_*` name the record whose timeline shows it (a contact, usually)."""

    to_address: str
    to_name: str
    subject: str
    text: str
    html: str
    language: str
    purpose: str
    about_type: str | None = None
    about_id: int | None = None
    attachments: tuple[tuple[str, int], ...] = ()


class Message(Record):
    """One e-mail, kept with its text. Attachments are named by kind and key and made when it leaves."""

    __tablename__ = "message"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_an_instant"),
        CheckConstraint("(about_type IS NULL) = (about_id IS NULL)", name="about_is_whole"),
        CheckConstraint("stopped_at IS NULL OR status = 'waiting'", name="stopped_is_not_sent"),
        Index("ix_message_about", "about_type", "about_id", "id"),
    )

    to_address: Mapped[str]
    to_name: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    language: Mapped[str] = mapped_column()
    purpose: Mapped[str] = mapped_column(index=True)
    about_type: Mapped[str | None] = mapped_column(default=None)
    about_id: Mapped[int | None] = mapped_column(default=None)
    attachments: Mapped[list[Any]] = mapped_column(default_factory=list)
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[MessageStatus] = mapped_column(default=MessageStatus.WAITING)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)
    """When it was decided, before it left, that it never will: it is kept, and nothing sends it any more."""

    def mark_sent(self, at: datetime) -> None:
        """It was handed to the mail server."""
        self.status, self.sent_at, self.stopped_at = MessageStatus.SENT, at, None

    def stop(self, at: datetime) -> None:
        """It will not leave any more; nothing happens to one that has left."""
        self.stopped_at = at if self.status is MessageStatus.WAITING else None


class Mailer(Protocol):
    """Hands a finished message to a mail server."""

    def send(self, message: EmailMessage) -> None:
        """Send it.

        Raises:
            Outside: the server did not take it.

        """


class Renderer(Protocol):
    """Turns a mail template into (subject, text, HTML) in a language. Plugged in by the web layer."""

    def letter(self, template: str, language: str, **values: object) -> tuple[str, str, str]:
        """The parts of the letter `template` ("giving/emails/thanks")."""


Guard = Callable[[Session, "Message"], bool]
_guards: dict[str, Guard] = {}


def guard(about_type: str) -> Callable[[Guard], Guard]:
    """Declare who says, at the moment a message about such a record would leave, whether it still may.

    One that may not is stopped for good: it is kept, and its job is done.
    """

    def declare(function: Guard) -> Guard:
        _guards[about_type] = function
        return function

    return declare


AttachmentMaker = Callable[[Work, int], Attachment | Filling]
_makers: dict[str, AttachmentMaker] = {}


def attachment(kind: str) -> Callable[[AttachmentMaker], AttachmentMaker]:
    """Declare how attachments of a kind ("receipt"), or words filled in at the end, are made from a record's key."""

    def declare(function: AttachmentMaker) -> AttachmentMaker:
        _makers[kind] = function
        return function

    return declare


def post(db: Session, letter: Letter) -> Message:
    """Write down a message and the job that sends it."""
    message = Message(
        to_address=one_line(letter.to_address), to_name=one_line(letter.to_name), subject=one_line(letter.subject),
        text=letter.text, html=letter.html, language=letter.language, purpose=letter.purpose,
        about_type=letter.about_type, about_id=letter.about_id, attachments=[list(each) for each in letter.attachments],
    )  # fmt: skip
    db.add(message)
    db.flush()  # the job needs its key
    enqueue(db, send_message, message_id=message.id)
    return message


@job("mail.send")
def send_message(work: Work, *, message_id: int) -> None:
    """Send one message unless it has left already or may not leave any more. No transaction is open meanwhile.

    Raises:
        Outside: nobody to send it as is set, or the server did not take it.

    """
    with work.database.reading() as db:
        message = db.get_one(Message, message_id)
        organisation = the_organisation(db)
        sender = (organisation.name, organisation.sender_address)
        reply_to = organisation.email
        may_leave = _guards.get(message.about_type or "", _always)(db, message)
    if message.status is MessageStatus.SENT or message.stopped_at is not None:
        return
    if not may_leave:
        _stop(work.database, message_id)
        return
    if not sender[1]:
        raise Outside("The organisation has no sender address")
    parts = [_makers[kind](work, key) for kind, key in message.attachments]
    work.ports.get(Mailer).send(_mime(message, sender, reply_to, parts))
    _mark_sent(work.database, message_id)


def _always(_db: Session, _message: Message) -> bool:
    return True


def _stop(database: Database, message_id: int) -> None:
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(Message, message_id).stop(now())


def _mark_sent(database: Database, message_id: int) -> None:
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(Message, message_id).mark_sent(now())


def _mime(
    message: Message, sender: tuple[str, str], reply_to: str | None, parts: list[Attachment | Filling]
) -> EmailMessage:
    mime = EmailMessage(policy=SEVEN_BITS)
    mime["From"] = _address(*sender)
    mime["To"] = _address(message.to_name, message.to_address)
    if reply_to:
        mime["Reply-To"] = _address("", reply_to)
    mime["Subject"] = message.subject
    mime["Date"] = format_datetime(message.created_at)
    mime["Message-ID"] = f"<{message.token.lower()}@{mime['From'].addresses[0].domain}>"
    mime["Auto-Submitted"] = "auto-generated"
    mime.set_content(_filled(message.text, parts))
    mime.add_alternative(_filled(message.html, parts), subtype="html")
    for each in parts:
        if isinstance(each, Filling):
            continue
        main, _, sub = each.media_type.partition("/")
        mime.add_attachment(each.content, maintype=main, subtype=sub, filename=each.filename)
    mime["Content-Language"] = message.language  # last, for what is added moves such headers into its first part
    return mime


def _filled(text: str, parts: list[Attachment | Filling]) -> str:
    for each in parts:
        if isinstance(each, Filling):
            text = text.replace(each.place, each.words)
    return text


def _address(name: str, address: str) -> Address:
    """With the domain as mail servers know it; an accent before the @ only reaches servers that speak SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return Address(one_line(name), local, domain.encode("idna").decode("ascii"))


class SmtpMailer:
    """A mail server at `smtp://`, `smtp+starttls://` or `smtps://[user:password@]host[:port]`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://host:25")
        self._parts = parts

    def send(self, message: EmailMessage) -> None:
        """Send it, with a connection of its own.

        Raises:
            Outside: the server did not take it.

        """
        try:
            with self._connect() as server:
                self._introduce_ourselves(server)
                _hand_over(server, message)
        except (OSError, smtplib.SMTPException) as error:
            raise Outside("The mail server did not take the message") from error

    def _connect(self) -> smtplib.SMTP:
        parts = self._parts
        host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=TIMEOUT)

    def _introduce_ourselves(self, server: smtplib.SMTP) -> None:
        if self._parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if self._parts.username:
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    """What `send_message` does, save that a line which begins with "From " stays as it was written.

    Sender and recipients are taken from the head, where none of them is hidden; an accent before an @ needs SMTPUTF8.
    """
    server.ehlo_or_helo_if_needed()
    sender = message["From"].addresses[0].addr_spec
    recipients = [each.addr_spec for each in message["To"].addresses]
    is_plain = "".join([sender, *recipients]).isascii()
    if not is_plain and not server.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError("The mail server knows no addresses with accents")
    travels = AS_WRITTEN if is_plain else AS_WRITTEN.clone(utf8=True)
    options = () if is_plain else ("SMTPUTF8", "BODY=8BITMIME")
    server.sendmail(sender, recipients, message.as_bytes(policy=travels), options)


class NoMailer:
    """No mail server is set: messages wait, visibly, until one is."""

    def send(self, message: EmailMessage) -> None:  # noqa: ARG002 - the port's signature
        """Refuse.

        Raises:
            Outside: always.

        """
        raise Outside("SMTP_URL is not set")
