"""How many messages of the payment service does one worker work off in a second? On SQLite and on PostgreSQL.

Three hundred donors give, one in five of them every month; the payment service tells of it in disorder, three messages
in ten twice. Everything is real: its sandbox is a process of its own, whose objects are fetched over HTTP; `flask
worker` is another, with its queue and the durability of production. It books the gifts with their fees, totals and
receipts, and writes the jobs of the letters, which come after the messages. The limit is a hundred messages a second,
counted by the worker's own notes from the first to the last; what it used of a processor is shown beside it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from app.factory import create_app
from app.giving.models import Gift, GivingForm
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.giving.tax_rates import DonorKind
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.money import Money
from app.payments.flows import CheckoutWords, open_checkout_page
from app.payments.models import EventStatus, GatewayEvent, Interval
from app.payments.stripe_gateway.messages import TOPICS
from app.web.application import Application
from bench._serving import HOST, both_databases, free_port, migrated, running, settings
from config import Config
from sandbox.mailbox import Mailbox
from tests.factories.giving import DONOR, french_organisation, make_form
from tests.sandbox_world import SandboxWorld

LIMIT = 100.0
LONGEST = 240.0
DONORS, EVERY_FIFTH = 300, 5
WORDS = CheckoutWords(description="A gift", success_url="http://localhost/t", cancel_url="http://localhost/g")
FINISHED = (EventStatus.WORKED, EventStatus.IGNORED)


def give(app: Application, state: Path) -> None:
    """Every donor pays at the sandbox, whose state is left in the file, and its messages come in."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        form_id = make_form(db).id
    with SandboxWorld(app, state=state, enabled_events=tuple(TOPICS)) as world:
        for number in range(DONORS):
            world.pay(_page(app, form_id, number))
        world.knobs(duplicate=0.3, shuffle=True, seed=7)
        world.deliver(jobs_too=False)


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
    """What a program used of processors so far."""
    fields = Path(f"/proc/{program.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def work_off(app: Application, env: dict[str, str]) -> tuple[float, float, int]:
    """Seconds from the first message to the last, seconds of processor, and how many messages."""
    until = time.monotonic() + LONGEST
    unfinished = select(func.count()).where(GatewayEvent.status.not_in(FINISHED))
    with running(["-m", "flask", "--app", "wsgi", "worker"], env) as worker:
        before, is_begun = 0.0, False
        while True:
            with app.database.reading() as db:
                left = db.scalar(unfinished)
                total = db.scalar(select(func.count(GatewayEvent.id))) or 0
            if not is_begun and left != total:
                before, is_begun = processor_seconds(worker), True
            if not left:
                break
            if time.monotonic() > until:
                raise RuntimeError(f"{left} of {total} messages are not worked yet")
            time.sleep(0.05)
        used = processor_seconds(worker) - before
    with app.database.reading() as db:
        first = db.scalars(select(func.min(GatewayEvent.worked_at))).one()
        last = db.scalars(select(func.max(GatewayEvent.worked_at))).one()
        assert db.scalar(select(func.count(Gift.id))) == DONORS
    assert first is not None
    assert last is not None
    return (last - first).total_seconds(), used, total


def measure(name: str, database_url: str, folder: Path) -> bool:
    """Give, work off, say; whether the limit is kept."""
    migrated(database_url).database.close()
    port, state = free_port(), folder / f"{name}.sandbox"
    with Mailbox() as mailbox:
        env = {
            **settings(database_url), "QUEUE_URL": "", "SMTP_URL": f"smtp://{HOST}:{mailbox.port}",
            "STRIPE_API_BASE": f"http://{HOST}:{port}", "STRIPE_CHECKOUT_ORIGINS": f"http://{HOST}:{port}",
        }  # fmt: skip
        app = create_app(Config.from_env(env))
        give(app, state)
        with running(["-m", "sandbox", "--port", str(port), "--state", str(state)], {}):
            seconds, used, total = work_off(app, env)
        app.database.close()
    rate = total / seconds
    print(
        f"events, {name:<10} {rate:5.0f} messages a second ({total} of {DONORS} donors; {1000 * used / total:.1f} ms of"
        f" processor each, so {total / used:.0f} a second of it); ratio {rate / LIMIT:.2f} of {LIMIT:.0f}:"
        f" {'ok' if rate >= LIMIT else 'TOO SLOW'}"
    )
    return rate >= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with both_databases(is_durable=True) as databases, tempfile.TemporaryDirectory() as folder:
        kept = [measure(name, url, Path(folder)) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
