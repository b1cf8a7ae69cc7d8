"""How many messages of the payment service does a worker work off in a second? On SQLite and on PostgreSQL.

Three hundred donors give, one in five of them every month; the payment service tells of it in disorder, three messages
in ten twice. Everything is real: its sandbox is a process of its own, whose objects are fetched over HTTP; `flask
worker` is another, as it is started by itself (on PostgreSQL it has a process for each processor), with its queue and
the durability of production. It books the gifts with their fees, totals and receipts, and writes the jobs of the
letters, which come after the messages. The limit is a hundred events of the burst a second on SQLite and a hundred and
fifty on PostgreSQL, from the first to the last by the worker's own notes. A burst is all that came, those that came
twice counted twice; beside it stands how many messages that were, each counted once. PostgreSQL is measured again with
one worker of a single process and with two of these, which shows what one more brings and what a message needs of a
processor. `--donors 3500` is a burst of ten thousand events.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from app.factory import create_app
from app.giving.models import Gift, GivingForm
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.giving.tax_rates import DonorKind
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.jobs import run_due
from app.kernel.money import Money
from app.kernel.rounds import plan_rounds
from app.kernel.workers import usual_processes
from app.payments.flows import CheckoutWords, open_checkout_page
from app.payments.models import EventStatus, GatewayEvent, Interval
from app.payments.stripe_gateway.messages import TOPICS
from app.web.application import Application
from bench._serving import HOST, both_databases, free_port, migrated, running, settings
from config import Config
from sandbox.mailbox import Mailbox
from tests.factories.giving import DONOR, french_organisation, make_form
from tests.sandbox_world import SandboxWorld

LIMITS = {"SQLite": 100.0, "PostgreSQL": 150.0}
LONGEST = 0.5
"""Seconds for each message until the whole is given up."""
SINGLE = ("--processes", "1", "--threads", "1")
FEW, EVERY_FIFTH = 300, 5
WORDS = CheckoutWords(description="A gift", success_url="http://localhost/t", cancel_url="http://localhost/g")
FINISHED = (EventStatus.WORKED, EventStatus.IGNORED)


def give(app: Application, state: Path, donors: int) -> int:
    """Every donor pays at the sandbox, whose state is left in the file, and its events come in: how many."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        form_id = make_form(db).id
    with SandboxWorld(app, state=state, enabled_events=tuple(TOPICS)) as world:
        plan_rounds(app.work)  # the day's duties: done here, none comes in between there
        run_due(app.work)
        world.knobs(duplicate=0.3, shuffle=True, seed=7)
        for number in range(donors):
            world.pay(_page(app, form_id, number))
        return world.deliver(jobs_too=False)


