"""Two years of giving, by a clock put forward day by day, while much goes wrong; then peace, and the reckoning."""

import random
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import time_machine
from sqlalchemy import select

from app.kernel import jobs
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Outside
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Mailer
from app.kernel.rounds import Rounds, plan_rounds
from app.payments.stripe_gateway.messages import TOPICS
from app.web.application import Application
from tests.factories.giving import french_organisation, make_form
from tests.two_years.coming import Door
from tests.two_years.deaths import Deaths, Killed, MortalWorld
from tests.two_years.deeds import Deeds
from tests.two_years.ending import findings
from tests.two_years.people import Crowd, arriving

BEGINS = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
"""On the 31st, so that short months count; with the weeks at the end it goes beyond a 29th of February."""
DAYS, WEEKS_OF_PEACE = 731, 5
MONEY = ("payments.", "giving.", "days.")
"""How duties begin that have to do with money. In a story told briefly, the others are done at its end alone."""
WORKERS = 40
"""So many may die in a row until one is left for the day's work."""
FAIR = {"duplicate": 0.3, "shuffle": True, "delay_seconds": 3_600.0}
"""The knobs of the sandbox on a usual day; what is worse comes on top."""
WEATHERS = (
    {},
    {},
    {"delay_seconds": 6 * 86_400.0, "drop_rate": 0.1},
    {"drop_rate": 0.5},
    {"drop_first_delivery": True, "error_rate_429": 0.1},
    {"error_rate_500": 0.15, "lost_answer_rate": 0.1},
    {"sticky_500_rate": 0.3, "lost_answer_rate": 0.2},
    {"hang_rate": 0.25, "hang_seconds": 60.0},
    {"error_rate_500": 0.95},
    {"fee_delay_seconds": 86_400},
)


class Letterbox:
    """Where mails go; now and then it does not open."""

    def __init__(self, dice: random.Random) -> None:
        self.came: Counter[str] = Counter()
        self.closed_rate = 0.0
        self._dice = dice

    def send(self, message: EmailMessage) -> None:
        """Take a message.

        Raises:
            Outside: not now.

        """
        if self._dice.random() < self.closed_rate:
            raise Outside("The mail server did not take the message")
        self.came[str(message["Message-ID"]).strip("<>").partition("@")[0]] += 1


@contextmanager
def same_secrets(seed: int) -> Iterator[None]:
    """Tokens and the gateway's names are the same for the same seed: things are often taken in their order."""
    before, dice = secrets.token_bytes, random.Random(seed)
    secrets.token_bytes = lambda nbytes=None: dice.randbytes(nbytes or secrets.DEFAULT_ENTROPY)
    try:
        yield
    finally:
        secrets.token_bytes = before


@dataclass
class Told:
    """What happened, and what is wrong."""

    seed: int
    deeds: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """In a few words."""
        parts = (self.figures, self.deaths, self.deeds)
        words = ["; ".join(f"{many} {name}" for name, many in sorted(each.items())) for each in parts]
        return f"seed {self.seed}: {words[0]}. Died: {words[1]}. Done: {words[2]}"


@dataclass(frozen=True)
class Pauses:
    """How long it is between two deaths of programs (in statements), and between two looks at the duties (in days)."""

    deaths: int
    rounds: tuple[int, int]
    are_all_done: bool


SHORT, LONG = Pauses(2_000, (4, 12), are_all_done=False), Pauses(4_000, (1, 3), are_all_done=True)


