"""Two years lived through by real programs: web server, worker and payment service, on a clock that is put forward.

The web server takes people's forms and the payment service's messages, the worker does the jobs; both are killed at
random moments and started again. What staff do, and donors on their own pages, is done by the product in the process
of the test. The clock is the one of tests/clockwork: programs read it from a file, and nothing of the product can
move it. The seed decides who comes, what they do, the weather and whom it hits; when exactly, the machine decides.
"""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests
import time_machine

from app.factory import create_app
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.queue import HueyCarrier
from app.kernel.rounds import Rounds, ask_for, last_success
from app.web.application import Application
from config import Config
from sandbox.in_process import Paid
from sandbox.store import Store
from tests.faults.aftermath import faults_told, letters_that_came, settle, unfinished
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Wish
from tests.faults.stacks import Ground
from tests.faults.trouble import Trouble, together
from tests.stack import DAY, ROOT, Stack, eventually
from tests.two_years.deeds import Deeds
from tests.two_years.ending import findings
from tests.two_years.people import Crowd, Person, arriving
from tests.two_years.story import DAYS, Told

CLOCKWORK = ROOT / "tests" / "clockwork"
FAIR = {"duplicate": 0.3, "shuffle": True, "delay_seconds": 3_600.0}
WEATHERS: tuple[dict[str, Any], ...] = (
    {},
    {"delay_seconds": 6.0 * DAY, "drop_rate": 0.1},
    {"drop_rate": 0.5},
    {"drop_first_delivery": True, "error_rate_429": 0.1},
    {"error_rate_500": 0.15, "lost_answer_rate": 0.1},
    {"sticky_500_rate": 0.2, "lost_answer_rate": 0.2},
    {"hang_rate": 0.05, "hang_seconds": 2.0},
)
"""What the payment service does wrong for a while (sandbox/knobs.py), on top of what is usual."""
QUIET = {name: type(value)() for each in (FAIR, *WEATHERS) for name, value in each.items()}
A_MOMENT, EVENING, LONGEST = 1.0, 15.0, 90.0
"""Seconds that are left to the programs before the next days pass: on bad days, on clear ones, and in peace."""
OVERDUE, EVENINGS = timedelta(days=12), 5
"""When somebody would ask why no sweep has gone well, and how many clear days it then has for it.

The payment service forgets its messages after thirty days, and no outage of its own lasts that long.
"""
PEACE, STRIDE_OF_PEACE = 7, 6
"""How often days pass in peace, and how many: six, so that each day of the week has its turn in the sweeps."""


