"""Telling whoever runs the installation by mail what a regular duty found: once, until it is something else or well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actors import SYSTEM, Actor
from app.kernel.audit import act_as
from app.kernel.i18n import speaking
from app.kernel.jobs import Work, enqueue, job
from app.kernel.mail import Letter, Message, Renderer, post
from app.kernel.organisation import the_organisation
from app.kernel.rounds import RoundEnded, RoundRun, Rounds, run_before
from app.operations.words import part_in_words

TEMPLATE = "operations/emails/found"
ABOUT = "round_run"


@dataclass(frozen=True)
class Operator:
    """Where to write to (nowhere, if empty), and the address of the page that says how the installation is doing."""

    email: str
    page_url: str


def tell_later(db: Session, event: RoundEnded, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """When a run was not well and the one before was, or found something else: have it told."""
    run = db.get_one(RoundRun, event.run_id)
    if run.is_well:
        return
    before = run_before(db, run)
    if before is None or before.is_well or what_is_wrong(before) != what_is_wrong(run):
        enqueue(db, tell_operator, unique_key=f"operations.tell:{run.id}", run_id=run.id)


def what_is_wrong(run: RoundRun) -> frozenset[str]:
    """The names of what was found, without their figures, which change from night to night."""
    if run.error is not None:
        return frozenset({run.error.partition(" ")[0]})
    found = ((name, value) for name, value in run.facts.items() if value)
    return frozenset(f"{name}:{value}" if isinstance(value, str) else name for name, value in found)


@job("operations.tell")
def tell_operator(work: Work, *, run_id: int) -> None:
    """Write to the operator, if there is one and they were not written to of this run."""
    operator = work.ports.get(Operator)
    if not operator.email:
        return
    with work.database.reading() as db:
        run = db.get(RoundRun, run_id)
        organisation = the_organisation(db)
        is_told = db.scalar(select(Message.id).where(Message.about_type == ABOUT, Message.about_id == run_id).limit(1))
    if run is None or is_told:
        return
    with speaking(organisation.language):
        values = {**_words(work, run), "organisation": organisation, "page_url": operator.page_url}
        subject, text, html = work.ports.get(Renderer).letter(TEMPLATE, organisation.language, **values)
    letter = Letter(
        to_address=operator.email, to_name="", subject=subject, text=text, html=html, language=organisation.language,
        purpose="operations.found", about_type=ABOUT, about_id=run_id,
    )  # fmt: skip
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        post(db, letter)


def _words(work: Work, run: RoundRun) -> Mapping[str, Any]:
    """What the letter says: the duty, what it found in a sentence, and each figure for whoever looks into it."""
    duty = work.ports.get(Rounds).get(run.name)
    found = duty.wording(run.facts) if duty and duty.wording and run.error is None else ""
    figures = {name: value for name, value in run.facts.items() if value}
    parts = {part_in_words(name): value for name, value in figures.items()}
    return {"label": str(duty.label) if duty else run.name, "found": found, "error": run.error, "figures": parts}
