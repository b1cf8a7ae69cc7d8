"""The demo, as `make demo` starts it: the site, its worker, the payment sandbox and the mail catcher, as one.

Everything it keeps is in `var/demo`; everything it starts ends with it. It listens on this machine only.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from demo.children import Children, ChildStoppedError, ending_with_parent

if TYPE_CHECKING:
    from types import FrameType
    from typing import TextIO

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "var" / "demo"
HOST = "127.0.0.1"
PASSWORD = "yak-butter-tea-at-dawn"  # noqa: S105 -- of invented staff in an invented charity
STAFF = (
    ("admin@planete-nepal.example", "administrator, in French"),
    ("fundraiser@planete-nepal.example", "fundraiser, in English"),
    ("finance@planete-nepal.example", "finance, in French"),
    ("reader@planete-nepal.example", "may only read, in Nepali"),
)
GIVING_FORM = "soutenir"
PATIENCE = 60.0


class CannotStartError(Exception):
    """Why the demo does not start, as one line that says what to do."""


@dataclass(frozen=True)
class Ports:
    """Four ports in a row: the site, the payment sandbox, mail by SMTP, and the page that shows mail."""

    site: int

    @property
    def stripe(self) -> int:
        """Where the payment sandbox listens."""
        return self.site + 1

    @property
    def smtp(self) -> int:
        """Where mail is caught."""
        return self.site + 2

    @property
    def mail_page(self) -> int:
        """Where caught mail is shown."""
        return self.site + 3

    @classmethod
    def chosen(cls, text: str) -> Ports:
        """The ports from PORT, all free.

        Raises:
            CannotStartError: it is no port, or one of the four is taken.

        """
        if not text.isdecimal() or not 1024 <= int(text) <= 65_000:
            raise CannotStartError(f"PORT must be a number from 1024 to 65000, not {text!r}.")
        ports = cls(int(text))
        for port in (ports.site, ports.stripe, ports.smtp, ports.mail_page):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    other = "8100" if ports.site != 8100 else "8200"
                    raise CannotStartError(
                        f"Port {port} is taken by another program. Choose another: make demo PORT={other}"
                    ) from None
        return ports


def claim_folder() -> None:
    """Keep `var/demo` for this demo alone, until its process ends.

    Raises:
        CannotStartError: another demo runs from this folder.

    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = os.open(FOLDER.with_name("demo.lock"), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held until the process ends
    except BlockingIOError:
        raise CannotStartError("The demo already runs from this folder; stop that one first (Ctrl-C there).") from None


def prepare_folder(*, fresh: bool) -> dict[str, str]:
    """Make `var/demo` ready, emptied first if `fresh`, and give its secrets. It must have been claimed."""
    if fresh:
        shutil.rmtree(FOLDER)
        FOLDER.mkdir()
    kept = FOLDER / "secrets.json"
    if not kept.is_file():
        made = {
            "SECRET_KEY": secrets.token_hex(32),
            "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
            "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
        }
        with os.fdopen(os.open(kept, os.O_CREAT | os.O_WRONLY, 0o600), "w") as target:
            json.dump(made, target)
    found: dict[str, str] = json.loads(kept.read_text())
    return found


def environment(ports: Ports, made: dict[str, str]) -> dict[str, str]:
    """What the product is told: each of its settings, so that a `.env` of the checkout changes nothing here."""
    stripe = f"http://{HOST}:{ports.stripe}"
    settings = {
        **made,
        "DATABASE_URL": f"sqlite:///{FOLDER / 'sahayog.db'}",
        "QUEUE_URL": f"sqlite:///{FOLDER / 'queue.db'}",
        "PUBLIC_URL": f"http://{HOST}:{ports.site}",
        "SMTP_URL": f"smtp://{HOST}:{ports.smtp}",
        "STRIPE_API_BASE": stripe,
        "STRIPE_CHECKOUT_ORIGINS": stripe,
        "RATE_LIMIT_URL": "memory://",
        "TRUSTED_PROXIES": "0",
        "LOG_LEVEL": "WARNING",
        "DEMO_CLOCK_FILE": str(FOLDER / "clock"),
        "SESSION_IDLE_MINUTES": "999999",  # a year that passes signs nobody out
        "SESSION_HOURS": "99999",
    }
    return {**os.environ, **settings}


def flask(*words: str) -> list[str]:
    """A command of the product."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *words]


def fill_database(env: dict[str, str]) -> bool:
    """Bring the database up to date; fill it if this folder's has not been filled yet, and say whether it was.

    Raises:
        CannotStartError: with the command's own words.

    """
    filled = FOLDER / "filled"
    is_new = not filled.exists()
    if is_new:
        say("Filling a new database with an invented charity …")
    _run_or_stop(flask("db", "upgrade"), env)
    if is_new:
        say(_run_or_stop(flask("seed", "--password", PASSWORD), env))
        filled.touch()
    return is_new


def _run_or_stop(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise CannotStartError(f"{said}\nThe database could not be prepared. To start over: make demo FRESH=1")
    return done.stdout.strip()


def start_all(children: Children, ports: Ports, env: dict[str, str]) -> None:
    """Start the five programs. The sandbox's and the catcher's come first, as the site speaks to them."""
    webhook = f"{env['PUBLIC_URL']}/webhooks/stripe"
    python = sys.executable
    children.start("payments", [python, "-m", "sandbox", "--port", str(ports.stripe), "--webhook", webhook,
                   "--secret", env["STRIPE_WEBHOOK_SECRETS"], "--state", str(FOLDER / "stripe.db"), "--calendar",
                   "--events", _run_or_stop(flask("payments", "kinds"), env)], env)  # fmt: skip
    children.start("mail", [python, "-m", "sandbox.mailbox", "--smtp-port", str(ports.smtp),
                   "--http-port", str(ports.mail_page), "--store", str(FOLDER / "mail")], env)  # fmt: skip
    children.start("site", [python, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(ports.site),
                   "--workers", "1", "--blocking-threads", "4", "--workers-kill-timeout", "2",
                   "--log-level", "warning", "wsgi:app"], env)  # fmt: skip
    children.start("worker", flask("worker"), env)
    children.start("calendar", [python, "-m", "demo.calendar", "--sandbox", env["STRIPE_API_BASE"]], env)


def wait_until_up(children: Children, ports: Ports) -> None:
    """Wait until each of the programs answers.

    Raises:
        ChildStoppedError: one of them ended.
        CannotStartError: they run, but do not answer in a minute.

    """
    waiting = {ports.site: "/healthz", ports.stripe: "/_sandbox", ports.mail_page: "/messages.json"}
    give_up = time.monotonic() + PATIENCE
    while waiting:
        waiting = {port: path for port, path in waiting.items() if not _answers(port, path)}
        if time.monotonic() > give_up:
            raise CannotStartError(f"Nothing answers at port {min(waiting)} after {PATIENCE:.0f} seconds.")
        children.watch(0.1)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(ports: Ports) -> str:
    """What to open and how to sign in, in a box."""
    site = f"http://{HOST}:{ports.site}"
    lines = [
        "Sahayog runs. Nothing here is real: no money moves, no mail leaves this machine.",
        "",
        f"Give, as a donor          {site}/give/{GIVING_FORM}",
        f"The back office, as staff {site}/",
        f"Every e-mail sent         http://{HOST}:{ports.mail_page}/",
        f"The payment sandbox       http://{HOST}:{ports.stripe}/_sandbox",
        "",
        f"Staff sign in with the password  {PASSWORD}",
        *(f"  {email:<34}{role}" for email, role in STAFF),
        "",
        "Cards: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined,",
        "4000 0025 0000 3155 asks for 3-D Secure; any later date, any code.",
        "IBAN FR14 2004 1010 0505 0001 3M02 606 pays once five days have passed.",
        "Days pass on the sandbox’s page, for all of it: a month takes about ten seconds.",
        "",
        "Ctrl-C ends everything and keeps the data. make demo FRESH=1 starts over.",
    ]
    width = max(map(len, lines))
    body = "\n".join(f"│ {line:<{width}} │" for line in lines)
    return f"╭{'─' * (width + 2)}╮\n{body}\n╰{'─' * (width + 2)}╯"


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def is_hung_up(terminal: TextIO) -> bool:
    """Whether a terminal was closed: not everyone it belonged to is told by a signal."""
    poller = select.poll()
    poller.register(terminal, 0)
    return any(event & select.POLLHUP for _fd, event in poller.poll(0))


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


def run(children: Children) -> None:
    """Start everything, say where it is, and stay until someone stops it, the terminal closes or a program ends."""
    claim_folder()  # before the ports: whoever starts the demo twice is told so
    ports = Ports.chosen(os.environ.get("PORT") or "8000")
    env = environment(ports, prepare_folder(fresh=os.environ.get("FRESH", "") not in {"", "0"}))
    is_new = fill_database(env)
    start_all(children, ports, env)
    wait_until_up(children, ports)
    children.speak()
    say(welcome(ports))
    if is_new:
        visitors = [sys.executable, "-m", "demo.visitors", "--site", env["PUBLIC_URL"]]
        children.start("visitors", visitors, env, may_end=True)
    has_terminal = sys.stdin.isatty()
    while not (has_terminal and is_hung_up(sys.stdin)):
        children.watch(1.0)


def main() -> int:
    """Run the demo: 0 when it is stopped with Ctrl-C, 1 when it cannot start or a part of it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    if "MAKELEVEL" in os.environ:
        ending_with_parent()()  # a `make` that is killed takes its demo with it
    children = Children(ROOT)
    try:
        run(children)
    except (CannotStartError, ChildStoppedError) as problem:
        children.speak()
        sys.stderr.write(f"{problem}\n")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        children.stop()
    return 0