def _page(app: Application, form_id: int, number: int) -> str:
    """The payment page of one donor."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        form = db.get_one(GivingForm, form_id)
        person = {"given_name": f"Jeanne {number}", "email": f"donor{number}@example.org"}
        details = SubmissionDetails(
            page_key=f"page{number}", donor_kind=DonorKind.PERSON, language="fr", gift=Money(2000 + number, "EUR"),
            fee_cover=Money(0, "EUR"), fund_id=form.funds[0].fund_id, is_test=True, answers={**DONOR, **person},
            interval=None if number % EVERY_FIFTH else Interval.MONTH,
        )  # fmt: skip
        checkout_id = submit_gift(db, form, details, actor=SYSTEM).checkout_id
    assert checkout_id is not None
    return open_checkout_page(app.work, checkout_id, WORDS, actor=SYSTEM)


def processor_seconds(program: subprocess.Popen[bytes]) -> float:
    """What a program and the processes that it has now used of processors so far."""
    of_it = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text(encoding="ascii").split()
    found = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii") for pid in (program.pid, *of_it)]
    fields = [each.rpartition(") ")[2].split() for each in found]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Worked:
    """Seconds from the first message to the last, and of processors; messages, and events of the burst.

    Of an event that came twice the second is known when it comes, and nobody works it.
    """

    seconds: float
    processor: float
    messages: int
    events: int

    @property
    def rate(self) -> float:
        """Events of the burst a second, by the clock."""
        return self.events / self.seconds

    @property
    def messages_rate(self) -> float:
        """The same of messages, each counted once."""
        return self.messages / self.seconds

    @property
    def each(self) -> float:
        """Seconds of processor that a message needs."""
        return self.processor / self.messages


def work_off(app: Application, env: dict[str, str], workers: int, options: Sequence[str]) -> tuple[float, float, int]:
    """Have every message worked by so many workers, started with these options: seconds, of processors, messages."""
    unfinished = select(func.count()).where(GatewayEvent.status.not_in(FINISHED))
    with app.database.reading() as db:
        total = db.scalar(select(func.count(GatewayEvent.id))) or 0
    until = time.monotonic() + LONGEST * total
    with ExitStack() as stack:
        command = ["-m", "flask", "--app", "wsgi", "worker", *options]
        programs = [stack.enter_context(running(command, env)) for _ in range(workers)]
        before, left = 0.0, total
        while left:
            with app.database.reading() as db:
                left = db.scalar(unfinished) or 0
            if not before and left != total:
                before = sum(map(processor_seconds, programs))
            if time.monotonic() > until:
                raise RuntimeError(f"{left} of {total} messages are not worked yet")
            time.sleep(0.25)
        used = sum(map(processor_seconds, programs)) - before
    with app.database.reading() as db:
        first = db.scalars(select(func.min(GatewayEvent.worked_at))).one()
        last = db.scalars(select(func.max(GatewayEvent.worked_at))).one()
    assert first is not None
    assert last is not None
    return (last - first).total_seconds(), used, total


def burst(name: str, donors: int, workers: int = 1, options: Sequence[str] = ()) -> Worked:
    """Fill an empty database with messages, and work them off."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database_url = stack.enter_context(both_databases(is_durable=True))[name]
        mailbox = stack.enter_context(Mailbox())
        migrated(database_url).database.close()
        port, state = free_port(), folder / "sandbox"
        env = {
            **settings(database_url), "QUEUE_URL": "", "SMTP_URL": f"smtp://{HOST}:{mailbox.port}",
            "STRIPE_API_BASE": f"http://{HOST}:{port}", "STRIPE_CHECKOUT_ORIGINS": f"http://{HOST}:{port}",
        }  # fmt: skip
        app = create_app(Config.from_env(env))
        events = give(app, state, donors)
        with running(["-m", "sandbox", "--port", str(port), "--state", str(state)], {}):
            worked = Worked(*work_off(app, env, workers, options), events)
        with app.database.reading() as db:
            assert db.scalar(select(func.count(Gift.id))) == donors
        app.database.close()
    return worked


def told(name: str, who: str, worked: Worked, donors: int) -> bool:
    """Say what a worker did; whether the limit is kept."""
    limit = LIMITS[name]
    is_kept = worked.rate >= limit
    print(
        f"events, {name:<10} {worked.rate:5.0f} a second of a burst of {worked.events} of {donors} donors by {who}"
        f" ({worked.messages_rate:.0f} messages, {1000 * worked.each:.1f} ms of processor each);"
        f" ratio {worked.rate / limit:.2f} of {limit:.0f}: {'ok' if is_kept else 'TOO SLOW'}",
        flush=True,
    )
    return is_kept


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    parser = argparse.ArgumentParser(description="Messages of the payment service worked in a second.")
    parser.add_argument("--donors", type=int, default=FEW)
    donors = parser.parse_args().donors
    kept = []
    for name in LIMITS:
        many = usual_processes(name.lower())
        kept.append(told(name, f"a worker of {many} process{'es' if many > 1 else ''}", burst(name, donors), donors))
    alone = burst("PostgreSQL", donors, options=SINGLE)
    told("PostgreSQL", "a single process", alone, donors)
    two = burst("PostgreSQL", donors, workers=2, options=SINGLE)
    times = two.rate / alone.rate
    print(f"events, PostgreSQL {two.rate:5.0f} a second by two of these: {times:.2f} times as many")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
