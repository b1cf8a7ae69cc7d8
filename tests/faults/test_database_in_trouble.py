"""The database is gone for a while, or full: people are told so, nothing is half-written, and all of it comes right.

Nothing is started anew: site and worker find their way back by themselves.
"""

import time
from contextlib import ExitStack
from functools import partial

import pytest
import requests
from sqlalchemy import func, select

from app.factory import create_app
from app.giving.models import Gift, Submission
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus, run_job
from app.kernel.mail import Message, MessageStatus
from app.kernel.workers import usual_processes
from app.payments.gateway import EventEnvelope
from app.payments.jobs import receive_events
from app.payments.models import Checkout, EventStatus, GatewayEvent
from config import Config
from tests.faults.aftermath import findings, settle
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Story, Wish
from tests.faults.stacks import Ground, full, gone
from tests.faults.trouble import Outage, together
from tests.postgres import stopped
from tests.stack import SECRET_KEY, Stack, eventually

LONG = 45.0
"""Seconds. On SQLite whoever wants to write waits for fifteen before they are told."""

EVENT = EventEnvelope(
    reference="evt_crash", kind="product.created", object_reference="prod_1", is_test=True, api_version="",
    happened_at=now(), payload={},
)  # fmt: skip


def donor(stack: Stack, number: int) -> Donor:
    return Donor(stack, Wish(number, "card", 20 + number, wants_receipt=True), Browser(f"192.0.2.{number}", LONG))


def counted(stack: Stack) -> dict[str, int]:
    """How many rows there are of everything that giving writes."""
    with stack.database.reading() as db:
        tables = (Submission, Checkout, Gift, GatewayEvent, Message)
        return {table.__name__: db.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def tried_in_vain(stack: Stack) -> bool:
    """Whether a message of the payment service was refused in a way that makes it try again."""
    return any((each["last_answer"] or "").startswith("50") for each in stack.look("deliveries")["data"])


def refused(browser: Browser, url: str, form: dict[str, str] | None = None) -> None:
    answer = browser.ask(url, form)
    assert answer is not None
    assert (answer.status_code, "Nothing was saved or charged" in answer.text) == (503, True), answer.text


def pay_and_look(payer: Donor, page: str) -> None:
    """The payment service takes the money all the same; our page about it has to be written before it thanks."""
    payer.pay(page)
    refused(payer.browser, payer.story.thanks_page)


def all_there(stack: Stack) -> bool:
    """Whether the worker has begun whole: alone, or beside its processes and the one that brings what is due later."""
    many = usual_processes(stack.database.url)
    return all(len(stack.pids_of(name)) == (many + 2 if many > 1 else 1) for name in stack.workers)


def test_a_database_that_is_gone_and_then_full_is_told_of_and_comes_right_by_itself(stack: Stack) -> None:
    eventually(lambda: all_there(stack), "every process of the worker")
    processes = {name: stack.pids_of(name) for name in (*stack.sites, *stack.workers)}
    stories = [*two_donors_during(gone(stack), stack, 1), *two_donors_during(full(stack), stack, 3)]
    assert processes == {name: stack.pids_of(name) for name in (*stack.sites, *stack.workers)}
    settle(stack)
    assert not (found := findings(stack, stories, {})), "\n".join(found)


def two_donors_during(outage: Outage, stack: Stack, number: int) -> list[Story]:
    """One pays and one sends the form while the database is in trouble; both are thanked afterwards."""
    first, second = donor(stack, number), donor(stack, number + 1)
    first.browser.until = second.browser.until = time.monotonic() + 4 * LONG
    page, typed = first.find_payment_page(), second.fill_in()
    eventually(lambda: all_sent(stack), "the letters that were there before")
    before = counted(stack)
    with ExitStack() as quiet:
        with outage():
            together(partial(pay_and_look, first, page), partial(refused, second.browser, second.form, typed))
            assert first.story.is_paid
            eventually(lambda: tried_in_vain(stack), "a message that is refused", patience=LONG)
            quiet.enter_context(stack.without("payments"))  # it would send its message again before we have counted
        assert counted(stack) == before

    first.arrive()
    assert requests.get(f"{stack.site}/healthz", timeout=30).json() == {"status": "ok"}
    answer = second.browser.ask(second.form, typed)
    assert answer is not None
    assert answer.status_code == 303
    second.pay(answer.headers["Location"])
    second.arrive()
    stack.act("deliver")
    stack.wait_for_webhooks()
    for each in (first, second):
        stack.wait_for_mail(each.wish.email, "thank you")
    return [first.story, second.story]


def all_sent(stack: Stack) -> bool:
    with stack.database.reading() as db:
        return not db.scalar(select(Message.id).where(Message.status == MessageStatus.WAITING).limit(1))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_crash_of_the_database_between_work_and_note_takes_back_both_or_neither(database: Ground) -> None:
    url = database.fresh()
    app = create_app(Config(SECRET_KEY=SECRET_KEY, DATABASE_URL=url, QUEUE_URL="none", LOG_LEVEL="ERROR"))
    app.database.info["job_observer"] = lambda *_facts: crash(url)  # told as soon as the work itself is done
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        receive_events(db, [EVENT])
        wanted = db.scalars(select(Job.id).where(Job.kind == "payments.work_event").order_by(Job.id.desc())).first()
    assert wanted is not None
    assert run_job(app.work, wanted)
    with app.database.reading() as db:
        event = db.scalars(select(GatewayEvent).where(GatewayEvent.reference == EVENT.reference)).one()
        job = db.get_one(Job, wanted)
    app.database.close()
    assert (event.status, job.status) == (EventStatus.IGNORED, JobStatus.DONE)


def crash(url: str) -> None:
    with stopped(url):
        pass