class TwoYears:
    """One such story. What its seed decides is the same each time, as far as the database does the same."""

    def __init__(self, app: Application, seed: int, crowd: Crowd, *, days: int = DAYS, pauses: Pauses = SHORT) -> None:
        self.app, self.seed, self.crowd, self._days, self._pauses = app, seed, crowd, days, pauses
        self._dice = random.Random(seed)
        self.deaths = Deaths(seed, pauses.deaths)
        self.letterbox = Letterbox(random.Random(seed))

    def tell(self) -> Told:
        """Live through it; what came of it."""
        with (
            self._plugged(Mailer, self.letterbox),
            same_secrets(self.seed),
            time_machine.travel(BEGINS, tick=False) as self._clock,
        ):
            return self._lived()

    @contextmanager
    def _plugged(self, port: type, adapter: object) -> Iterator[None]:
        before = self.app.ports.get(port)
        self.app.ports.provide(port, adapter)
        try:
            yield
        finally:
            self.app.ports.provide(port, before)

    def _lived(self) -> Told:
        with self.app.database.writing() as db:
            act_as(db, SYSTEM)
            french_organisation(db)
            form_id = make_form(db, intervals=["month", "quarter", "year"]).id
        world = MortalWorld(self.app, self.deaths, self._dice, enabled_events=tuple(TOPICS))
        with world, self.deaths.among(self.app.database.engine):
            door, deeds = Door(self.app, world, self._dice, form_id), Deeds(self.app, world, self._dice)
            every = self.app.ports.get(Rounds)
            wanted = (each for each in every if self._pauses.are_all_done or each.name.startswith(MONEY))
            with self._plugged(Rounds, Rounds(wanted)):
                self._trouble(world, door, deeds)
            self._peace(world)
            ledger, theirs = world.sandbox.ledger(), world.stored("subscription")
        told = Told(self.seed, deeds.told + door.told, self.deaths.told)
        with self.app.database.snapshot() as db:
            told.findings = findings(db, ledger, theirs, self.letterbox.came)
        told.figures.update({name: len(ledger[name]) for name in ("charges", "refunds", "disputes", "payouts")})
        told.figures["events"] = len(world.events())
        return told

    def _trouble(self, world: MortalWorld, door: Door, deeds: Deeds) -> None:
        """All the days on which people come and things go wrong."""
        people = list(arriving(self.crowd, self._dice))
        per_day, next_round = self.crowd.size / 120, 0
        for day in range(self._days):
            if day == next_round:
                self._weather(world)
                next_round += self._dice.randint(*self._pauses.rounds)
            self.deaths.are_due = True
            for person in people:
                if person.comes_on == day:
                    door.come(person)
            for _ in range(int(per_day) + (self._dice.random() < per_day % 1)):
                deeds.do_something()
            self._pass_a_day(world)
            if day == next_round - 1:
                self._work(with_rounds=True)

    def _weather(self, world: MortalWorld) -> None:
        """What goes wrong from now on, until the next change."""
        quiet = {name: type(value)() for each in WEATHERS for name, value in each.items()}
        world.knobs(**{**quiet, **FAIR, **self._dice.choice(WEATHERS)}, seed=self._dice.randrange(1, 10**9))
        world.lost_answer_rate = self._dice.choice((0.0, 0.05))
        self.letterbox.closed_rate = self._dice.choice((0.0, 0.0, 0.3))

    def _pass_a_day(self, world: MortalWorld) -> None:
        """The gateway's day, and what is heard of it that evening; what fails is tried again a while later."""
        self._clock.shift(timedelta(days=1))
        world.sandbox.run_due_tasks()
        for minutes in (2, 20):
            world.sandbox.deliver_due()
            self._work()
            self._clock.shift(timedelta(minutes=minutes))
        self._clock.shift(timedelta(minutes=-22))

    def _work(self, *, with_rounds: bool = False) -> None:
        """What workers do: when one dies, another goes on; what the first had in hand is free once its time is over."""
        for _worker in range(WORKERS):
            try:
                if with_rounds:
                    plan_rounds(self.app.work)
                jobs.run_due(self.app.work)
            except Killed:
                continue
            return

    def _peace(self, world: MortalWorld) -> None:
        """Nothing goes wrong any more; what was put off is done, and each week what was missed is found."""
        self.deaths.are_due = False
        self.letterbox.closed_rate = world.lost_answer_rate = 0.0
        world.knobs(**{name: type(value)() for name, value in world.sandbox.knobs().items()})
        self._press_again()
        for day in range(7 * WEEKS_OF_PEACE):
            self._pass_a_day(world)
            if day % 7 == 0 or day >= 7 * WEEKS_OF_PEACE - 2:
                self._work(with_rounds=True)
        for _hours in range(8):
            world.deliver(jobs_too=False)
            self._work()
            self._clock.shift(timedelta(hours=4))
        self._work(with_rounds=True)

    def _press_again(self) -> None:
        """What staff do once the letterbox is mended: letters that it refused time and again are sent once more."""
        refused = (Job.kind == "mail.send", Job.status == JobStatus.PARKED, Job.last_error.startswith("Outside"))
        with self.app.database.writing() as db:
            act_as(db, SYSTEM)
            for parked in db.scalars(select(Job).where(*refused)):
                jobs.retry(db, parked)