@dataclass(frozen=True)
class Giver(Wish):
    """Somebody of the story who comes to the main form with a browser."""

    person: Person | None = None

    @classmethod
    def of(cls, person: Person) -> "Giver":
        """The same person, giving whole euros."""
        return cls(person.number, "card", max(5, person.cents // 100), person.receipts != "none", person)

    @property
    def form(self) -> str:
        """The form that offers everything."""
        return "soutenir"

    @property
    def numbers(self) -> tuple[str, ...]:
        """What they pay by."""
        assert self.person
        return (self.person.pays_by,)

    @property
    def typed(self) -> dict[str, str]:
        """What is typed on the giving page, beside what stands there already."""
        assert self.person
        typed = {name: text for name, text in self.person.answers.items() if name != "receipt_choice"}
        often = self.person.interval
        typed |= {"frequency": often or "once", "amount_recurring" if often else "amount_once": "other"}
        typed |= {"other": str(self.euros)}
        if self.wants_receipt and not self.person.is_without_address:
            typed |= {"wants_receipt": "y"}
        return typed | ({"wants_yearly": "y"} if self.person.receipts == "yearly" else {})


class FarWorld:
    """The payment service in a process of its own: its pages over HTTP, its things read from its file."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.store = Store(stack.folder / "stripe.db")

    def send(self, path: str, **form: str) -> Paid:
        """Send a form to one of its pages."""
        answer = requests.post(f"{self._stack.stripe}{path}", data=form, timeout=60, allow_redirects=False)
        return Paid(answer.status_code, answer.headers.get("Location"), answer.text)

    def newest(self, kind: str, many: int) -> list[dict[str, Any]]:
        """Its own things of a kind, so many of the newest."""
        return self.store.all(kind, limit=many)

    def portal_page(self, customer: str) -> str:
        """The path of a page on which this customer changes what they give by; one that leads nowhere on a bad day."""
        made = requests.post(
            f"{self._stack.stripe}/v1/billing_portal/sessions",
            data={"customer": customer, "return_url": self._stack.site},
            headers={"Authorization": f"Bearer {self._stack.env['STRIPE_SECRET_KEY']}"}, timeout=60,
        )  # fmt: skip
        return f"/p/session/{made.json().get('id', 'none')}"

    def now(self) -> int:
        """Its present instant, seconds since the epoch."""
        return int(self._stack.look("clock")["now"])

    def messages_due(self) -> int:
        """How many messages should have been taken by now."""
        return self._count("delivery WHERE state = 'pending' AND due_at <= ?", time.time())

    def tasks_due(self, at: int) -> int:
        """How many things have to happen there until an instant."""
        return self._count("task WHERE due_at <= ?", at)

    def _count(self, of: str, value: float) -> int:
        with closing(sqlite3.connect(self._stack.folder / "stripe.db", timeout=10)) as read:
            return int(read.execute(f"SELECT count(*) FROM {of}", (value,)).fetchone()[0])


class Calendar:
    """The clock of all programs, and of this one. The payment service's days pass first, and then everybody's."""

    def __init__(self, folder: Path) -> None:
        self._ours, self._theirs, self._days = folder / "days", folder / "their-days", 0
        self.settings = {
            "CLOCK_FILE": str(self._ours), "THEIR_CLOCK_FILE": str(self._theirs), "PYTHONPATH": str(CLOCKWORK),
        }  # fmt: skip
        self._write(self._ours, self._theirs)

    def _write(self, *files: Path) -> None:
        for file in files:
            file.write_text(str(self._days), encoding="ascii")

    @contextmanager
    def running(self) -> Iterator[None]:
        """The time in which this program lives on it too."""
        with time_machine.travel(datetime.now(UTC), tick=True) as self._here:
            yield

    def pass_days(self, days: int, world: FarWorld) -> None:
        """Let days pass for everybody; what falls due in them at the payment service has happened when this ends."""
        wanted = world.now() + days * DAY
        self._days += days
        self._write(self._theirs)
        eventually(lambda: world.now() >= wanted and not world.tasks_due(wanted), "the new day")
        self._write(self._ours)
        self._here.shift(timedelta(days=days))


@dataclass(frozen=True)
class Pace:
    """How long it lasts (in days), how many days pass at once, and how many seconds between two kills: from, to."""

    strides: tuple[int, int]
    pauses: tuple[float, float] = (0.5, 2.5)
    days: int = DAYS


class KilledYears:
    """One such story."""

    def __init__(self, stack: Stack, calendar: Calendar, seed: int, crowd: Crowd, pace: Pace) -> None:
        self.stack, self._calendar, self.seed, self._crowd, self._pace = stack, calendar, seed, crowd, pace
        self._dice = random.Random(seed)
        self._trouble = Trouble(stack, seed, (*stack.sites, *stack.workers), knobs=QUIET, pauses=pace.pauses)
        self._is_over, self._nobody_dies = threading.Event(), threading.Lock()
        self._told: Counter[str] = Counter()
        self._strange: list[str] = []

    def tell(self) -> Told:
        """Live through it; what came of it. All programs run at the end."""
        with self._calendar.running():
            office = create_app(Config.from_env(self.stack.env))
            theirs = FarWorld(self.stack)
            try:
                return self._lived(office, theirs)
            finally:
                theirs.store.db.close()
                _carrier_of(office).huey.storage.close()
                office.database.close()

    def _lived(self, office: Application, theirs: FarWorld) -> Told:
        deeds = Deeds(office, theirs, self._dice)
        together(self._kill, partial(self._live, office, theirs, deeds))
        self._trouble.end()
        self._peace(office, theirs)
        settle(self.stack)
        told = Told(self.seed, deeds.told + self._told, Counter(each.split()[0] for each in self._trouble.told))
        ledger, subscriptions = self.stack.look("ledger"), theirs.newest("subscription", -1)
        with office.database.snapshot() as db:
            told.findings = findings(db, ledger, subscriptions, letters_that_came(self.stack))
        told.findings += [*faults_told(self.stack), *self._strange]
        told.figures.update({name: len(ledger[name]) for name in ("charges", "refunds", "disputes", "payouts")})
        return told

    def _kill(self) -> None:
        """End programs until the years are over; whoever interrupts this ends the years with it."""
        try:
            self._trouble.kill_while(self._goes_on)
        finally:
            self._is_over.set()

    def _goes_on(self) -> bool:
        """Whether the years are not over; waits while nobody may die."""
        with self._nobody_dies:
            return not self._is_over.is_set()

    def _live(self, office: Application, theirs: FarWorld, deeds: Deeds) -> None:
        try:
            people, day = list(arriving(self._crowd, self._dice)), 0
            while day < self._pace.days and not self._is_over.is_set():
                weather = {**QUIET, **FAIR, **self._dice.choice(WEATHERS)}
                self.stack.act("knobs", **weather, seed=self._dice.randrange(1, 10**9))
                days = self._dice.randint(*self._pace.strides)
                if coming := [person for person in people if day <= person.comes_on < day + days]:
                    together(*(partial(self._come, person) for person in coming))
                for _ in range(round(self._crowd.size * days / 120)):
                    deeds.do_something()
                self._calendar.pass_days(days, theirs)
                _carrier_of(office).each_minute()
                self._calm(theirs, A_MOMENT)
                day += days + self._clear_up(office, theirs)
        finally:
            _carrier_of(office).huey.storage.close()  # each thread has a connection of its own
            self._is_over.set()

    def _clear_up(self, office: Application, theirs: FarWorld) -> int:
        """Clear days until a sweep has gone well again; how many there were. Programs die on the first of them only."""
        if not _is_overdue(office):
            return 0
        self.stack.act("knobs", **QUIET | FAIR)
        for days in range(EVENINGS):
            with self._nobody_dies if days else nullcontext():
                _carrier_of(office).each_minute()
                self._calm(theirs, EVENING)
            if not _is_overdue(office):
                return days
            self._calendar.pass_days(1, theirs)
        return EVENINGS

    def _come(self, person: Person) -> None:
        """Give by the web server's pages; the thank-you page is looked at once."""
        browser = Browser(f"192.0.2.{person.number % 250}", time.monotonic() + LONGEST)
        donor = Donor(self.stack, Giver.of(person), browser)
        donor.arrive = lambda: browser.ask(donor.story.thanks_page) and None  # type: ignore[method-assign]
        self._told["gave" if donor.give().is_paid else "gave up"] += 1
        self._strange.extend(browser.strange)

    def _calm(self, theirs: FarWorld, patience: float) -> bool:
        """Give the programs so many seconds to do what is due; whether they have."""
        until = time.monotonic() + patience
        while theirs.messages_due() or unfinished(self.stack):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def _peace(self, office: Application, theirs: FarWorld) -> None:
        """Nothing goes wrong any more: what was put off is done, and what was missed is found.

        Messages wait until the days have passed for us too.
        """
        self.stack.act("knobs", delay_seconds=3_600.0)
        for _time in range(PEACE):
            self._calendar.pass_days(STRIDE_OF_PEACE, theirs)
            self.stack.act("deliver")
            self._calm(theirs, LONGEST)
            _carrier_of(office).each_minute()
            self._calm(theirs, LONGEST)
        self._look_once_more(office)
        self._calm(theirs, LONGEST)

    @staticmethod
    def _look_once_more(office: Application) -> None:
        """Have missed messages looked for again: a sweep in the minute of a new week overtakes what is on its way."""
        duty = office.ports.get(Rounds).get("payments.sweep")
        assert duty is not None
        with office.database.writing() as db:
            act_as(db, SYSTEM)
            ask_for(db, duty)


def _carrier_of(office: Application) -> HueyCarrier:
    carrier = office.database.info["carrier"]
    assert isinstance(carrier, HueyCarrier)
    return carrier


def _is_overdue(office: Application) -> bool:
    """Whether nobody has looked for missed messages for too long, or not for all."""
    with office.database.reading() as db:
        last = last_success(db, "payments.sweep")
    return last is None or now() - last > OVERDUE


@contextmanager
def programs(ground: Ground, folder: Path, seed: int, crowd: Crowd, pace: Pace, **more: int) -> Iterator[KilledYears]:
    """A story to be told by programs that run now, on a filled database; they end with the block.

    `more` are `sites` and `workers`, where there are several.
    """
    calendar = Calendar(folder)
    with ground.started(folder, settings=calendar.settings, **more) as stack:
        yield KilledYears(stack, calendar, seed, crowd, pace)
