"""What the real programs write while people give, sign in and are looked up: never a name, always an origin."""

import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.kernel.jobs import Job
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Wish
from tests.faults.stacks import Ground
from tests.stack import PASSWORD, ROOT, Stack, eventually

ADMIN = "admin@planete-nepal.example"
MARKS = ("zerbinette", "quasimodo", "rue-des-secrets", "marque-secrete", "0698765432", "tribut-secret")
PERSONAL = (*MARKS, ADMIN, PASSWORD, "Aubry", "4242424242424242")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class MarkedWish(Wish):
    """A wish whose every word can be recognised."""

    @property
    def email(self) -> str:
        """An address that would be seen in any line."""
        return "zerbinette@marque-secrete.example"

    @property
    def typed(self) -> dict[str, str]:
        """What is typed on the giving page."""
        return {
            **super().typed, "given_name": "Zerbinette", "family_name": "Quasimodo", "street": "1 rue-des-secrets",
            "phone": "0698765432", "comment": "marque-secrete", "tribute": "honour", "honoree": "Tribut-Secret",
            "notify_name": "Tribut-Secret", "notify_email": "tribut-secret@marque-secrete.example",
        }  # fmt: skip


def send(browser: Browser, url: str, **form: str) -> int:
    """Open a page, fill its form in and send it."""
    page = browser.ask(url)
    assert page is not None
    token = _TOKEN.search(page.text)
    answer = browser.ask(url, {"csrf_token": token[1] if token else "", **form})
    assert answer is not None
    return answer.status_code


def live_through(stack: Stack, browser: Browser) -> list[str]:
    """A day with everything in it that could slip into a log; what the commands of that day said."""
    with stack.without("mail"):
        story = Donor(stack, MarkedWish(1, "card", 50, wants_receipt=True), browser).give()
        assert story.is_thanked
        eventually(lambda: any(job.last_error for job in failed_jobs(stack)), "a letter that cannot leave")
    for address in ("/nowhere/zerbinette@marque-secrete.example", "/give/soutenir?email=zerbinette@exemple.example"):
        browser.ask(stack.site + address)
    browser.session.post(f"{stack.site}/webhooks/stripe", data=b'{"email": "zerbinette@marque-secrete.example"}',
                         headers={"Stripe-Signature": "t=1,v1=marque-secrete"}, timeout=30)  # fmt: skip
    sign_in = f"{stack.site}/sign-in"
    assert send(browser, sign_in, email="zerbinette@marque-secrete.example", password="marque-secrete") == 422
    assert send(browser, sign_in, email=ADMIN, password=PASSWORD) == 303
    for address in ("/contacts?q=quasimodo", "/search?q=zerbinette", "/status", "/dashboard", "/parked-jobs/"):
        browser.ask(stack.site + address)
    send(browser, f"{stack.site}/contacts/new", kind="person", given_name="Zerbinette", family_name="Quasimodo")
    return [words_of(stack, *words) for words in (("payments", "sweep"), ("rounds", "run", "books.check"))]


def words_of(stack: Stack, *words: str) -> str:
    """What a command says, on both its outputs."""
    command = stack.flask(*words)
    done = subprocess.run(command, cwd=ROOT, env=stack.env, capture_output=True, text=True, check=False)
    return f"{done.stdout}\n{done.stderr}"


def failed_jobs(stack: Stack) -> list[Job]:
    """Jobs of letters that went wrong so far."""
    with stack.database.reading() as db:
        return list(db.scalars(select(Job).where(Job.kind == "mail.send", Job.last_error.is_not(None))))


def test_no_line_names_a_person_and_every_line_its_origin(database: Ground, tmp_path: Path) -> None:
    with database.started(tmp_path, settings={"LOG_LEVEL": "DEBUG"}) as stack:
        said = live_through(stack, Browser("10.9.8.7", time.monotonic() + 60))
        written = "\n".join([*said, *(stack.words_of(name) for name in (*stack.sites, *stack.workers))])
    low = written.casefold()
    assert [mark for mark in PERSONAL if mark.casefold() in low] == []
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [line for line in lines if not line.keys() & {"request_id", "job_id", "run_id"}] == []
    failed = [line for line in lines if line["event"] == "job_failed"]
    assert failed
    assert all(line["job_id"] for line in failed)
    requests = {line["request_id"] for line in lines if line["event"] == "request"}
    assert len(requests) > 10
