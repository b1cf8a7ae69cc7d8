"""Programs killed at the worst moment, not at a random one: while they open a checkout, take a message, send a mail."""

import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.giving.models import Submission
from app.payments.models import Checkout, GatewayEvent
from tests.faults.aftermath import findings, settle
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Wish
from tests.faults.stacks import Ground, gone
from tests.stack import Stack, eventually

HANGS = 8.0
"""Seconds for which the payment service leaves a call without an answer: less than we wait."""


class SlowSmtp:
    """A mail server that hands messages on to another and says so late: `taken` is set once it has handed one on."""

    def __init__(self, onward: int) -> None:
        self._onward, self.taken, self.may_answer = onward, threading.Event(), threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as line, suppress(OSError):

            def say(words: str) -> None:
                line.write(f"{words}\r\n".encode())
                line.flush()

            say("220 slow")
            to, by = "", ""
            while words := line.readline().decode(errors="replace").strip():
                verb = words[:4].upper()
                if verb == "MAIL":
                    by = words.partition("<")[2].partition(">")[0]
                elif verb == "RCPT":
                    to = words.partition("<")[2].partition(">")[0]
                elif verb == "DATA":
                    say("354 go on")
                    self._hand_on(by, to, b"".join(iter(line.readline, b".\r\n")))
                    self.taken.set()
                    self.may_answer.wait(60)
                say("250 yes")

    def _hand_on(self, by: str, to: str, content: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self._onward, timeout=20) as other:
            other.sendmail(by, [to], content)

    def close(self) -> None:
        """Listen no more."""
        self.may_answer.set()
        self._listening.close()


@contextmanager
def killed_during(stack: Stack, name: str, doing: Callable[[], object]) -> Iterator[None]:
    """Do something in a thread; the block waits until it is in the middle, and then the program is killed."""
    thread = threading.Thread(target=doing, daemon=True)
    thread.start()
    yield
    stack.kill(name)
    thread.join(60)
    stack.restart(name)


def rows(stack: Stack, table: type) -> int:
    with stack.database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_kill_at_the_worst_moment_is_made_good(database: Ground, tmp_path: Path) -> None:
    with database.started(tmp_path) as stack:
        donor = Donor(stack, Wish(1, "card", 42, wants_receipt=True), Browser("192.0.2.1", time.monotonic() + 200))
        typed = donor.fill_in()
        page = while_a_checkout_is_opened(stack, donor, typed)
        while_a_message_is_taken(stack, donor, page)
        donor.arrive()
        while_a_mail_is_sent(stack, donor)
        settle(stack)
        assert not (found := findings(stack, [donor.story], {})), "\n".join(found)


def while_a_checkout_is_opened(stack: Stack, donor: Donor, typed: dict[str, str]) -> str:
    """The payment service has made the page, and we died before we knew: whoever presses again gets that page."""
    stack.act("knobs", hang_seconds=HANGS)
    before = rows(stack, Submission)
    with killed_during(stack, "site", lambda: donor.browser.ask(donor.form, typed)):
        eventually(lambda: rows(stack, Submission) > before, "the gift that was written down")
        time.sleep(0.5)
    stack.act("knobs", hang_seconds=0)
    answer = donor.browser.ask(donor.form, typed)
    assert answer is not None
    assert answer.status_code == 303
    assert rows(stack, Submission) == before + 1
    with stack.database.reading() as db:
        assert db.scalars(select(Checkout.page_url).order_by(Checkout.id.desc())).first() == answer.headers["Location"]
    return answer.headers["Location"]


def while_a_message_is_taken(stack: Stack, donor: Donor, page: str) -> None:
    """The message is in our hands and not stored: the payment service sends it again."""
    before = rows(stack, GatewayEvent)
    with gone(stack)():
        donor.pay(page)
        eventually(lambda: any(each["attempts"] for each in stack.look("deliveries")["data"]), "a message on its way")
        time.sleep(0.5)
        stack.kill("site")
    assert rows(stack, GatewayEvent) == before
    stack.kill("worker")  # so that the letter is not sent yet
    stack.restart("site")
    stack.act("deliver")
    stack.wait_for_webhooks()
    assert rows(stack, GatewayEvent) > before


def while_a_mail_is_sent(stack: Stack, donor: Donor) -> None:
    """The mail server has taken the letter, and we died before it said so: the same letter goes out once more."""
    onward = int(stack.env["SMTP_URL"].rpartition(":")[2])
    slow = SlowSmtp(onward)
    stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{slow.port}"
    try:
        stack.restart("worker")
        assert slow.taken.wait(60)
        eventually(lambda: stack.mails(donor.wish.email), "the first copy")
        stack.kill("worker")
    finally:
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{onward}"
        slow.close()
    stack.restart("worker")
    settle(stack)
    copies = stack.mails(donor.wish.email)
    assert len(copies) > 1
    assert len({dict(each["headers"])["Message-ID"] for each in copies}) == 1
