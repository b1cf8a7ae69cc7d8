"""A site of the version before goes on answering and recording gifts while the database moves to today's schema.

The version before is taken from the repository's own history, so that its programs are the true ones.
"""

import io
import os
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from app.kernel.schema import known_revisions
from demo.visitors import Untouched
from sandbox.mailbox import free_port
from tests.faults.browsing import Browser
from tests.faults.sites import LONGEST, site
from tests.postgres import temporary_postgres
from tests.stack import HOST, PASSWORD, ROOT, SECRET_KEY, Stack, eventually

FIRST_SINCE = "migrations/versions/0003_signing_in.py"
"""The first migration that the version before does not know."""
WHO = "finance@planete-nepal.example"


@pytest.fixture(scope="session")
def version_before(tmp_path_factory) -> Path:
    """The programs of the version before, unpacked from history."""
    git = ["git", "-C", str(ROOT)]
    added = subprocess.run(
        [*git, "log", "--diff-filter=A", "--format=%H", "--", FIRST_SINCE], capture_output=True, text=True, check=False
    )
    commits = added.stdout.split()
    packed = subprocess.run([*git, "archive", f"{commits[-1]}^"], capture_output=True, check=False) if commits else None
    if packed is None or packed.returncode:
        pytest.skip("no history here: a shallow clone does not have the version before")
    folder = tmp_path_factory.mktemp("version before")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def env(request, tmp_path) -> Iterator[dict[str, str]]:
    """Settings with an empty database of each kind in turn."""
    with temporary_postgres() if request.param == "postgresql" else nullcontext("") as server:
        url = f"sqlite:///{tmp_path / 'sahayog.db'}"
        if server:
            engine = create_engine(server, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql("CREATE DATABASE upgraded")
            engine.dispose()
            url = make_url(server).set(database="upgraded").render_as_string(hide_password=False)
        yield {
            **os.environ, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": url, "QUEUE_URL": "none", "TRUSTED_PROXIES": "1",
            "LOG_LEVEL": "ERROR", "PYTHONPATH": "",
            "STRIPE_SECRET_KEY": "sk_test_of_nobody", "STRIPE_WEBHOOK_SECRETS": "whsec_of_nobody",
            "STRIPE_API_BASE": f"http://{HOST}:1", "STRIPE_CHECKOUT_ORIGINS": f"http://{HOST}:1",
        }  # fmt: skip


def command(folder: Path, env: dict[str, str], *words: str) -> None:
    done = subprocess.run(Stack.flask(*words), cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Person(threading.Thread):
    """Somebody who does the same again and again, and notes when it was done."""

    def __init__(self, port: int, came_from: str) -> None:
        super().__init__(daemon=True)
        self.site = f"http://{HOST}:{port}"
        self.browser = Browser(came_from, time.monotonic() + LONGEST)
        self.done: list[float] = []
        self.stopped = threading.Event()
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            while not self.stopped.is_set():
                self.once()
                self.done.append(time.monotonic())
        except Exception as fault:  # noqa: BLE001 - told by whoever waits
            self.fault = fault

    def has_done(self, many: int) -> bool:
        """Whether it was done so often by now."""
        if self.fault is not None:
            raise self.fault
        return len(self.done) >= many

    def once(self) -> None:
        """Do it."""

    def finish(self) -> None:
        """Stop, and see that every answer was a good one."""
        self.stopped.set()
        self.join(LONGEST)
        assert self.fault is None
        assert (self.browser.strange, self.browser.answers["no answer"]) == ([], 0)
        assert not {"402", "503"} & self.browser.answers.keys()


class Donor(Person):
    """Opens the giving page."""

    def once(self) -> None:
        assert "</form>" in self.browser.opened(f"{self.site}/give/soutenir").text


class Bookkeeper(Person):
    """Enters cheques, each of which makes a gift, a receipt, figures and entries of the trail."""

    def once(self) -> None:
        address = f"{self.site}/gifts/new?contact=1"
        page = self.browser.opened(address)
        if page.status_code != 200:
            sign_in = f"{self.site}/sign-in"
            typed = {**Untouched.values_of(self.browser.opened(sign_in).text), "email": WHO, "password": PASSWORD}
            self.browser.ask(sign_in, typed)
            page = self.browser.opened(address)
        typed = {"amount": "25", "method": "cheque", "bank_reference": f"no {len(self.done)}", "receipt_choice": "each"}
        answer = self.browser.ask(address, {**Untouched.values_of(page.text), **typed})
        assert answer is not None
        assert answer.status_code == 303, answer.text[-3000:]


def cheques(env: dict[str, str]) -> int:
    engine = create_engine(env["DATABASE_URL"])
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM payment WHERE bank_reference LIKE 'no %'"))
    engine.dispose()
    return found


def test_people_notice_nothing_while_the_database_is_brought_up_to_date(version_before, env, tmp_path):
    command(version_before, env, "db", "upgrade")
    command(version_before, env, "seed", "--password", PASSWORD)
    old, new = free_port(), free_port()
    with site(version_before, env, tmp_path / "before.log", old):
        people = [Donor(old, "192.0.2.2"), Bookkeeper(old, "192.0.2.3")]
        for person in people:
            person.start()
        eventually(lambda: all(person.has_done(2) for person in people), "people before the upgrade", LONGEST)

        command(ROOT, env, "db", "upgrade")

        many = [len(person.done) for person in people]
        eventually(lambda: all(p.has_done(n + 3) for p, n in zip(people, many, strict=True)), "people after", LONGEST)
        with site(ROOT, env, tmp_path / "after.log", new):
            others = [Donor(new, "192.0.2.4"), Bookkeeper(new, "192.0.2.5")]
            for person in others:
                person.start()
            eventually(lambda: all(person.has_done(3) for person in others), "people of the new version", LONGEST)
            for person in (*people, *others):
                person.finish()
    assert cheques(env) == len(people[1].done) + len(others[1].done)
    command(ROOT, env, "books", "check")
    command(ROOT, env, "totals", "verify")
    assert known_revisions()[-1] > "0002"
