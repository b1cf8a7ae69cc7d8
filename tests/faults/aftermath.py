"""When it is over: time passes, what was put off is done, and then everything has to be right."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.parser import BytesHeaderParser
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.contacts.models import ContactEmail
from app.giving.books import check
from app.giving.letters import THANKS
from app.giving.models import Gift, GiftStatus, ReceiptSequence
from app.giving.services.totals import wrong_totals
from app.kernel.clock import now
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Message, MessageStatus
from app.kernel.rounds import RoundRun
from app.payments.models import EventStatus, GatewayEvent, Payment
from tests.faults.donors import Story
from tests.ledgers import compared
from tests.stack import Stack, eventually

EXPECTED = frozenset({"GatewayUnavailable", "TooEarly", "Outside", "OperationalError", "UnderWay"})
"""What a job may fail of on a bad day: the outside does not answer, or the database does not."""
PROOFS = frozenset({"books.check", "totals.verify", "audit.verify"})
"""Duties that find the truth, which is no other in the middle of a bad day."""
A_WHILE = timedelta(hours=4)
"""Longer than any lease, and than any pause before a job's sixth attempt."""


def settle(stack: Stack) -> None:
    """What happens by itself in the hours after a bad day: late messages, the sweep, leases that run out, retries."""
    stack.act("deliver")
    stack.run("payments", "sweep")
    stack.wait_for_webhooks()
    for name in stack.workers:
        stack.kill(name)
    with stack.database.writing() as db:
        waiting = select(Job).where(Job.status == JobStatus.WAITING, Job.due_at < now() + A_WHILE)
        for job in db.scalars(waiting):
            values = {"due_at": min(job.due_at, now()), "lease_until": None}
            db.execute(update(Job).where(Job.id == job.id).values(values))
        for run in db.scalars(select(RoundRun).where(RoundRun.ended_at.is_(None))):
            run.began_at -= A_WHILE
    stack.restart(*stack.workers)
    eventually(lambda: not unfinished(stack), "the last job", patience=60)


def unfinished(stack: Stack) -> list[str]:
    """Jobs that are due and not done."""
    due = select(Job.kind).where(Job.status == JobStatus.WAITING, Job.due_at <= now() + timedelta(minutes=1))
    with stack.database.reading() as db:
        return list(db.scalars(due))


def findings(stack: Stack, stories: Sequence[Story], cheques: dict[str, int]) -> list[str]:
    """Everything that is not as it should be, one line each."""
    with stack.database.snapshot() as db:
        found = [
            *check(db),
            *(f"Totals are wrong: {each}" for each in wrong_totals(db)),
            *compared(db, stack.look("ledger")),
            *left_over(db),
        ]
        for story in stories:
            found += _kept(db, story)
        found += [*_cheques(db, cheques), *_mails(db, stack), *_duties(db)]
    return [*found, *faults_told(stack)]


def left_over(db: Session) -> Iterator[str]:
    """Work that waits for a person, and messages of the payment service that were never worked."""
    for kind, ids, error in db.execute(select(Job.kind, Job.ids, Job.last_error).where(Job.status == JobStatus.PARKED)):
        yield f"Job {kind} {ids} is parked: {error}"
    undone = GatewayEvent.status.in_([EventStatus.WAITING, EventStatus.FAILED])
    for kind, status, error in db.execute(
        select(GatewayEvent.kind, GatewayEvent.status, GatewayEvent.last_error).where(undone)
    ):
        yield f"Event {kind} is {status}: {error}"


def _kept(db: Session, story: Story) -> Iterator[str]:
    """Whoever was told that they have paid has given exactly that; nobody has given twice."""
    wish = story.wish
    whose = select(ContactEmail.contact_id).where(ContactEmail.address == wish.email)
    online = Gift.submission_id.is_not(None) | Gift.recurring_gift_id.is_not(None)  # the office may know them too
    gifts = list(db.scalars(select(Gift).where(Gift.contact_id.in_(whose), online)))
    received = [gift for gift in gifts if gift.status is GiftStatus.RECEIVED]
    once = {gift.amount_minor for gift in gifts} <= {wish.euros * 100}
    usual = len(gifts) == 1 if wish.kind != "monthly" else len({gift.recurring_gift_id for gift in gifts}) == 1
    if story.is_paid and not (received and once and usual):
        yield f"{wish} was told that it is paid; there are {[(g.amount_minor, str(g.status)) for g in gifts]}."
    if not story.is_paid and gifts and not (once and usual):
        yield f"{wish} has given {[(g.amount_minor, str(g.status)) for g in gifts]}."
    if story.is_paid and not story.is_thanked:
        yield f"{wish} has paid and was never shown the thank-you page."


