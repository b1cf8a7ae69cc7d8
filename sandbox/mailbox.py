"""A mail catcher for demos and tests: takes every message by SMTP, delivers none, and shows them on a page.

`python -m sandbox.mailbox --smtp-port P --http-port P --store DIR` serves until it is stopped. In a test,
`with Mailbox() as mailbox:` gives a server of its own, and `mailbox.messages` what it has received.
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aiosmtpd.controller import Controller
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.mailbox_pages import create_pages

if TYPE_CHECKING:
    from types import TracebackType

    from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Caught:
    """One message as it came in: its number (1 is the first), when it says that it was sent (UTC), and itself."""

    number: int
    sent_at: datetime
    message: EmailMessage


def _sent_at(message: EmailMessage) -> datetime | None:
    """The instant in its header: in a demo whose days pass faster it is not the machine's."""
    said: datetime | None = message["date"].datetime if message["date"] else None
    return said.astimezone(UTC) if said else None


class MailStore:
    """The messages in a folder, one `.eml` file each, so that a restart keeps them. Safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = threading.Lock()
        self._parsed: dict[int, Caught] = {}
        self._last = max(self.numbers(), default=0)

    def numbers(self) -> list[int]:
        """The numbers of the messages, oldest first."""
        return sorted(int(path.stem) for path in self.folder.glob("*.eml") if path.stem.isdecimal())

    def keep(self, source: bytes) -> int:
        """Add a message; its number. It is written aside first, so that a reader never sees half of one."""
        with self._lock:
            self._last += 1
            aside = self.folder / f"{self._last:06}.part"
            aside.write_bytes(source)
            aside.replace(aside.with_suffix(".eml"))
            return self._last

    def find(self, number: int) -> Caught | None:
        """One message, or None if there is none of that number."""
        if number not in self._parsed:
            path = self.folder / f"{number:06}.eml"
            try:
                source, changed = path.read_bytes(), path.stat().st_mtime
            except FileNotFoundError:
                return None
            message = message_from_bytes(source, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self._parsed[number] = Caught(number, _sent_at(message) or datetime.fromtimestamp(changed, UTC), message)
        return self._parsed[number]

    def all(self) -> list[Caught]:
        """Every message, oldest first."""
        return [caught for number in self.numbers() if (caught := self.find(number))]

    def clear(self) -> None:
        """Delete every message. Numbers go on where they were, so that an old link never shows another mail."""
        with self._lock:
            for number in self.numbers():
                (self.folder / f"{number:06}.eml").unlink(missing_ok=True)
            self._parsed.clear()


class _Receiver:
    """What the SMTP server hands each message to."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message under the envelope's addresses, which its own headers need not show (blind copies)."""
        headers = [f"Return-Path: <{envelope.mail_from or ''}>"]
        headers += [f"Delivered-To: {address}" for address in envelope.rcpt_tos]
        content = envelope.original_content or b""
        self._store.keep("\r\n".join([*headers, ""]).encode() + content)
        return "250 Kept"


class Mailbox:
    """An SMTP server on the loopback interface that keeps what it is given.

    Without a folder the messages live as long as the mailbox; without a port it takes a free one.
    """

    def __init__(self, folder: Path | None = None, *, port: int | None = None) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="mailbox-")
        self.store = MailStore(folder or Path(self._temporary.name if self._temporary else ""))
        self.port = port or free_port()
        self._controller = Controller(_Receiver(self.store), hostname=HOST, port=self.port, enable_SMTPUTF8=True)

    @property
    def url(self) -> str:
        """What SMTP_URL should be."""
        return f"smtp://{HOST}:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """Every message received, oldest first."""
        return [caught.message for caught in self.store.all()]

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken (asked first, as the server would take seconds to say so)."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, self.port))
        self._controller.start()

    def stop(self) -> None:
        """Stop listening, and forget the messages that were in no folder of the caller's."""
        self._controller.stop(no_assert=True)
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.stop()


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open and does not log requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing about each request."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def main(argv: list[str]) -> int:
    """Serve until interrupted: 0 then, 2 when a port is taken."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox", description="Catch mail and show it.")
    parser.add_argument("--smtp-port", type=int, default=8002)
    parser.add_argument("--http-port", type=int, default=8003)
    parser.add_argument("--store", type=Path, default=Path("var/mail"), help="the folder that keeps the messages")
    given = parser.parse_args(argv)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    mailbox = Mailbox(given.store, port=given.smtp_port)
    try:
        server = make_server(
            HOST, given.http_port, create_pages(mailbox.store), threaded=True, request_handler=_QuietHandler
        )
        mailbox.start()
    except (OSError, SystemExit):
        sys.stderr.write(f"Port {given.smtp_port} or {given.http_port} is taken; choose others.\n")
        return 2
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    finally:
        mailbox.stop()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
