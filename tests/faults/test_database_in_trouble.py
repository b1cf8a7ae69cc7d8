"""The database is gone for a while, or full: people are told so, nothing is half-written, and all of it comes right.

Nothing is started anew: site and worker find their way back by themselves.
"""

import time
from functools import partial

import requests
from sqlalchemy import func, select

from app.giving.models import Gift, Submission
from app.kernel.mail import Message, MessageStatus
from app.payments.models import Checkout, GatewayEvent
from tests.faults.aftermath import findings, settle
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Story, Wish
from tests.faults.stacks import full, gone
from tests.faults.trouble import Outage, together
from tests.stack import Stack, eventually

LONG = 45.0
"""Seconds. On SQLite whoever wants to write waits for fifteen before they are told."""


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


def test_a_database_that_is_gone_and_then_full_is_told_of_and_comes_right_by_itself(stack: Stack) -> None:
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
    with outage():
        together(partial(pay_and_look, first, page), partial(refused, second.browser, second.form, typed))
        assert first.story.is_paid
        eventually(lambda: tried_in_vain(stack), "a message that is refused", patience=LONG)
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