def _cheques(db: Session, cheques: dict[str, int]) -> Iterator[str]:
    rows = db.execute(
        select(Payment.bank_reference, Payment.amount_minor).where(Payment.bank_reference.like("cheque %"))
    )
    entered = Counter((row[0], row[1]) for row in rows)
    for number, cents in cheques.items():
        if entered[number, cents] != 1:
            yield f"{number} of {cents} was recorded {entered[number, cents]} times."
    issued = db.scalar(select(func.coalesce(func.sum(ReceiptSequence.last_number), 0))) or 0
    if cheques and not issued:
        yield "Cheques were recorded, but no receipt has a number."


def _mails(db: Session, stack: Stack) -> Iterator[str]:
    """Each letter left at least once, and a copy has the Message-ID of the first."""
    caught = letters_that_came(stack)
    written = {token.lower(): status for token, status in db.execute(select(Message.token, Message.status))}
    for token, status in written.items():
        if status is not MessageStatus.SENT or not caught[token]:
            yield f"The letter {token} is {status}; it came {caught[token]} times."
    yield from (f"A mail came that nobody wrote: {token}." for token in caught if token not in written)
    about = Counter(db.scalars(select(Message.about_id).where(Message.purpose == THANKS)))
    yield from (f"Gift {gift_id} was thanked for {many} times." for gift_id, many in about.items() if many > 1)
    online = (Gift.submission_id.is_not(None), Gift.status == GiftStatus.RECEIVED)
    for gift_id in db.scalars(select(Gift.id).where(*online)):
        if gift_id not in about:
            yield f"Nobody was thanked for gift {gift_id}."


def letters_that_came(stack: Stack) -> Counter[str]:
    """How often each letter came, by its token."""
    came: Counter[str] = Counter()
    for path in (stack.folder / "mail").glob("*.eml"):
        with path.open("rb") as source:
            headers = BytesHeaderParser().parse(source)
        came[str(headers["Message-ID"]).strip("<>").partition("@")[0]] += 1
    return came


def _duties(db: Session) -> Iterator[str]:
    """Each regular duty was done once for each time it was due, however many workers there are, and found all well."""
    done = (RoundRun.ended_at.is_not(None), RoundRun.error.is_(None))
    runs = Counter(db.scalars(select(RoundRun.name).where(*done)))
    jobs = Counter(job["name"] for job in db.scalars(select(Job.ids).where(Job.kind == "rounds.run")))
    yield from (f"{name} was done {many} times for {jobs[name]}." for name, many in runs.items() if many > jobs[name])
    for name, facts in db.execute(select(RoundRun.name, RoundRun.facts).where(*done, ~RoundRun.is_well)):
        if name in PROOFS:
            yield f"{name} found {facts}."
    yield from (
        f"{name} has not ended." for name in db.scalars(select(RoundRun.name).where(RoundRun.ended_at.is_(None)))
    )


def log_lines(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """What site and worker have logged: (program, line)."""
    for name in (*stack.sites, *stack.workers):
        for line in stack.words_of(name).splitlines():
            if line.startswith("{"):
                try:
                    yield name, json.loads(line)
                except ValueError:
                    continue  # the program was killed in the middle of it


def faults_told(stack: Stack) -> Iterator[str]:
    """Faults of ours in the logs, and jobs that failed of something else than a bad day."""
    for name, line in log_lines(stack):
        told = line.get("event")
        error = str(line.get("error", "")).partition(" ")[0]
        if told == "fault" or (told in {"job_failed", "sweep_failed"} and error not in EXPECTED):
            yield f"{name}: {json.dumps(line)[:1500]}"
    for name in (*stack.sites, *stack.workers):
        if "Traceback (most recent call last)" in stack.words_of(name):
            yield f"{name} has left a traceback: {stack.words_of(name)[-3000:]}"
