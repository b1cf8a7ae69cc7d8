"""The product as people run it: site, worker, payment sandbox and mail catcher, real processes on free ports.

Several sites share one port (the kernel deals connections out between them), and several workers one queue.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import requests

from app.kernel.db import Database
from sandbox.mailbox import free_port

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
PASSWORD = "a password for these tests only"
SECRET_KEY = "a secret that is only for these tests, and long enough"
PATIENCE = 30.0
DAY = 86_400
Found = TypeVar("Found")
# The kernel ends the programs when whoever started them is killed outright. Linux only; elsewhere they stay.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []


def eventually(look: Callable[[], Found], what: str, patience: float = PATIENCE) -> Found:
    """Look again and again until there is something to see. Fails, naming it, when nothing comes."""
    until = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < until, f"Waited {patience:.0f} s in vain for {what}"
        time.sleep(0.05)
    return found


class Stack:
    """The programs and the folder in which everything of theirs lies. Use it with `with`.

    On SQLite in that folder, unless `database_url` names a database, which is empty unless it `is_filled` with the
    invented charity (under our SECRET_KEY). `settings` go before those made here.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str = "",
        is_filled: bool = False,
        settings: Mapping[str, str] | None = None,
        sites: int = 1,
        workers: int = 1,
    ) -> None:
        self.folder, self.is_filled = folder, is_filled
        site, stripe, smtp, mail = _free_ports(4)
        self.site, self.stripe, self.mail = (f"http://{HOST}:{port}" for port in (site, stripe, mail))
        self.database_url = database_url or f"sqlite:///{folder / 'sahayog.db'}"
        self.database = Database(self.database_url)
        self.env = {**_outside(), **self._settings(smtp), **(settings or {})}
        self.sites, self.workers = _names("site", sites), _names("worker", workers)
        python = sys.executable
        server = (python, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(site), "--workers", "1",
                  "--blocking-threads", "4", "--workers-kill-timeout", "2", "--respawn-failed-workers",
                  "--respawn-interval", "1", "--log-level", "warning", "wsgi:app")  # fmt: skip
        self.commands: dict[str, Sequence[str]] = {
            "payments": [python, "-m", "sandbox", "--port", str(stripe), "--webhook", f"{self.site}/webhooks/stripe",
                         "--secret", self.env["STRIPE_WEBHOOK_SECRETS"], "--state", str(folder / "stripe.db")],
            "mail": [python, "-m", "sandbox.mailbox", "--smtp-port", str(smtp), "--http-port", str(mail),
                     "--store", str(folder / "mail")],
            **dict.fromkeys(self.sites, server),
            **dict.fromkeys(self.workers, tuple(self.flask("worker"))),
        }  # fmt: skip
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def _settings(self, smtp: int) -> dict[str, str]:
        on_sqlite = self.database_url.startswith("sqlite")
        return {
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": self.database_url,
            "QUEUE_URL": f"sqlite:///{self.folder / 'queue.db'}" if on_sqlite else "",
            "PUBLIC_URL": self.site,
            "SMTP_URL": f"smtp://{HOST}:{smtp}",
            "STRIPE_SECRET_KEY": "sk_test_of_the_stack",
            "STRIPE_WEBHOOK_SECRETS": "whsec_of_the_stack",
            "STRIPE_API_BASE": self.stripe,
            "STRIPE_CHECKOUT_ORIGINS": self.stripe,
            "RATE_LIMIT_URL": "memory://",
            "TRUSTED_PROXIES": "1",  # every visitor comes from an address of their own, see X-Forwarded-For
            "LOG_LEVEL": "WARNING",
        }

    def __enter__(self) -> Self:
        try:
            for name in ("payments", "mail"):
                self.start(name)
            if not self.is_filled:
                self.run("db", "upgrade")
                self.run("seed", "--password", PASSWORD)
            for name in (*self.sites, *self.workers):
                self.start(name)
            for name in self.commands:
                self.wait_until_up(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @staticmethod
    def flask(*words: str) -> list[str]:
        return [sys.executable, "-m", "flask", "--app", "wsgi", *words]

    def run(self, *words: str) -> str:
        """One of the product's commands, to its end."""
        done = subprocess.run(self.flask(*words), cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start a program, in a process group of its own, its words in a file."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*ENDS_WITH_US, *self.commands[name]],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self, name: str) -> None:
        """Wait until it answers. The worker answers nobody; it only has to live."""
        process = self.running[name]
        address = {"payments": f"{self.stripe}/_sandbox/clock", "mail": self.mail}
        address |= dict.fromkeys(self.sites, f"{self.site}/healthz")

        def answers() -> bool:
            assert process.poll() is None, f"{name} ended: {self.words_of(name)}"
            return name not in address or _answers(address[name])

        eventually(answers, f"the program “{name}”")

    def kill(self, name: str) -> None:
        """End a program as a power cut would: kill -9, with everything it started."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def pids_of(self, name: str) -> list[int]:
        """The processes of a program."""
        return processes_of_group(self.running[name].pid)

    def restart(self, *names: str) -> None:
        """Start programs again, those that run already apart, and wait until they answer."""
        for name in names:
            if name not in self.running:
                self.start(name)
                self.wait_until_up(name)

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """The time during which these programs are dead. At its end they run again, whatever happens."""
        for name in names:
            self.kill(name)
        try:
            yield
        finally:
            self.restart(*names)

    def stop(self) -> None:
        """End all of them for certain: politely, then by force."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self.running.values():
                if process.poll() is None:
                    os.killpg(process.pid, number)
            until = time.monotonic() + 4
            while time.monotonic() < until and any(each.poll() is None for each in self.running.values()):
                time.sleep(0.05)
        self.running.clear()
        self.database.close()

    def words_of(self, name: str) -> str:
        """What a program has said so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def act(self, path: str, **given: Any) -> dict[str, Any]:
        """Turn one of the sandbox's switches (sandbox/README.md)."""
        answer = requests.post(f"{self.stripe}/_sandbox/{path}", json=given, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def advance(self, days: float) -> None:
        """Let days pass at the payment service, and wait until it has told us everything."""
        self.act("advance", seconds=int(days * DAY))
        self.wait_for_webhooks()

    def wait_for_webhooks(self) -> None:
        """Wait until every message of the payment service has been taken, but those it drops or has given up."""
        at_rest = {"dropped", "failed"}
        eventually(
            lambda: all(each["state"] in at_rest for each in self.look("deliveries")["data"]), "the last webhook"
        )

    def look(self, path: str) -> dict[str, Any]:
        """Read one of the sandbox's documents: `ledger`, `deliveries`, `clock`."""
        return requests.get(f"{self.stripe}/_sandbox/{path}", timeout=60).json()

    def mails(self, address: str, subject: str = "") -> list[dict[str, Any]]:
        """The mails that came for this address, oldest first, whole; `subject` is part of theirs."""
        listed = requests.get(f"{self.mail}/messages.json", timeout=30).json()["messages"]
        return [
            requests.get(f"{self.mail}/messages/{each['id']}.json", timeout=30).json()
            for each in reversed(listed)
            if address in each["delivered_to"] and subject.casefold() in each["subject"].casefold()
        ]

    def wait_for_mail(self, address: str, subject: str = "") -> dict[str, Any]:
        """The newest mail for this address, once it has come."""
        return eventually(lambda: self.mails(address, subject), f"a mail “{subject}” to {address}")[-1]

    def attachment(self, mail: dict[str, Any]) -> bytes:
        """The first file of a mail."""
        return requests.get(f"{self.mail}{mail['attachments'][0]['url']}", timeout=30).content


def _outside() -> dict[str, str]:
    """The environment we run in, which may switch bytecode off; every start would then compile everything again."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _names(what: str, many: int) -> tuple[str, ...]:
    return (what, *(f"{what}-{number}" for number in range(2, many + 1)))


def _free_ports(many: int) -> list[int]:
    found: set[int] = set()
    while len(found) < many:
        found.add(free_port())
    return sorted(found)


def processes_of_group(group: int) -> list[int]:
    """The living processes of a process group."""
    every = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
    return sorted(pid for pid in every if _group_of(pid) == group)


def _group_of(pid: int) -> int:
    """0 for what has ended, also while nobody has asked how."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in {"Z", "X"} else int(fields[2])


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code < 400
    except requests.RequestException:
        return False
